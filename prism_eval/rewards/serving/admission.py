"""Whether there is room for what is asked: whoever comes to a full server is told when to come again."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

_WINDOW = 60.0
_LEAST, _LONGEST = 1, 60
"""Seconds that somebody is told to wait."""


class Full(Exception):
    """There is no room now.

    Args:
        after: Seconds after which there should be some.
    """

    def __init__(self, after: int) -> None:
        self.after = after
        super().__init__(f"the queue is full: come again in {after} s")


class Admission:
    """A bound on what is in work.

    Args:
        most: Rollouts in work at once.

    Attributes:
        pending: Rollouts in work.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.pending = 0
        self._done: deque[tuple[float, int]] = deque()

    @contextmanager
    def admitted(self, count: int) -> Iterator[None]:
        """Take so many rollouts in, for as long as they are in work.

        Raises:
            Full: There is no room.
        """
        if self.pending + count > self.most:
            raise Full(self._after(count))
        self.pending += count
        try:
            yield
        finally:
            self.pending -= count
            self._done.append((time.monotonic(), count))

    def _after(self, count: int) -> int:
        """Seconds until so many more have room, at the pace of the last minute."""
        now = time.monotonic()
        while self._done and self._done[0][0] < now - _WINDOW:
            self._done.popleft()
        done = sum(number for _, number in self._done)
        if not done:
            return _LEAST
        seconds = max(now - self._done[0][0], 1.0)
        wanted = self.pending + count - self.most
        return min(max(math.ceil(wanted * seconds / done), _LEAST), _LONGEST)
