"""The verdict tables of several runs as one, run after run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from prism_eval.benchmarks.rows import short
from prism_eval.errors import RunError
from prism_eval.run.reading import LABEL, Table

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


# Without slots, since `cached_property` keeps what it worked out in the object's dictionary.
@dataclass(frozen=True)
class JoinedTable:
    """Tables of one kind, read as if they were one.

    Attributes:
        tables: One a run.
    """

    tables: tuple[Table, ...]

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """Shape (tables + 1,): the row at which each begins, and the end."""
        import numpy as np

        return np.cumsum([0, *(table.size for table in self.tables)], dtype=np.int64)

    def columns(self, kinds: Mapping[str, str]) -> pa.Table:
        """Whole columns; see `Table.columns`."""
        import pyarrow as pa

        whole = [table.columns(kinds) for table in self.tables]
        if len(whole) == 1:
            return whole[0]
        joined = pa.concat_tables(whole)
        # Every table has dictionaries of its own: the numbers mean the same only once these are one.
        columns = [
            (joined[name].unify_dictionaries() if kind == LABEL else joined[name]).combine_chunks()
            for name, kind in kinds.items()
        ]
        return pa.Table.from_arrays(columns, names=list(kinds))

    def take(self, rows: NDArray[np.int64], names: Sequence[str]) -> pa.Table:
        """Some rows, by rising place; see `Table.take`."""
        import numpy as np
        import pyarrow as pa

        ordered = np.sort(rows)
        parts = pairwise(np.searchsorted(ordered, self.starts).tolist())
        pieces = [
            table.take(ordered[first:last] - start, names)
            for table, start, (first, last) in zip(self.tables, self.starts, parts, strict=False)
            if first < last
        ]
        return pa.concat_tables(pieces) if pieces else self.tables[0].take(ordered, names)

    def batches(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Every row, some thousand at a time; see `Table.batches`."""
        for table in self.tables:
            yield from table.batches(names)

    def texts(self, cell: str | None, row: int = 0) -> list[str]:
        """The options or golds that a cell holds as a JSON list; none where it is empty.

        Args:
            cell: What stands in the column.
            row: Where the cell is, for the error.

        Raises:
            RunError: The cell holds no list of texts.
        """
        try:
            found = json.loads(cell or "[]")
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
            raise self.spoilt(f"has options or answers that are no JSON list of texts: {short(repr(cell))}", row)
        return found

    def lists(self, column: pa.Array, row: int = 0) -> pa.Array:
        """A column of such cells as lists; each different cell is read once, however many rows repeat it.

        Args:
            column: Cells that are, or may be, ``None``.
            row: Where the first cell is, for the error.

        Raises:
            RunError: A cell holds no list of texts.
        """
        import pyarrow as pa

        coded = column.dictionary_encode()
        lists = pa.array([self.texts(cell, row) for cell in coded.dictionary.to_pylist()], pa.list_(pa.string()))
        return lists.take(coded.indices)

    def spoilt(self, problem: str, row: int = 0) -> RunError:
        """The error that says what is wrong with the content of the table that holds a row."""
        import numpy as np

        return self.tables[int(np.searchsorted(self.starts[1:-1], row, side="right"))].spoilt(problem)
