"""How far a run has come, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from prism_eval.calls import Elsewhere, Tally
from prism_eval.run.counts import Counts
from prism_eval.run.folder import RunFolder
from prism_eval.run.looks import Looks


@dataclass
class State:
    """How far a run has come, for whoever watches.

    Attributes:
        counts: What was counted so far.
        tallies: Calls by stage.
        total: Verdicts there will be, where that is known.
        destinations: Which server is sent what, in one sentence; empty where nothing leaves this process.
        unread: Benchmarks that are left out because they cannot be read at all, and why.
        waits: Says what is waited for at the moment, such as a server that is away.
        notes: What was found out before the first call, and should be known now.
    """

    counts: Counts
    tallies: Mapping[str, Tally]
    total: int | None
    destinations: str = ""
    unread: Mapping[str, str] = field(default_factory=dict)
    waits: Callable[[], Iterable[str]] = tuple
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class RunResult:
    """What a run leaves behind.

    Attributes:
        folder: The run folder.
        counts: Outcomes, failures and items by benchmark.
        tallies: Calls by stage: found in the store, made, failed.
        elsewhere: Results that the store had from another server than this run's.
        unread: Benchmarks that were left out because they cannot be read at all, and why.
        looks: What was decided, and when; ``None`` where the plan did not ask for it.
    """

    folder: RunFolder
    counts: Counts
    tallies: Mapping[str, Tally]
    elsewhere: tuple[Elsewhere, ...] = ()
    unread: Mapping[str, str] = field(default_factory=dict)
    looks: Looks | None = None

    @property
    def failed(self) -> int:
        """Items, times entries, samples and orders, that infrastructure failed; rows that cannot be used count once."""
        unusable = sum(count.unusable.reasons.total() for count in self.counts.unusable.values())
        return sum(self.counts.failures.values()) + unusable
