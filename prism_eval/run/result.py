"""How far a run has come, and what it leaves behind."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from prism_eval.calls import Elsewhere, Imported, Tally
from prism_eval.run.counts import Counts
from prism_eval.run.folder import RunFolder
from prism_eval.run.looks import Looks


@dataclass
class State:
    """How far a run has come, for whoever watches.

    Attributes:
        counts: What was counted so far, in the order of the items.
        tallies: Calls by stage.
        total: Results there will be, where that is known.
        destinations: Which server is sent what, in one sentence; empty where nothing leaves this process.
        unread: Benchmarks that are left out because they cannot be read at all, and why.
        waits: Says what is waited for at the moment, such as a server that is away.
        notes: What was found out before the first call, and should be known now.
        done: Results that are there. They are counted and written in the order of the items: one that is late holds up
            those behind it, and they are done all the same.
        about: Results there will be by what was seen so far, where the total is not known.
    """

    counts: Counts
    tallies: Mapping[str, Tally]
    total: int | None
    destinations: str = ""
    unread: Mapping[str, str] = field(default_factory=dict)
    waits: Callable[[], Iterable[str]] = tuple
    notes: list[str] = field(default_factory=list)
    done: int = 0
    about: int | None = None

    def finish_one(self) -> None:
        """One more result is there."""
        self.done += 1


@dataclass(frozen=True)
class Effort:
    """What a run took of this machine.

    Attributes:
        seconds: From its beginning to its end.
        processor_seconds: Of all cores, by this process and those it waited for.
    """

    seconds: float
    processor_seconds: float

    @classmethod
    def since(cls, begun: os.times_result) -> Effort:
        """What was taken since the system's clocks read so."""
        now = os.times()
        # The four before the last are the processor's, of the user and the system, here and in ended children.
        return cls(now.elapsed - begun.elapsed, sum(now[:4]) - sum(begun[:4]))


@dataclass(frozen=True)
class RunResult:
    """What a run leaves behind.

    Attributes:
        folder: The run folder.
        counts: Outcomes, failures and items by benchmark.
        tallies: Calls by stage: found in the store, made, failed.
        elsewhere: Results that the store had from another server than this run's.
        imported: Results that the store had from a run folder.
        unread: Benchmarks that were left out because they cannot be read at all, and why.
        looks: What was decided, and when; ``None`` where the plan did not ask for it.
        effort: What it took of this machine.
        cost: What its texts cost, those from the store too; ``None`` where no prices are given.
    """

    folder: RunFolder
    counts: Counts
    tallies: Mapping[str, Tally]
    elsewhere: tuple[Elsewhere, ...] = ()
    imported: tuple[Imported, ...] = ()
    unread: Mapping[str, str] = field(default_factory=dict)
    looks: Looks | None = None
    effort: Effort = Effort(0.0, 0.0)
    cost: float | None = None

    @property
    def failed(self) -> int:
        """Items, times entries, samples and orders, that infrastructure failed; rows that cannot be used count once."""
        unusable = sum(count.unusable.reasons.total() for count in self.counts.unusable.values())
        return sum(self.counts.failures.values()) + unusable
