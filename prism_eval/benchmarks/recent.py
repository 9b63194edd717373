"""Keeping the last few values, as many as fit into so many bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

KEPT_BYTES = 16 * 2**20
"""What one holder of images keeps at most: dozens of charts, or five photographs of 3 MB."""


class Recent(Generic[K, V]):
    """The values last kept or asked for. Those that do not fit are let go, the oldest first; the newest always stays.

    Args:
        most: How many values are kept at most.
        size: How many bytes a value holds.
        budget: How many bytes all of them may hold together.
    """

    def __init__(self, *, most: int, size: Callable[[V], int], budget: int = KEPT_BYTES) -> None:
        self._most, self._size, self._budget = most, size, budget
        self._values: OrderedDict[K, V] = OrderedDict()
        self._held = 0

    def __iter__(self) -> Iterator[V]:
        return iter(self._values.values())

    def get(self, key: K) -> V | None:
        """The value kept under a key, now the newest; ``None`` if it is not kept, or not any more."""
        if key in self._values:
            self._values.move_to_end(key)
        return self._values.get(key)

    def keep(self, key: K, value: V) -> V:
        """Keep a value as the newest, and return it. What an equal key held is replaced."""
        if key in self._values:
            self._held -= self._size(self._values.pop(key))
        self._values[key] = value
        self._held += self._size(value)
        # The newest stays even where it alone is over the budget: its owner holds it anyway.
        while len(self._values) > 1 and (len(self._values) > self._most or self._held > self._budget):
            _, oldest = self._values.popitem(last=False)
            self._held -= self._size(oldest)
        return value
