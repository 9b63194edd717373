"""What lists of files say of the pictures beside them: ``metadata.jsonl`` and ``metadata.csv`` of an imagefolder."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from prism_eval.benchmarks.rows import MISSING, Row, RowError
from prism_eval.benchmarks.sources.jsonl import jsonl_rows
from prism_eval.benchmarks.sources.tree import leads_out
from prism_eval.benchmarks.sources.unreadable import unreadable
from prism_eval.data_sets.picture import as_caption
from prism_eval.files.budgets import lines
from prism_eval.files.packed import unpacked

LISTS = ("metadata.jsonl", "metadata.csv")
"""As `datasets` calls them: a list in a folder is of the files in it and below."""
_FILE = ("file_name",)


def captions_in(folder: Path, lists: Sequence[str], paths: Collection[str], columns: Sequence[str]) -> dict[str, str]:
    """By the path of a file what the lists of its folder say of it; where two do, the nearer one's word.

    They are read from beginning to end, and of a million files no more is kept than is asked for.

    Args:
        folder: The data set's folder.
        lists: The lists in it, by their paths.
        paths: The files that are asked about, by theirs.
        columns: Those that may hold a caption; the first counts that is filled.

    Raises:
        DataError: A list is damaged, or names no files.
    """
    wanted = frozenset(paths)
    found: dict[str, str] = {}
    # The nearest last, so that its word stands.
    for name in sorted(lists, key=lambda one: len(PurePosixPath(one).parts)):
        home = PurePosixPath(name).parent
        asked = home == PurePosixPath() or any(path.startswith(f"{home}/") for path in wanted)
        # A link out would show its target's text as a caption.
        for row in _rows(folder / name) if asked and not leads_out(folder, folder / name) else ():
            path = str(home / _file_of(row))
            if path in wanted and (caption := as_caption(row.get(columns))):
                found[path] = caption
    return found


def _file_of(row: Row) -> str:
    file = row.get(_FILE)
    if file is MISSING:
        raise row.bad(
            "column missing", "no column 'file_name', by which pictures are found: add it, or call the file otherwise"
        )
    return str(file)


def _rows(path: Path) -> Iterator[Row]:
    for row in _csv_rows(path) if path.suffix == ".csv" else jsonl_rows(path):
        if isinstance(row, RowError):
            raise row
        yield row


def _csv_rows(path: Path) -> Iterator[Row | RowError]:
    try:
        with unpacked(path) as file:
            table = csv.DictReader(line.decode("utf-8-sig", "replace") for line in lines(file))
            for number, values in enumerate(table):
                yield Row(number, _named(values), f"{path} line {table.line_num}")
    except (OSError, csv.Error) as error:
        yield unreadable(path, "CSV", error)


def _named(values: Mapping[str | None, object]) -> dict[str, object]:
    # Cells without a heading stand under none.
    return {name: value for name, value in values.items() if name is not None}
