"""Ids that are unique within a benchmark, whatever its data says."""

from __future__ import annotations

from collections import Counter

from prism_eval.calls.seen import Seen
from prism_eval.schema import utf8

_NUMBERS = 2**64


class Ids:
    """Gives every item an id of its own: of two rows under one id, the second is ``ID#2``.

    Attributes:
        repeated: How many further rows there were of each id that stands for several.
    """

    def __init__(self) -> None:
        self.repeated: Counter[str] = Counter()
        # Of each 64 bits of its hash: the ids of a million rows would take a hundred megabytes.
        self._given = Seen()

    def own(self, item_id: str) -> str:
        """The id under which an item is known: its own, unless it was given away before."""
        # As tables will write it: two ids that differ only in what no file can hold would be one there.
        unique = item_id = utf8(item_id)
        number = 1
        if _number(item_id) in self._given:
            self.repeated[item_id] += 1
            number += self.repeated[item_id]
            unique = f"{item_id}#{number}"
        # A row may be called `7#2` by its author.
        while not self._given.add(_number(unique)):
            number += 1
            unique = f"{item_id}#{number}"
        return unique


def _number(item_id: str) -> int:
    return hash(item_id) % _NUMBERS
