"""Rows from a folder on disk: Parquet files, or JSON Lines and images; also a downloaded snapshot of the hub."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from prism_eval.benchmarks.definition import Definition, Source
from prism_eval.benchmarks.rows import Row, RowError
from prism_eval.benchmarks.sources.columns import is_selected, selecting_columns, wanted_columns
from prism_eval.benchmarks.sources.jsonl import jsonl_rows, jsonl_size
from prism_eval.benchmarks.sources.parquet import parquet_rows, parquet_size
from prism_eval.errors import DataError

# `test-00000-of-00003`, as the hub names the parts of a split.
_SHARD = re.compile(r"(?P<split>.+?)-\d{5}-of-\d{5}")
_SPLIT = re.compile(r"(?P<split>train|test|testmini|val|valid|validation|dev)(?:$|[-_.])")
# The folder that the hub puts files into when a data set has one configuration only.
_NO_CONFIG = {"data"}
# The same part of a data set goes by several names, in files and in its card.
_SAME_SPLIT = {"val": "validation", "valid": "validation", "dev": "validation"}


@dataclass(frozen=True)
class FolderSource:
    """The rows of one benchmark in a folder.

    Attributes:
        definition: The benchmark.
        folder: The benchmark's own folder, which may be a downloaded snapshot of the hub.
        revision: The snapshot's commit, where that is known.
    """

    definition: Definition
    folder: Path
    revision: str | None = None

    @property
    def origin(self) -> str:
        """The folder's path."""
        return str(self.folder)

    @property
    def image_folder(self) -> Path:
        """The same folder: images lie beside the rows, in ``images/``, or in a zip file."""
        return self.folder

    def rows(self) -> Iterator[Row | RowError]:
        """The rows of all files, in the files' alphabetical order."""
        return self._read(wanted_columns(self.definition))

    def size(self) -> int | None:
        """How many rows the definition selects, counted without reading the images."""
        # Only a selection has to read anything: its columns, and never an image.
        if self.definition.where:
            return self._count_selected()
        sizes = [
            parquet_size(path) if path.suffix == ".parquet" else jsonl_size(path)
            for path in data_files(self.folder, self.definition.source)
        ]
        # Half a count is no count: with one file unreadable the run says so when it comes to it.
        known = [size for size in sizes if size is not None]
        return sum(known) if len(known) == len(sizes) else None

    def _count_selected(self) -> int | None:
        count = 0
        try:
            for row in self._read(selecting_columns(self.definition)):
                count += isinstance(row, Row) and is_selected(self.definition, row)
        except RowError:
            return None
        return count

    def _read(self, columns: frozenset[str]) -> Iterator[Row | RowError]:
        number = 0
        for path in data_files(self.folder, self.definition.source):
            is_parquet = path.suffix == ".parquet"
            for row in parquet_rows(path, columns, number) if is_parquet else jsonl_rows(path, number):
                number = row.number + 1 if isinstance(row, Row) else number
                yield row


def benchmark_folder(data: Path, name: str) -> Path:
    """The folder of one benchmark in a data folder.

    Raises:
        DataError: It does not exist; the message says what does.
    """
    folder = data / name
    if folder.is_dir():
        return folder
    if not data.is_dir():
        raise DataError(f"no data folder {data}; give --data a folder that holds {name}/, or 'synthetic', or 'hub'")
    present = ", ".join(sorted(path.name for path in data.iterdir() if path.is_dir())) or "no folders"
    raise DataError(f"no data for benchmark {name!r}: looked for {folder}; {data} holds: {present}")


def data_files(folder: Path, source: Source) -> list[Path]:
    """The files that hold a source's rows: its split's Parquet files, else ``data.jsonl``, else the only ``.jsonl``.

    Raises:
        DataError: There are none, or it is not clear which.
    """
    # Parquet first: a snapshot of the hub may hold some .jsonl of metadata besides its tables.
    parquet = sorted(path for path in folder.rglob("*.parquet") if path.is_file())
    if parquet:
        return _of_split(_of_config(parquet, folder, source), folder, source)
    main = folder / "data.jsonl"
    found = [main] if main.is_file() else sorted(folder.glob("*.jsonl"))
    if len(found) == 1:
        return found
    if found:
        names = ", ".join(path.name for path in found)
        raise DataError(f"{folder} holds several JSON Lines files ({names}); call the one to read data.jsonl")
    raise DataError(f"{folder} holds neither Parquet files nor a .jsonl file")


def _some(files: list[Path], folder: Path) -> str:
    return ", ".join(str(path.relative_to(folder)) for path in files[:5])


def _of_config(files: list[Path], folder: Path, source: Source) -> list[Path]:
    """The config's files, else those in no config's folder; never another config's."""
    if source.config is None:
        return files
    folders = {path: set(path.relative_to(folder).parts[:-1]) for path in files}
    named = [path for path in files if source.config in folders[path]]
    chosen = named or [path for path in files if folders[path] <= _NO_CONFIG]
    if not chosen:
        raise DataError(f"{folder} holds no Parquet file of config {source.config!r}; it holds: {_some(files, folder)}")
    return chosen


def _of_split(files: list[Path], folder: Path, source: Source) -> list[Path]:
    """The split's files, else those that name no split; never another split's."""
    split = _plain_split(source.split)
    named = [path for path in files if _split_of(path, folder) == split]
    chosen = named or [path for path in files if _split_of(path, folder) is None]
    if not chosen:
        raise DataError(f"{folder} holds no Parquet file of split {source.split!r}; it holds: {_some(files, folder)}")
    return chosen


def _split_of(path: Path, folder: Path) -> str | None:
    if shard := _SHARD.fullmatch(path.stem):
        return _plain_split(shard["split"])
    if named := _SPLIT.match(path.stem):
        return _plain_split(named["split"])
    # `train/0.parquet`: the innermost folder that is a split's name decides.
    folders = path.relative_to(folder).parts[:-1]
    return next((_plain_split(part) for part in reversed(folders) if _SPLIT.fullmatch(part)), None)


def _plain_split(split: str) -> str:
    return _SAME_SPLIT.get(split, split)
