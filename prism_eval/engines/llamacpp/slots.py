"""The places in which a model reads and writes, and which of them a request takes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from prism_eval.engines.beginnings import shared_length

_WORTH_WAITING = 0.5
"""Share of a prompt that a slot must have read for the request to wait for it, and leave idle ones idle."""


@dataclass(eq=False)
class Slot:
    """One place.

    Attributes:
        number: What llama.cpp calls it.
        text: The prompt that was last let in, or waits to be.
        users: How many are in it or wait for it.
    """

    number: int
    text: str = ""
    users: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Slots:
    """A model's slots, each for one request at a time, used in one event loop.

    What a slot has read it need not read again. Left to itself llama.cpp would let all questions on one caption in at
    once, and read the caption in every slot.

    Args:
        count: How many.
    """

    def __init__(self, count: int) -> None:
        # The one that was longest left alone stands first.
        self._all = [Slot(number) for number in range(count)]

    @asynccontextmanager
    async def one_for(self, text: str) -> AsyncIterator[int]:
        """The number of a slot that has read most of a prompt, or of a free one, once it is free."""
        slot = self._chosen(text)
        slot.text, slot.users = text, slot.users + 1
        self._all.remove(slot)
        self._all.append(slot)
        try:
            async with slot.lock:
                yield slot.number
        finally:
            slot.users -= 1

    def _chosen(self, text: str) -> Slot:
        shared = {slot.number: shared_length([slot.text, text]) for slot in self._all}
        most = max(self._all, key=lambda slot: shared[slot.number])
        if shared[most.number] >= _WORTH_WAITING * max(1, len(text)):
            return most
        return min(self._all, key=lambda slot: slot.users)
