"""Rows of a JSON Lines file, one line at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from prism_eval.benchmarks.rows import Row, RowError


def jsonl_rows(path: Path, start: int = 0) -> Iterator[Row | RowError]:
    """The file's rows; in place of a line that is not a JSON object, what is wrong with it.

    Args:
        path: The file. Blank lines are skipped.
        start: The number of the first row.
    """
    number = start
    try:
        with path.open("rb") as file:
            # As bytes: a line that is no UTF-8 spoils itself and not the rest of the file.
            for line_number, line in enumerate(file, start=1):
                if line.strip():
                    yield _row(line, number, f"{path} line {line_number}")
                    number += 1
    except OSError as error:
        yield RowError("file does not open", f"{path}: cannot be read: {error.strerror}")


def jsonl_size(path: Path) -> int | None:
    """How many lines of the file are not blank; ``None`` if it cannot be read."""
    try:
        with path.open("rb") as file:
            return sum(1 for line in file if line.strip())
    except OSError:
        return None


def _row(line: bytes, number: int, where: str) -> Row | RowError:
    try:
        # Editors on Windows put a byte order mark before the first line.
        values = json.loads(line.decode("utf-8-sig"), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        return RowError("line is not JSON", f"{where}: not JSON: {error}")
    if not isinstance(values, dict):
        return RowError("line is not JSON", f"{where}: expected an object, found {type(values).__name__}")
    return Row(number, values, where)


# Python's reader takes NaN and Infinity, which JSON does not have and no other reader of the file would see.
def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON value")
