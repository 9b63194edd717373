"""What the callers of one server share: how many of them it serves at once, and what they all wait for.

How many it takes is `Room`'s to find out. Here stands what the calls wait for: a place, the end of a pause that the
server asked for, or that somebody is there again.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Protocol

from prism_eval.calls.patience import Patience
from prism_eval.calls.places import Held, Place, Waiting, line_up
from prism_eval.calls.room import MANY, Room
from prism_eval.errors import RateLimited, TransientError, Unavailable

_LONGEST_BUSY, _LONGEST_AWAY = 30.0, 5.0
"""Seconds between two looks at a server: one that is busy is made busier by each, one that is away is not."""
_LISTENS = 2.0
"""Seconds after which a call that was not refused shows that somebody is there, though its reply takes longer."""


class Spare(Protocol):
    """Lanes that share what waits."""

    def bring(self, lane: Lane) -> bool:
        """Bring to a lane with room what waits in another one; returns whether there was anything."""
        ...


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a lane makes no progress.

    Attributes:
        since: When the first call failed, with none succeeding since, by `time.monotonic`.
        last: When the last one failed.
        words: What the last failure said.
        waited_out: Whether the whole lane waits for its end.
    """

    since: float
    last: float
    words: str
    waited_out: bool


class Lane:
    """The callers of one server.

    Args:
        name: The server's address, or the name of a plugin in process.
        most: Calls that may be under way at once; ``inf`` for no bound.

    Attributes:
        answered_last: When the last of the calls was begun that the server answered, by `time.monotonic`.
        trouble: Why there is no progress; ``None`` while there is.
        opens: When the next call may begin.
        away: Whether nobody is there.
        waiting: Calls that wait for a place.
        spare: Where more can be had once none waits.
    """

    def __init__(self, name: str, most: float) -> None:
        self.name = name
        self.answered_last = 0.0
        self.trouble: Trouble | None = None
        self._room = Room(most)
        self._under_way: set[Place] = set()
        self.opens = 0.0
        self.away = False
        self.waiting: deque[Waiting] = deque()
        self.spare: list[Spare] = []
        self._opened = 0.0  # when the calls began among which some failed for which all wait
        self._misses = 0  # rounds that failed, with no success in between
        self._broken = 0  # connections likewise
        self._unproven = True

    def place(self, *, first: bool = False, ahead: bool = False, shares: str = "", avoid: Collection[str] = ()) -> Held:
        """One call's place, for one try; see `Held`.

        Args:
            first: Whether the call goes before those that wait already.
            ahead: Whether other calls wait for what it makes; see `line_up`.
            shares: Means nothing where there is one server.
            avoid: Likewise.
        """
        return Held(self, lambda: self.enter(first=first, ahead=ahead, shares=shares, lanes=self), ())

    def answered(self, place: Place) -> None:
        """The server answered a call, if only to say that it will not do this one."""
        self.answered_last = max(self.answered_last, place.begun)
        self.trouble, self.away, self._unproven = None, False, False
        if place.begun >= self._opened:
            self._misses = self._broken = 0
        # What was begun before a pause says nothing of how things are after it.
        if place.begun >= self.opens:
            self._room.answered(min(place.among, self.in_flight))
        self.wake()

    def failed(self, place: Place, error: TransientError, patience: Patience) -> bool:
        """A call failed as another try may not; where all would, all wait. Returns whether they do."""
        now = time.monotonic()
        since = self._in_trouble_since(place) or now
        waited_out = isinstance(error, RateLimited | Unavailable)
        self.trouble = Trouble(since, now, str(error), waited_out)
        self._unproven = self._unproven and isinstance(error, RateLimited | Unavailable) and error.unproven
        wait = self._wait(place, error, patience)
        # Not beyond the end of all patience, so that a last try is made then.
        left = since + patience.limit(unproven=self._unproven) - now
        self._pause(now + min(wait, max(left, patience.first_wait)))
        return self.opens > now

    def _wait(self, place: Place, error: TransientError, patience: Patience) -> float:
        """Seconds that all wait because of a call that failed."""
        match error:
            case RateLimited():
                means_all, named, longest = self._is_busy(place), error.retry_after or 0.0, _LONGEST_BUSY
            case Unavailable():
                means_all, named, longest = self._is_gone(place, error), 0.0, _LONGEST_AWAY
            case _:
                return 0.0
        if not means_all:
            return 0.0
        # Once a round: sixteen refusals of what was sent together are one sign, not sixteen.
        if place.begun < self.opens:
            return named
        self._misses, self._opened = self._misses + 1, self.opens
        return max(named, patience.wait(self._misses, longest=longest))

    def _is_busy(self, place: Place) -> bool:
        if place.begun >= self.opens:
            self.away = False
        return self._room.refused(place.among, self.in_flight - 1)

    def _is_gone(self, place: Place, error: Unavailable) -> bool:
        if place.begun < self.opens:
            return False
        self._broken += 1
        # A connection that breaks is worth another at once, and nobody else need wait for it.
        if not error.unproven and self._broken <= max(1, self.in_flight / MANY):
            return False
        self.away = True
        return True

    def is_given_up(self, place: Place, patience: Patience) -> bool:
        """Whether there was no progress for too long, and none is on the way."""
        if self.trouble is None:
            return False
        since = self.trouble.since
        # A call that was begun before may have been in work all the time.
        older = any(other.begun < since for other in self._under_way if other is not place)
        return not older and time.monotonic() - since >= patience.limit(unproven=self._unproven)

    def _in_trouble_since(self, place: Place) -> float | None:
        """When the trouble began that a call met; ``None`` if it is a new one."""
        if self.trouble is None:
            return None
        # Longer than anybody waits between two tries: nothing was asked meanwhile, which is no lack of progress.
        idle = place.begun - max(self.trouble.last, self.opens)
        return self.trouble.since if idle < 2 * _LONGEST_BUSY else None

    @property
    def in_flight(self) -> int:
        """Calls that have a place."""
        return len(self._under_way)

    def elsewhere(self, place: Place) -> bool:
        """Whether there is another server to go to: there is none."""
        return False

    async def enter(self, *, first: bool, ahead: bool, shares: str, lanes: object) -> Place:
        """Wait for a place, which another of the lanes may give."""
        if not self.waiting and self.has_room():
            return self._begin()
        waiting = Waiting(asyncio.get_running_loop().create_future(), shares, lanes, ahead)
        if first:
            self.waiting.appendleft(waiting)
        else:
            line_up(waiting, self.waiting)
        self.wake()
        try:
            return await waiting.place
        except asyncio.CancelledError:
            # The place may have been given at the moment at which nobody wanted it any more.
            if waiting.place.done() and not waiting.place.cancelled():
                place = waiting.place.result()
                place.lane.leave(place)
            raise

    def leave(self, place: Place) -> None:
        """Give a place back."""
        self._under_way.discard(place)
        self.wake()

    def take_over(self, place: Place, other: Place) -> None:
        """Let a call that has no place any more have another one's."""
        self._under_way.discard(place)
        self._under_way.add(other)
        other.lane = self

    def back(self) -> None:
        """The server says that it is there again. Only an answer shows that it works: the trouble's time goes on."""
        self.away, self.opens = False, time.monotonic()
        if self.trouble is not None:
            self.trouble = replace(self.trouble, waited_out=False)
        self.wake()

    def _begin(self) -> Place:
        place = Place(self, time.monotonic(), self.in_flight + 1)
        self._under_way.add(place)
        if self.away:
            asyncio.get_running_loop().call_later(_LISTENS, self._listens, place)
        return place

    def has_room(self) -> bool:
        """Whether another call may begin now."""
        if time.monotonic() < self.opens:
            return False
        # While nobody is there, one call at a time looks whether somebody is again.
        if self.away:
            return all(place.begun < self.opens for place in self._under_way)
        return self.in_flight + 1 <= self._room.limit

    def wake(self) -> None:
        """Let begin what may."""
        while self.has_room() and (self.waiting or any(lanes.bring(self) for lanes in self.spare)):
            waiting = self.waiting.popleft()
            if not waiting.place.done():  # given up meanwhile
                waiting.place.set_result(self._begin())

    def _pause(self, until: float) -> None:
        if until > max(self.opens, time.monotonic()):
            self.opens = until
            # A hair later, for a loop's clock may be a little ahead.
            asyncio.get_running_loop().call_later(until - time.monotonic() + 0.001, self.wake)

    def _listens(self, place: Place) -> None:
        if place in self._under_way:
            self.away = False
            self.wake()
