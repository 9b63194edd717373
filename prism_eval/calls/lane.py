"""What the callers of one server share: how many of them it serves at once, and what they all wait for.

The number adapts as TCP's does (additive increase, multiplicative decrease: Chiu and Jain, 1989): a round of calls that
succeed raises it by one, a limit that is met halves it, once a round. It begins at the most that was asked for.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import MappingProxyType

from prism_eval.calls.patience import Patience
from prism_eval.errors import RateLimited, TransientError, Unavailable

_LONGEST_BUSY, _LONGEST_AWAY = 30.0, 5.0
"""Seconds between two looks at a server: one that is busy is made busier by each, one that is away is not."""
_LISTENS = 2.0
"""Seconds after which a call that was not refused shows that somebody is there, though its reply takes longer."""


@dataclass(eq=False, slots=True)
class Place:
    """A call's place in a lane, and when what is under way in it was begun."""

    begun: float


_HELD: ContextVar[Mapping[int, Place]] = ContextVar("places held", default=MappingProxyType({}))
"""The places of the calls around this one, by lane; tasks inherit them from the call that starts them."""


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
    """

    def __init__(self, name: str, most: float) -> None:
        self.name = name
        self.answered_last = 0.0
        self.trouble: Trouble | None = None
        self._most = self._limit = most
        self._under_way: set[Place] = set()
        self._waiting: deque[asyncio.Future[Place]] = deque()
        self._opens = 0.0  # when the next call may begin
        self._away = False
        self._misses = 0  # rounds that failed, with no success in between
        self._unproven = True

    @asynccontextmanager
    async def place(self, *, first: bool = False) -> AsyncIterator[Place]:
        """One call's place, for one try.

        A call inside another one that has a place here, as a prior inside a ranking, takes none: the outer one is idle
        meanwhile, and if every place were held by an outer call that waits for an inner one, none would ever be free.

        Args:
            first: Whether the call goes before those that wait already.
        """
        held = _HELD.get()
        outer = held.get(id(self))
        if outer is not None:
            if (left := self._opens - time.monotonic()) > 0:
                await asyncio.sleep(left)
            outer.begun = time.monotonic()
            yield outer
            return
        place = await self._enter(first=first)
        token = _HELD.set({**held, id(self): place})
        try:
            yield place
        finally:
            _HELD.reset(token)
            self._leave(place)

    def answered(self, place: Place) -> None:
        """The server answered a call, if only to say that it will not do this one."""
        self.answered_last = max(self.answered_last, place.begun)
        self.trouble, self._away, self._unproven = None, False, False
        # What was begun before a pause says nothing of how things are after it.
        if place.begun >= self._opens:
            self._misses = 0
            self._limit = min(self._most, self._limit + 1 / self._limit)
        self._wake()

    def failed(self, place: Place, error: TransientError, patience: Patience) -> None:
        """A call failed as another try may not; where all would, all wait."""
        now = time.monotonic()
        since = self._in_trouble_since(place) or now
        waited_out = isinstance(error, RateLimited | Unavailable)
        self.trouble = Trouble(since, now, str(error), waited_out)
        self._unproven = self._unproven and isinstance(error, RateLimited | Unavailable) and error.unproven
        # Once a round: sixteen refusals of what was sent together are one sign, not sixteen.
        wait = self._backoff(error, patience) if waited_out and place.begun >= self._opens else 0.0
        if isinstance(error, RateLimited):
            wait = max(wait, error.retry_after or 0.0)
        # Not beyond the end of all patience, so that a last try is made then.
        left = since + patience.limit(unproven=self._unproven) - now
        self._pause(now + min(wait, max(left, patience.first_wait)))

    def _backoff(self, error: TransientError, patience: Patience) -> float:
        """Go slower, or one at a time; returns the seconds until then."""
        self._misses += 1
        if isinstance(error, Unavailable):
            # A connection that breaks once is worth another at once, and nobody else need wait for it.
            self._away = error.unproven or self._misses > 1
            return patience.wait(self._misses, longest=_LONGEST_AWAY) if self._away else 0.0
        self._away = False
        self._limit = max(1.0, self._limit / 2)
        return patience.wait(self._misses, longest=_LONGEST_BUSY)

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
        idle = place.begun - max(self.trouble.last, self._opens)
        return self.trouble.since if idle < 2 * _LONGEST_BUSY else None

    async def _enter(self, *, first: bool) -> Place:
        if self._has_room() and not self._waiting:
            return self._begin()
        waiting: asyncio.Future[Place] = asyncio.get_running_loop().create_future()
        if first:
            self._waiting.appendleft(waiting)
        else:
            self._waiting.append(waiting)
        self._wake()
        try:
            return await waiting
        except asyncio.CancelledError:
            # The place may have been given at the moment at which nobody wanted it any more.
            if waiting.done() and not waiting.cancelled():
                self._leave(waiting.result())
            raise

    def _begin(self) -> Place:
        place = Place(time.monotonic())
        self._under_way.add(place)
        if self._away:
            asyncio.get_running_loop().call_later(_LISTENS, self._listens, place)
        return place

    def _leave(self, place: Place) -> None:
        self._under_way.discard(place)
        self._wake()

    def _has_room(self) -> bool:
        if time.monotonic() < self._opens:
            return False
        # While nobody is there, one call at a time looks whether somebody is again.
        if self._away:
            return all(place.begun < self._opens for place in self._under_way)
        return len(self._under_way) + 1 <= self._limit

    def _wake(self) -> None:
        while self._waiting and self._has_room():
            waiting = self._waiting.popleft()
            if not waiting.done():  # given up meanwhile
                waiting.set_result(self._begin())

    def _pause(self, until: float) -> None:
        if until > max(self._opens, time.monotonic()):
            self._opens = until
            # A hair later, for a loop's clock may be a little ahead.
            asyncio.get_running_loop().call_later(until - time.monotonic() + 0.001, self._wake)

    def _listens(self, place: Place) -> None:
        if place in self._under_way:
            self._away = False
            self._wake()
