"""A leaderboard as a Parquet file, for pandas, DuckDB and the like."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from prism_eval._version import __version__
from prism_eval.files.whole import replacing
from prism_eval.leaderboard import Leaderboard
from prism_eval.report.exports.sheet import records

if TYPE_CHECKING:
    import pyarrow as pa


def write_parquet(board: Leaderboard, path: Path) -> None:
    """Write a row for each line of the leaderboard, every number in a column of its own.

    Raises:
        RunError: The file cannot be written.
    """
    import pyarrow.parquet as pq

    with replacing(path) as file:
        pq.write_table(_table(board), file)


def _table(board: Leaderboard) -> pa.Table:
    import pyarrow as pa

    rows = records(board)
    arrays = {
        name: pa.array([row[name] for row in rows]) for name in dict.fromkeys(name for row in rows for name in row)
    }
    # Of a column without any number nobody can tell a type; as numbers it can be joined with other tables'.
    typed = {
        name: array.cast(pa.float64()) if pa.types.is_null(array.type) else array for name, array in arrays.items()
    }
    return pa.table(typed).replace_schema_metadata({"prism_eval.version": __version__})
