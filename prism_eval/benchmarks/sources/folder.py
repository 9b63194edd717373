"""Rows from a folder on disk: Parquet files, or JSON and images; also a downloaded snapshot of the hub."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from prism_eval.benchmarks.definition import Definition
from prism_eval.benchmarks.rows import Row, RowError
from prism_eval.benchmarks.sources.columns import is_selected, selecting_columns, wanted_columns
from prism_eval.benchmarks.sources.jsonl import json_rows, json_size, jsonl_rows, jsonl_size
from prism_eval.benchmarks.sources.parquet import parquet_rows, parquet_size
from prism_eval.benchmarks.sources.tree import commit_of, files_in
from prism_eval.benchmarks.sources.unreadable import why_not_there
from prism_eval.errors import DataError


@dataclass(frozen=True)
class FolderSource:
    """The rows of one benchmark in a folder.

    Attributes:
        definition: The benchmark.
        folder: The benchmark's own folder, which may be a downloaded snapshot of the hub.
        commit: The data set's commit, where that is known; else what the download left beside the files tells it.
        published: Whether it is meant to be the published data, all of it: a twin is not.
    """

    definition: Definition
    folder: Path
    commit: str | None = None
    published: bool = True

    @property
    def origin(self) -> str:
        """The folder's path."""
        return str(self.folder)

    @property
    def revision(self) -> str | None:
        """The commit that the files are of, where that is known."""
        return self.commit or commit_of(self.folder, self.definition.source)

    @property
    def image_folder(self) -> Path:
        """The same folder: images lie beside the rows, in ``images/``, or in a zip file."""
        return self.folder

    def rows(self) -> Iterator[Row | RowError]:
        """The rows of all files, in the files' alphabetical order."""
        return self._read(wanted_columns(self.definition))

    def size(self) -> int | None:
        """How many rows the definition selects, counted without reading the images."""
        try:
            # Only a selection has to read anything: its columns, and never an image.
            if self.definition.where:
                return self._count_selected()
            # Half a count is no count: with one file unreadable the run says so when it comes to it.
            return sum(file_size(path) for path in self.files())
        except DataError:
            return None

    def files(self) -> list[Path]:
        """The files that hold the rows.

        Raises:
            DataError: There are none, or it is not clear which.
        """
        named = files_in(self.folder, self.definition.source)
        if there := [path for path in named if path.is_file()]:
            return there
        raise DataError(f"{named[0]}: {why_not_there(named[0])}")

    def _count_selected(self) -> int:
        count = 0
        for row in self._read(selecting_columns(self.definition)):
            if isinstance(row, RowError):
                raise row
            count += is_selected(self.definition, row)
        return count

    def _read(self, columns: frozenset[str]) -> Iterator[Row | RowError]:
        number = 0
        for path in self.files():
            for row in _file_rows(path, columns, number):
                number = row.number + 1 if isinstance(row, Row) else number
                yield row


def file_size(path: Path) -> int:
    """How many rows a file has, without reading more than that takes.

    Raises:
        RowError: It cannot be read.
    """
    if path.suffix == ".parquet":
        return parquet_size(path)
    return json_size(path) if path.suffix == ".json" else jsonl_size(path)


def _file_rows(path: Path, columns: frozenset[str], start: int) -> Iterator[Row | RowError]:
    if path.suffix == ".parquet":
        return parquet_rows(path, columns, start)
    return json_rows(path, start) if path.suffix == ".json" else jsonl_rows(path, start)


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
    raise DataError(
        f"no data for benchmark {name!r}: looked for {folder}; {data} holds: {present}; "
        f"`{shlex.join(['prism-eval', 'benchmarks', 'download', name, str(data)])}` fetches it"
    )
