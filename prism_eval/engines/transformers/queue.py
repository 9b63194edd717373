"""What waits for a model's thread: asks that may share a batch stand together by length."""

from __future__ import annotations

import concurrent.futures
import threading
import time
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

_GATHERING = 0.01
"""Seconds that a model which stood idle waits for further asks to share its batch."""


@dataclass(eq=False)
class Ask:
    """One thing asked of a model.

    Attributes:
        what: What is asked.
        group: Only asks of equal groups may share a batch.
        length: About how many tokens will be read and written: batches are made of asks of like lengths.
        reply: Where the reply goes; cancelled where nobody waits for it any longer.
    """

    what: object
    group: Hashable
    length: int
    reply: concurrent.futures.Future[object] = field(default_factory=concurrent.futures.Future)

    @property
    def given_up(self) -> bool:
        """Whether nobody waits for the reply."""
        return self.reply.done()

    def answer(self, said: object) -> None:
        """Give the reply, if anybody waits for it."""
        if self._is_awaited():
            self.reply.set_result(said)

    def fail(self, error: BaseException) -> None:
        """Say that there will be none, and why."""
        if self._is_awaited():
            self.reply.set_exception(error)

    def _is_awaited(self) -> bool:
        # From here on it cannot be given up any more.
        return not self.reply.done() and self.reply.set_running_or_notify_cancel()


class Queue:
    """Asks in the order they came; made for many threads that ask and one that works."""

    def __init__(self) -> None:
        self._waiting: list[Ask] = []
        self._changed = threading.Condition()
        self.closed = False

    def put(self, ask: Ask) -> None:
        """Let an ask wait.

        Raises:
            RuntimeError: The queue is closed.
        """
        with self._changed:
            if self.closed:
                raise RuntimeError("the model was closed")
            self._waiting.append(ask)
            self._changed.notify_all()

    def put_back(self, asks: Iterable[Ask]) -> None:
        """Let asks that were taken wait again, before all others."""
        with self._changed:
            self._waiting[:0] = asks
            if self.closed:
                self._cancel()

    def close(self) -> None:
        """Let nobody wait any longer, and no ask come any more."""
        with self._changed:
            self.closed = True
            self._cancel()
            self._changed.notify_all()

    def first(self, most: int) -> Ask | None:
        """Wait for the ask that has waited longest, and a moment for up to ``most``; ``None`` once closed."""
        with self._changed:
            while not self._drop_given_up() and not self.closed:
                self._changed.wait()
            until = time.monotonic() + _GATHERING
            while len(self._waiting) < most and not self.closed and (left := until - time.monotonic()) > 0:
                self._changed.wait(left)
            return next(iter(self._drop_given_up()), None)

    def take(self, group: Hashable, most: int, *, seconds: float = 0.0) -> list[Ask]:
        """Take up to ``most`` asks of a group: the one that has waited longest, and those nearest to it in length.

        Args:
            group: The group.
            most: How many.
            seconds: How long to wait for the first of them.
        """
        with self._changed:
            if not (found := self._of(group)) and seconds:
                self._changed.wait(seconds)
                found = self._of(group)
            found = found[:1] + sorted(found[1:], key=lambda ask: abs(ask.length - found[0].length))
            taken = found[:most]
            self._waiting = [ask for ask in self._waiting if ask not in taken]
            return taken

    def has_others(self, group: Hashable) -> bool:
        """Whether asks of other groups wait."""
        with self._changed:
            return any(ask.group != group for ask in self._drop_given_up())

    def _cancel(self) -> None:
        for ask in self._waiting:
            ask.reply.cancel()
        self._waiting.clear()

    def _of(self, group: Hashable) -> list[Ask]:
        return [ask for ask in self._drop_given_up() if ask.group == group]

    def _drop_given_up(self) -> list[Ask]:
        self._waiting = [ask for ask in self._waiting if not ask.given_up]
        return self._waiting
