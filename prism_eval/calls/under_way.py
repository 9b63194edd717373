"""The calls that clients of one store make at the same time, so that what two of them want is made by one."""

from __future__ import annotations

import asyncio


class UnderWay:
    """The calls under way of all clients that are given it, in one event loop.

    A client remembers its own calls for as long as it is there. Where one serves for ever, as a server of rewards does,
    each piece of work has a client of its own, and this is what they have in common: it forgets a call with its end.
    """

    def __init__(self) -> None:
        self._ends: dict[str, asyncio.Event] = {}

    async def ended_elsewhere(self, key: str) -> bool:
        """Wait for the end of a call if somebody makes it now; returns whether anybody did."""
        end = self._ends.get(key)
        if end is None:
            return False
        await end.wait()
        return True

    def begin(self, key: str) -> None:
        """A call is being made from now on, which nobody else makes; it is to be ended."""
        self._ends[key] = asyncio.Event()

    def end(self, key: str) -> None:
        """It has ended."""
        self._ends.pop(key).set()
