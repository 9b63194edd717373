"""A reward that any loop, and no loop, can ask: everything of it happens in one loop of its own."""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from collections.abc import Sequence
from typing import Protocol

from prism_eval.errors import UsageError
from prism_eval.rewards.length import LengthTerm
from prism_eval.rewards.rollout import Reward, Rollout


class Scores(Protocol):
    """What scores rollouts: a `CaptionReward` here, or a `RemoteReward` behind an address.

    Attributes:
        length: The length term; ``None`` for none.
    """

    length: LengthTerm | None

    async def score_all(self, rollouts: Sequence[Rollout]) -> list[Reward]:
        """Score rollouts, in their order."""

    async def close(self) -> None:
        """Give back what it holds."""


_OPEN: set[OwnLoop] = set()
"""Those that were asked and not closed: a trainer hands functions on, and nobody is left to close what they ask."""


@atexit.register
def close_all() -> None:
    """Close every one that is open, as happens when the process ends."""
    for one in list(_OPEN):
        one.close()


class OwnLoop:
    """A reward for trainers, which ask from loops of theirs, from a new one at every step, or from threads.

    Connections and limits belong to the loop they were made in. Here that is one loop in a thread of its own, which is
    started with the first question and ends with the process.

    Args:
        reward: The reward; nobody else may ask it.
    """

    def __init__(self, reward: Scores) -> None:
        self.reward = reward
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._process = 0

    async def score_all(self, rollouts: Sequence[Rollout]) -> list[Reward]:
        """What the reward's `score_all` gives, awaited in any loop."""
        loop = self._running()
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self.reward.score_all(rollouts), loop))

    def score_all_now(self, rollouts: Sequence[Rollout]) -> list[Reward]:
        """The same for whoever has no loop: waits for it."""
        loop = self._running()
        return asyncio.run_coroutine_threadsafe(self.reward.score_all(rollouts), loop).result()

    def close(self) -> None:
        """Close the reward and end the thread."""
        if self._loop is None or self._thread is None or self._process != os.getpid():
            return
        asyncio.run_coroutine_threadsafe(self.reward.close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._loop = self._thread = None
        _OPEN.discard(self)

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._process = os.getpid()
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="prism-eval-reward", daemon=True)
                self._thread.start()
                _OPEN.add(self)
            # A forked process has the loop, and no thread that runs it: whoever asked would wait for ever.
            if self._process != os.getpid():
                raise UsageError("this reward was asked in another process before: make one in each process")
            return self._loop
