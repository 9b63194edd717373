"""The calls of one client that are under way, each made once however many want what it makes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Flights(Generic[T]):
    """What is under way, by its key."""

    def __init__(self) -> None:
        self._flying: dict[str, asyncio.Task[T]] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._flying

    async def join(self, key: str, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What is made under a key, by who makes it already or now.

        Args:
            key: What tells it from all else.
            make: Makes it.
        """
        task = self._flying.get(key)
        if task is None:
            task = asyncio.create_task(make())
            self._flying[key] = task
            task.add_done_callback(lambda _: self._flying.pop(key, None))
        # Shielded: many may wait for one call, and one that gives up must not take it from the others.
        return await asyncio.shield(task)

    async def give_up(self) -> None:
        """Give up all that is under way; whoever waits for it is cancelled."""
        flying = [*self._flying.values()]  # a task that ends takes itself out
        for task in flying:
            task.cancel()
        await asyncio.gather(*flying, return_exceptions=True)
