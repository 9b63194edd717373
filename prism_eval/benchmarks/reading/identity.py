"""Ids that are unique within a benchmark, whatever its data says."""

from __future__ import annotations

from collections import Counter

from prism_eval.files.seen import SeenDigests
from prism_eval.schema import utf8


class Ids:
    """Gives every item an id of its own: of two rows under one id, the second is ``ID#2``.

    Attributes:
        repeated: How many further rows there were of each id that stands for several.
    """

    def __init__(self) -> None:
        self.repeated: Counter[str] = Counter()
        self._given = SeenDigests()

    def own(self, item_id: str) -> str:
        """The id under which an item is known: its own, unless it was given away before."""
        # As tables will write it: two ids that differ only in what no file can hold would be one there.
        item_id = utf8(item_id)
        if self._given.add(item_id):
            return item_id
        self.repeated[item_id] += 1
        number = 1 + self.repeated[item_id]
        # A row may be called `7#2` by its author.
        while not self._given.add(unique := f"{item_id}#{number}"):
            number += 1
        return unique
