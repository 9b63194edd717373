"""What a data set is on disk, told by the files in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path, PurePosixPath
from urllib.parse import parse_qsl

from prism_eval.benchmarks.sources.tree import files_below
from prism_eval.data_sets.folders import FolderPart, folder_parts
from prism_eval.data_sets.metadata import LISTS
from prism_eval.data_sets.picture import SUFFIXES, Part
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
    if strays := named.keys() - _columns_of(parts[0]):
        raise UsageError(f"{path} is no table: {', '.join(sorted(strays))} names a column of Parquet files")
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
    folder = path.parent if path.is_file() else path
    files = [PurePosixPath(path.name)] if path.is_file() else sorted(files_below(path, _is_looked_at))
    # img2dataset puts a table beside each tar: of the two, the tar has the pictures.
    if tars := [TarPart(folder / file) for file in files if file.name.lower().endswith(_TARS)]:
        return tars
    tables = [TablePart(folder / file, named) for file in files if file.suffix.lower() == _TABLES]
    for table in tables:
        # One that is damaged among others is told when its turn comes, and they are captioned all the same.
        with suppress(DataError) if len(tables) > 1 else nullcontext():
            table.check()
    if tables or path.is_file():
        return tables
    return folder_parts(path, map(str, files), [named["caption"]] if "caption" in named else COLUMNS["caption"])


def _is_looked_at(name: str) -> bool:
    return name.lower().endswith((*_TARS, _TABLES, *SUFFIXES)) or name in LISTS


def _columns_of(part: Part) -> Collection[str]:
    """Which columns can be named, of a data set that has such a part."""
    if isinstance(part, TablePart):
        return COLUMNS
    return ("caption",) if isinstance(part, FolderPart) and part.lists else ()
