"""Rows of a Parquet file, a few at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from prism_eval.benchmarks.rows import Row, RowError

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
            number = start
            for batch in file.iter_batches(batch_size=_BATCH, columns=present, use_threads=False):
                for values in batch.to_pylist():
                    yield Row(number, values, f"{path} row {number - start + 1}", unread)
                    number += 1
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        yield RowError("file does not open", f"{path}: cannot be read as Parquet: {reason}; download it again")
