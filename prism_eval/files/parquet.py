"""Rows of a Parquet file, so many at a time as fit: a file of kilobytes may repeat one text until it is gigabytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from prism_eval.files.pages import check_pages

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

_ROWS = 2**10
_MOST = 16 * 2**20
"""Bytes of texts that are unpacked at once."""


def damage(*more: type[Exception]) -> tuple[type[Exception], ...]:
    """What is raised where a file is damaged, and what else of the caller's own.

    Arrow's errors are not all: names and cells may be no text, and dates such as Python has no number for.
    """
    import pyarrow as pa

    return (pa.ArrowException, OSError, ValueError, OverflowError, *more)


def batches(file: ParquetFile, names: Sequence[str], *, path: Path) -> Iterator[pa.RecordBatch]:
    """Every row, so many at a time as are not large together.

    Args:
        file: The file, whose columns of text may be read as dictionaries: none is unpacked before it is measured.
        names: The columns.
        path: Where the file lies.

    Raises:
        OSError: A column of a row group is larger than any that is read.
    """
    check_pages(path, file.metadata, names)
    for group in range(file.num_row_groups):
        for batch in file.iter_batches(_ROWS, row_groups=[group], columns=list(names), use_threads=False):
            rows = max(1, min(_ROWS, _MOST * batch.num_rows // max(_unpacked(batch), 1)))
            for start in range(0, batch.num_rows, rows):
                yield _decoded(batch.slice(start, rows))


def _decoded(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with its texts for their numbers: who takes them one by one looks each up, at three times the cost."""
    import pyarrow as pa

    columns = [one.dictionary_decode() if pa.types.is_dictionary(one.type) else one for one in batch.columns]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _unpacked(batch: pa.RecordBatch) -> int:
    """Bytes that its texts have if each row has its own."""
    import pyarrow as pa
    import pyarrow.compute as pc

    total = 0
    for column in batch.columns:
        if pa.types.is_dictionary(column.type):
            lengths = pc.binary_length(column.dictionary).take(column.indices)
            total += pc.sum(lengths.cast(pa.int64())).as_py() or 0
        else:
            total += column.nbytes
    return total
