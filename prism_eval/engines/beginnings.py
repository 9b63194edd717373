"""What texts have in common at their beginning."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile


def shared_length(rows: Sequence[Sequence[object]]) -> int:
    """How many tokens, or characters, all rows begin with."""
    return sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, zip(*rows, strict=False)))
