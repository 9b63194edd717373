"""Which of millions of things were met before, in so little memory that it does not grow with a run to speak of."""

from __future__ import annotations

import hashlib
from array import array

_AT_FIRST = 1 << 10


class Seen:
    """A set of numbers below 2**64 that only grows, in some sixteen bytes each; Python's own takes some ninety.

    Meant for parts of digests, whose last bits are as good as drawn: they are the places in an open-addressed table.
    """

    def __init__(self) -> None:
        # A zero is a free place: the number itself is held as 1, which costs as little as two digests that are alike.
        self._places = array("Q", bytes(8 * _AT_FIRST))
        self._count = 0

    def add(self, number: int) -> bool:
        """Take in a number; returns whether it is new."""
        number = number or 1
        place = self._place(number)
        if self._places[place]:
            return False
        self._places[place] = number
        self._count += 1
        if 3 * self._count > 2 * len(self._places):
            self._grow()
        return True

    def __contains__(self, number: int) -> bool:
        return bool(self._places[self._place(number or 1)])

    def __len__(self) -> int:
        return self._count

    def _place(self, number: int) -> int:
        """Where a number is, or would be."""
        places, last = self._places, len(self._places) - 1
        place = number & last
        while (held := places[place]) and held != number:
            place = (place + 1) & last
        return place

    def _grow(self) -> None:
        before, self._places = self._places, array("Q", bytes(16 * len(self._places)))
        for number in filter(None, before):
            self._places[self._place(number)] = number


class SeenDigests:
    """A set of texts such as digests and ids, of each of which eight bytes are held; says which are new."""

    def __init__(self) -> None:
        self._seen = Seen()

    def add(self, *parts: str) -> bool:
        """Whether the parts, taken together, had not been added before."""
        # The whole digests of a million images, or ids of their rows, would take a hundred megabytes of Python objects.
        said = "\0".join(parts).encode("utf-8", "surrogatepass")
        return self._seen.add(int.from_bytes(hashlib.blake2b(said, digest_size=8).digest(), "big"))

    def __len__(self) -> int:
        return len(self._seen)
