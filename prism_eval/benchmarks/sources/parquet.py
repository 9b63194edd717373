"""Rows of a Parquet file, a few at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from prism_eval.benchmarks.reading.rows import Row, RowError

_BATCH = 8


def parquet_size(path: Path) -> int | None:
    """How many rows the file has, from its footer; ``None`` if that cannot be read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            return int(file.metadata.num_rows)
    except (pa.ArrowException, OSError):
        return None


def parquet_rows(path: Path, columns: Collection[str], start: int = 0) -> Iterator[Row | RowError]:
    """The file's rows; where it cannot be read, what is wrong with it.

    Args:
        path: The file.
        columns: The columns that are wanted; others are not read.
        start: The number of the first row.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            present = [name for name in names if name in columns]
            unread = tuple(name for name in names if name not in columns)
            for position, values in enumerate(_values(file, present), start=1):
                yield Row(start + position - 1, values, f"{path} row {position}", unread)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        yield RowError("file does not open", f"{path}: cannot be read as Parquet: {reason}; download it again")


def _values(file: Any, columns: list[str]) -> Iterator[dict[str, Any]]:
    # Group by group: asked for all groups at once, pyarrow keeps what it has read until the file is closed.
    for group in range(file.num_row_groups):
        for batch in file.iter_batches(batch_size=_BATCH, row_groups=[group], columns=columns, use_threads=False):
            yield from batch.to_pylist()
