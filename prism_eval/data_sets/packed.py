"""Which files of a data set are read where it consists of files that hold many pictures each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from prism_eval.data_sets.tables import TablePart
from prism_eval.data_sets.webdataset import TarPart

TABLE = ".parquet"
_TARS = (".tar", ".tar.gz", ".tgz")


def is_packed(name: str) -> bool:
    """Whether a file holds many pictures, by its name."""
    return name.lower().endswith((*_TARS, TABLE))


def packed_parts(
    folder: Path, files: Sequence[PurePosixPath], named: Mapping[str, str]
) -> Sequence[TarPart] | Sequence[TablePart]:
    """The parts of a data set, a file each: its tars, else its tables; none where it has neither.

    Args:
        folder: Where the files are, or will be.
        files: Their paths in it.
        named: The columns that are meant, as for `TablePart`.
    """
    # img2dataset puts a table beside each tar: of the two, the tar has the pictures.
    tars = [TarPart(folder / file) for file in files if file.name.lower().endswith(_TARS)]
    return tars or [TablePart(folder / file, named) for file in files if file.suffix.lower() == TABLE]
