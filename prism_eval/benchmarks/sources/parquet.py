"""Rows of a Parquet file, a few at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from prism_eval.benchmarks.rows import Row, RowError
from prism_eval.benchmarks.sources.unreadable import unreadable
from prism_eval.files.pages import check_pages
from prism_eval.files.parquet import damage

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

# A batch holds its rows twice, as Arrow's buffers and as Python's objects: few of them where they hold photographs,
# enough where they hold text for the batches to cost nothing.
_BATCH_BYTES = 4 * 2**20
_BATCH_ROWS = 16
# Left to itself pyarrow reads a whole row group before it gives its first row: 300 MB for 100 photographs.
_BUFFER = 2**20
_PACKED = 64
"""Times its bytes in the file to which a column may come: texts are packed to a tenth, and photographs not at all."""
_LARGEST_DICTIONARY = 8 * 2**20
"""Bytes of a page that rows point into, which no writer of its own accord makes: each row may repeat all of it."""


def parquet_size(path: Path) -> int:
    """How many rows the file has, from its footer.

    Raises:
        RowError: That cannot be read.
    """
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            return int(file.metadata.num_rows)
    except damage() as error:
        raise unreadable(path, "Parquet", error) from error


def parquet_rows(path: Path, columns: Collection[str], start: int = 0) -> Iterator[Row | RowError]:
    """The file's rows; where it cannot be read, what is wrong with it.

    What is held is a few rows, or, in a file whose pages are as large as its row groups, two pages.

    Args:
        path: The file.
        columns: The columns that are wanted; others are not read.
        start: The number of the first row.
    """
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False) as file:
            names = file.schema_arrow.names
            present = [name for name in names if name in columns]
            unread = tuple(name for name in names if name not in columns)
            for position, values in enumerate(_values(file, present, path), start=1):
                # The position is the file's, the number goes on over all files of the benchmark.
                yield Row(start + position - 1, values, f"{path} row {position}", unread)
    except damage() as error:
        yield unreadable(path, "Parquet", error)


def _values(file: ParquetFile, columns: list[str], path: Path) -> Iterator[dict[str, object]]:
    repeated = max((pages.dictionary for pages in check_pages(path, file.metadata, columns, times=_PACKED)), default=0)
    # Group by group: asked for all groups at once, pyarrow keeps what it has read until the file is closed.
    for group in range(file.num_row_groups):
        rows = _rows_at_once(file, group) if repeated < _LARGEST_DICTIONARY else 1
        for batch in file.iter_batches(batch_size=rows, row_groups=[group], columns=columns, use_threads=False):
            yield from batch.to_pylist()


def _rows_at_once(file: ParquetFile, group: int) -> int:
    stated = file.metadata.row_group(group)
    fitting: int = _BATCH_BYTES * stated.num_rows // max(stated.total_byte_size, 1)
    return max(1, min(fitting, _BATCH_ROWS))
