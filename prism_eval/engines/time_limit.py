"""How long one exchange with a server may take, and what those who share a server know of it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary, WeakSet

_LONGEST = 4
"""Times the limit: what a try may take at most after others met it."""
_STEPS = 20
"""Of the limit: how finely it is moved on. Moving hundreds of timers with each reply would cost more than the reply."""


@dataclass(eq=False)
class Shared:
    """What the engines of an event loop that ask one server know of it together.

    Attributes:
        worked: Whether it did for any of them what it was asked.
        limits: Their time limits.
    """

    worked: bool = False
    limits: WeakSet[TimeLimit] = field(default_factory=WeakSet)

    def replied(self) -> None:
        """The server has done what one of them asked."""
        self.worked = True
        for limit in self.limits:
            limit.replied()


_SHARED: WeakKeyDictionary[asyncio.AbstractEventLoop, defaultdict[str, Shared]] = WeakKeyDictionary()


def shared_at(address: str) -> Shared:
    """What the running loop's engines know of an address. A captioner and a reasoner may well stand in one queue."""
    return _SHARED.setdefault(asyncio.get_running_loop(), defaultdict(Shared))[address]


class TimeLimit:
    """The time limit of the exchanges with one server.

    A server that is asked for more than it does at once lets requests queue, and says nothing meanwhile. So the limit
    begins anew with each reply that another exchange gets, be it another engine's: until then this one may have stood
    in the queue. What takes too long all the same gets twice the time when it is asked next, or it would never end.

    Args:
        seconds: What one exchange may take.

    Attributes:
        seconds: What the next one may take.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._given = seconds
        self._running: set[asyncio.Timeout] = set()
        self._moved = 0.0

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Break off what is done inside when its time is over.

        Raises:
            TimeoutError: It was broken off.
        """
        seconds = self.seconds
        try:
            async with asyncio.timeout(seconds) as limit:
                self._running.add(limit)
                try:
                    yield
                finally:
                    self._running.discard(limit)
        except TimeoutError:
            self.seconds = max(self.seconds, min(2 * seconds, _LONGEST * self._given))
            raise

    def replied(self) -> None:
        """The server has answered an exchange: the others have moved up."""
        now, step = asyncio.get_running_loop().time(), self.seconds / _STEPS
        if now - self._moved < step:
            return
        self._moved = now
        for limit in self._running:
            until = limit.when()
            if until is not None and now + self.seconds - until > step and not limit.expired():
                limit.reschedule(now + self.seconds)
