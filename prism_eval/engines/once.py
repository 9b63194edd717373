"""What many calls wait for and one of them does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Once:
    """Things that are done once for all calls of an event loop; what failed is done anew by the next call."""

    def __init__(self) -> None:
        self._tasks: dict[Hashable, asyncio.Task[Any]] = {}

    async def get(self, what: Hashable, begin: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The outcome of what ``begin`` began, now or for an earlier call."""
        if what not in self._tasks:
            task = asyncio.create_task(begin())
            task.add_done_callback(lambda ended: self._forget_failed(what, ended))
            self._tasks[what] = task
        task = self._tasks[what]
        # Shielded: one call that is given up must not take it from the others. What is done needs no wait.
        outcome: T = task.result() if task.done() else await asyncio.shield(task)
        return outcome

    def forget(self, what: Hashable) -> None:
        """Let the next call do it anew."""
        self._tasks.pop(what, None)

    async def close(self) -> None:
        """Give up what is under way."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()

    def _forget_failed(self, what: Hashable, task: asyncio.Task[Any]) -> None:
        # Looked at in any case, lest asyncio report an error that every call which waited for it was told.
        if (task.cancelled() or task.exception()) and self._tasks.get(what) is task:
            del self._tasks[what]
