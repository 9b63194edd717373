"""Options and golds: lists of texts that the verdict table holds as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from prism_eval.leaderboard.joined import JoinedTable

if TYPE_CHECKING:
    import pyarrow as pa


def listed(table: JoinedTable, listing: str | None) -> list[str]:
    """The texts of one cell.

    Raises:
        RunError: The cell holds no list of texts.
    """
    try:
        texts = json.loads(listing or "[]")
    except ValueError:
        texts = None
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise table.spoilt(f"has options or answers that are no JSON list of texts: {listing!r}")
    return texts


def all_listed(table: JoinedTable, column: pa.Array) -> pa.Array:
    """A whole column as lists; each different cell is read once, however many rows repeat it.

    Raises:
        RunError: A cell holds no list of texts.
    """
    import pyarrow as pa

    coded = column.dictionary_encode()
    lists = pa.array([listed(table, text) for text in coded.dictionary.to_pylist()], pa.list_(pa.string()))
    return lists.take(coded.indices)
