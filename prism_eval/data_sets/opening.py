"""What a data set is on disk, told by the files in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from urllib.parse import parse_qsl

from prism_eval.data_sets.folders import folder_parts
from prism_eval.data_sets.picture import Part
from prism_eval.data_sets.tables import COLUMNS, TablePart
from prism_eval.data_sets.webdataset import TarPart
from prism_eval.errors import DataError, UsageError
from prism_eval.files.folders import user_path

_TARS = (".tar", ".tar.gz", ".tgz")
_TABLES = ".parquet"


def open_data_set(source: str) -> Sequence[Part]:
    """The parts of a data set.

    Args:
        source: A folder of picture files, of WebDataset tars (img2dataset's too) or of Parquet files (as a data set of
            the hub is downloaded), or one such file; behind it, as in ``data?image=picture``, the columns of its tables
            under ``image``, ``caption`` and ``key``.

    Raises:
        UsageError: There is none, or two of its files would have one shard.
        DataError: It is one table, and that is no Parquet file.
    """
    path, named = _split(source)
    if not path.exists():
        raise UsageError(f"no data set at {path}: name a folder of pictures, WebDataset tars or Parquet files")
    parts = _parts(path, named)
    if not parts:
        raise UsageError(f"{path} holds no pictures, WebDataset tars or Parquet files")
    names = Counter(part.name for part in parts)
    if twice := next((name for name, count in names.items() if count > 1), None):
        raise UsageError(
            f"{path} has {names[twice]} files named {twice}, whose shards would have one name: rename them"
        )
    if named and not isinstance(parts[0], TablePart):
        raise UsageError(f"{path} is no table: {', '.join(named)} names a column of Parquet files")
    return parts


def _split(source: str) -> tuple[Path, dict[str, str]]:
    path = user_path(source)
    text, mark, options = source.rpartition("?")
    # A folder may have a question mark in its name.
    if not mark or path.exists():
        return path, {}
    named = dict(parse_qsl(options, keep_blank_values=True))
    if unknown := sorted(named.keys() - COLUMNS.keys()):
        raise UsageError(f"a data set's columns are named under {', '.join(COLUMNS)}, and not {unknown[0]!r}")
    return user_path(text), named


def _parts(path: Path, named: dict[str, str]) -> Sequence[Part]:
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if not _hidden(file, path))
    # img2dataset puts a table beside each tar: of the two, the tar has the pictures.
    if tars := [TarPart(file) for file in files if file.name.lower().endswith(_TARS)]:
        return tars
    tables = [TablePart(file, named) for file in files if file.suffix.lower() == _TABLES]
    for table in tables:
        # One that is damaged among others is told when its turn comes, and they are captioned all the same.
        with suppress(DataError) if len(tables) > 1 else nullcontext():
            table.check()
    return tables or (folder_parts(path) if path.is_dir() else ())


def _hidden(file: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in file.relative_to(folder).parts)
