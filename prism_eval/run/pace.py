"""How fast a run goes: what was done in the last minute, and how long what is left will take at that rate."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from prism_eval.calls import Tally
from prism_eval.run.result import State

_WINDOW = 60.0
"""Seconds over which rates are taken. Long captions that began together end together: over fewer seconds the rate would
jump between none and many."""
_LEAST = 1.0
"""Seconds below which a rate is noise."""


@dataclass(frozen=True)
class StagePace:
    """One stage's calls.

    Attributes:
        made: Calls that were made.
        stored: Calls found in the store.
        failed: Calls that failed.
        retries: Requests that were made again.
        in_flight: Requests under way.
        per_second: Calls made a second; ``None`` while nobody can tell.
        tokens_per_second: Tokens written a second, likewise.
        cached: The share of what was read that a prefix cache held; ``None`` where nobody says.
    """

    made: int
    stored: int
    failed: int
    retries: int
    in_flight: int
    per_second: float | None
    tokens_per_second: float | None
    cached: float | None = None


@dataclass(frozen=True)
class Pace:
    """How far a run has come, and how fast.

    Attributes:
        done: Results that are there.
        total: Results there will be; ``None`` where nobody knows.
        seconds: Since the run began.
        left: Seconds until the end at the pace of the last minute; ``None`` while nobody can tell.
        stages: The calls, by stage.
        waits: What is waited for at the moment.
    """

    done: int
    total: int | None
    seconds: float
    left: float | None
    stages: Mapping[str, StagePace]
    waits: tuple[str, ...]


@dataclass(frozen=True)
class _Mark:
    """What was counted at some time; by stage the calls made and the tokens they wrote."""

    at: float
    done: int
    made: Mapping[str, tuple[int, int]]


class Pacer:
    """Looks at a run from time to time, from whatever thread.

    Args:
        state: The run's.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._marks: deque[_Mark] = deque()
        self._begun = time.monotonic()

    def look(self) -> Pace:
        """How the run stands now."""
        state, now = self._state, time.monotonic()
        # A copy, since the run adds stages while it is looked at.
        tallies = dict(state.tallies)
        mark = _Mark(now, state.done, {name: (tally.made, tally.completion_tokens) for name, tally in tallies.items()})
        self._marks.append(mark)
        while len(self._marks) > 1 and self._marks[1].at <= now - _WINDOW:
            self._marks.popleft()
        first = self._marks[0]
        seconds = now - first.at
        return Pace(
            mark.done,
            state.total,
            now - self._begun,
            _left(state, mark.done - first.done, seconds),
            {
                name: _stage(tally, mark.made[name], first.made.get(name, (0, 0)), seconds)
                for name, tally in tallies.items()
            },
            tuple(state.waits()),
        )


def _left(state: State, done: int, seconds: float) -> float | None:
    total = state.about if state.total is None else state.total
    if total is None:
        return None
    missing = max(total - state.done, 0)
    # What came from the store in an instant says nothing of what is still to be asked, and leaves the window with time.
    known = done > 0 and seconds >= _LEAST
    return missing * seconds / done if known else None if missing else 0.0


def _stage(tally: Tally, now: tuple[int, int], before: tuple[int, int], seconds: float) -> StagePace:
    made, tokens = (after - earlier for after, earlier in zip(now, before, strict=True))
    known = seconds >= _LEAST
    return StagePace(
        tally.made,
        tally.hits,
        tally.failed,
        tally.retries,
        tally.in_flight,
        made / seconds if known else None,
        tokens / seconds if known and tally.completion_tokens else None,
        tally.cached,
    )
