"""Models that are not held in memory together: whose turn it is, and who was put off until theirs."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

from prism_eval.calls.call import Call
from prism_eval.errors import PermanentError
from prism_eval.schema import Generation

G = TypeVar("G", bound=Generation)
_ORDER = ("instruction", "caption", "prior", "answer", "judge")
"""Whose turn comes before whose: as one is made from the other."""


class PutOff(PermanentError):
    """A call of a model whose turn it is not. It has not failed: nobody was asked."""


class Turns:
    """Whose turn it is in each place that holds one model at a time.

    Until the first `next` nobody's: of a run that goes on, only asking tells what is still missing. A turn lasts until
    the next one: between two calls nobody can tell whether a model will be needed again.

    Args:
        places: By lane (`Plugin.lane`), where its model must be to be asked. Models of no place are asked at any time.
    """

    def __init__(self, places: Mapping[Hashable, Hashable]) -> None:
        self.places = places
        self._now: dict[Hashable, Hashable] = {}
        self._waiting: dict[Hashable, dict[Hashable, int]] = {}

    def admits(self, call: Call[G]) -> bool:
        """Whether the call may be made now; if not, its model waits for its turn."""
        if not self.places:
            return True
        lane = call.plugin.lane
        place = self.places.get(lane)
        if place is None or self._now.get(place) == lane:
            return True
        waiting = self._waiting.setdefault(place, {})
        waiting[lane] = min(waiting.get(lane, len(_ORDER)), _rank(call.stage))
        return False

    def next(self) -> list[tuple[Hashable | None, Hashable]]:
        """Give the turn to those who wait, the first stage's first.

        Returns:
            The lane whose turn is over, ``None`` for nobody's, and the one whose turn it is now; none if nobody waits.
        """
        changes = []
        for place, waiting in self._waiting.items():
            lane = min(waiting, key=lambda one: waiting[one])
            changes.append((self._now.get(place), lane))
            self._now[place] = lane
        self._waiting.clear()
        return changes


def _rank(stage: str) -> int:
    return _ORDER.index(stage) if stage in _ORDER else len(_ORDER)
