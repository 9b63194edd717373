"""How long one exchange with a server may take."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_LONGEST = 4
"""Times the limit: what a try may take at most after others met it."""
_STEPS = 10


class TimeLimit:
    """The time limit of the exchanges with one server.

    A server that is asked for more than it does at once lets requests queue, and says nothing meanwhile. So the limit
    begins anew with each reply that another exchange gets: until then this one may have stood in the queue. What takes
    too long all the same gets twice the time when it is asked next, or it would never end.

    Args:
        seconds: What one exchange may take.

    Attributes:
        seconds: What the next one may take.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._given = seconds
        self._running: set[asyncio.Timeout] = set()

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
        ends = asyncio.get_running_loop().time() + self.seconds
        for limit in self._running:
            until = limit.when()
            # In steps, for hundreds of timers set with each reply would cost more than the reply.
            if until is not None and ends - until > self.seconds / _STEPS and not limit.expired():
                limit.reschedule(ends)
