"""Which calls a part of a run asked for: what several parts asked for, one run would have asked for once."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterator
from typing import Literal

Became = Literal["hits", "made", "failed"]


class Ledger:
    """Unique calls by stage and by what became of them, in eight bytes each."""

    def __init__(self) -> None:
        self._keys: defaultdict[tuple[str, Became], array[int]] = defaultdict(lambda: array("Q"))

    def note(self, stage: str, became: Became, key: int) -> None:
        """Take in a call: its stage, what became of it, and 64 bits of its key."""
        self._keys[stage, became].append(key)

    def entries(self) -> Iterator[tuple[str, Became, array[int]]]:
        """Stage, what became of them, and the keys, in an order that does not depend on when calls ended."""
        for (stage, became), keys in sorted(self._keys.items()):
            yield stage, became, array("Q", sorted(keys))
