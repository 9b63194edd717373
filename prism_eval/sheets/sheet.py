"""Sentences and tables of words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Row = Sequence[str]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of words.

    Attributes:
        title: What stands above it; empty where nothing does.
        headings: One for each column.
        rows: Its rows.
    """

    title: str
    headings: Row
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What is said, in order.

    Attributes:
        answer: The first sentence, which answers the question.
        lines: Sentences below it.
        grids: The tables.
        notes: What limits all that.
    """

    answer: str
    lines: Sequence[str]
    grids: Sequence[Grid]
    notes: Sequence[str]
