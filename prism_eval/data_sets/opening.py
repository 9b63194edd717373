"""What a data set is, told by the files in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path, PurePosixPath
from urllib.parse import parse_qsl

from prism_eval.benchmarks.sources.tree import files_below, leads_out
from prism_eval.data_sets.folders import FolderPart, folder_parts
from prism_eval.data_sets.hub import PREFIX, hub_parts
from prism_eval.data_sets.metadata import LISTS
from prism_eval.data_sets.packed import is_packed, packed_parts
from prism_eval.data_sets.picture import SUFFIXES, Part
from prism_eval.data_sets.tables import COLUMNS, TablePart
from prism_eval.errors import DataError, UsageError
from prism_eval.files.folders import user_path


def open_data_set(source: str) -> Sequence[Part]:
    """The parts of a data set.

    Args:
        source: A folder of picture files, of WebDataset tars (img2dataset's too) or of Parquet files, or one such file;
            or ``hub:OWNER/NAME``, with ``@REVISION`` behind it if wanted. Behind all of it, as in
            ``data?image=picture``, the columns of its tables under ``image``, ``caption`` and ``key``; of the hub's
            ``split`` and ``config``, too.

    Raises:
        UsageError: There is none, or two of its files would have one shard.
        DataError: It is one table, and that is no Parquet file; a folder, a tar or a table in it is a link that leads
            out; or the hub does not deliver it.
        MissingExtra: It is on the hub, and the ``hub`` extra is not installed.
    """
    path, named = _split(source)
    if source.startswith(PREFIX) and not path.exists():
        name, _, options = source.removeprefix(PREFIX).partition("?")
        parts = hub_parts(name, dict(parse_qsl(options, keep_blank_values=True)))
        _refuse_twins(parts, source, "name one of its splits or configs, as in '?config=CONFIG&split=SPLIT'")
        return parts
    if unknown := sorted(named.keys() - COLUMNS.keys()):
        raise UsageError(f"a data set's columns are named under {', '.join(COLUMNS)}, and not {unknown[0]!r}")
    if not path.exists():
        raise UsageError(f"no data set at {path}: name a folder of pictures, WebDataset tars or Parquet files")
    parts = _parts(path, named)
    if not parts:
        raise UsageError(f"{path} holds no pictures, WebDataset tars or Parquet files")
    _refuse_twins(parts, str(path), "rename them")
    if strays := named.keys() - _columns_of(parts[0]):
        raise UsageError(f"{path} is no table: {', '.join(sorted(strays))} names a column of Parquet files")
    return parts


def _split(source: str) -> tuple[Path, dict[str, str]]:
    path = user_path(source)
    text, mark, options = source.rpartition("?")
    # A folder may have a question mark in its name.
    if not mark or path.exists():
        return path, {}
    return user_path(text), dict(parse_qsl(options, keep_blank_values=True))


def _refuse_twins(parts: Sequence[Part], where: str, todo: str) -> None:
    names = Counter(part.name for part in parts)
    if twice := next((name for name, count in names.items() if count > 1), None):
        raise UsageError(f"{where} has {names[twice]} files named {twice}, whose shards would have one name: {todo}")


def _parts(path: Path, named: dict[str, str]) -> Sequence[Part]:
    if path.is_file():
        return _checked(packed_parts(path.parent, [PurePosixPath(path.name)], named))
    files = sorted(files_below(path, _is_looked_at))
    # A picture that leads out is a row that failed; who has a whole table from elsewhere was handed no data set.
    if strays := [file for file in files if is_packed(file.name) and leads_out(path, path / file)]:
        raise DataError(f"{path / strays[0]} is a link that leads out of {path}: put the file itself there")
    return _checked(packed_parts(path, files, named)) or folder_parts(path, map(str, files), named)


def _checked(parts: Sequence[Part]) -> Sequence[Part]:
    for part in parts:
        if isinstance(part, TablePart):
            # One that is damaged among others is told when its turn comes, and they are captioned all the same.
            with suppress(DataError) if len(parts) > 1 else nullcontext():
                part.check()
    return parts


def _is_looked_at(name: str) -> bool:
    return is_packed(name) or name.lower().endswith(SUFFIXES) or name in LISTS


def _columns_of(part: Part) -> Collection[str]:
    """Which columns can be named, of a data set that has such a part."""
    if isinstance(part, TablePart):
        return COLUMNS
    return ("caption",) if isinstance(part, FolderPart) and part.lists else ()
