"""Rows of a JSON Lines file, one line at a time, or of a JSON file that is one list of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from prism_eval.benchmarks.rows import Row, RowError
from prism_eval.benchmarks.sources.unreadable import unreadable
from prism_eval.files.budgets import lines, regular
from prism_eval.files.packed import unpacked


def jsonl_rows(path: Path, start: int = 0) -> Iterator[Row | RowError]:
    """The file's rows; in place of a line that is not a JSON object, what is wrong with it.

    Args:
        path: The file. Blank lines are skipped.
        start: The number of the first row.
    """
    number = start
    try:
        with unpacked(path) as file:
            # As bytes: a line that is no UTF-8 spoils itself and not the rest of the file.
            for line_number, line in enumerate(lines(file), start=1):
                if line.strip():
                    yield _row(line, number, f"{path} line {line_number}")
                    number += 1
    except OSError as error:
        yield unreadable(path, "JSON Lines", error)


def jsonl_size(path: Path) -> int:
    """How many lines of the file are not blank.

    Raises:
        RowError: It cannot be read.
    """
    try:
        with unpacked(path) as file:
            return sum(1 for line in lines(file) if line.strip())
    except OSError as error:
        raise unreadable(path, "JSON Lines", error) from error


def json_rows(path: Path, start: int = 0) -> Iterator[Row | RowError]:
    """The entries of a file that is one JSON list; a file of lines is read as such, whatever its name ends with."""
    if not _is_list(path):
        yield from jsonl_rows(path, start)
        return
    try:
        # One list, which cannot be read line by line; it is text alone, the images lie beside it.
        entries = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        yield unreadable(path, "JSON", error)
        return
    for number, entry in enumerate(entries):
        yield _checked(entry, start + number, f"{path} entry {number + 1}")


def json_size(path: Path) -> int:
    """How many entries the file's list has, or lines where it is none.

    Raises:
        RowError: It cannot be read.
    """
    if not _is_list(path):
        return jsonl_size(path)
    try:
        return len(json.loads(path.read_bytes()))
    except (OSError, ValueError, RecursionError) as error:
        raise unreadable(path, "JSON", error) from error


def _is_list(path: Path) -> bool:
    try:
        with regular(path).open("rb") as file:
            return file.read(1024).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"["
    except OSError:
        return False


def _row(line: bytes, number: int, where: str) -> Row | RowError:
    try:
        # Editors on Windows put a byte order mark before the first line. NaN is no JSON, but what Python writes there.
        values = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        return RowError("line is not JSON", f"{where}: not JSON: {error}")
    return _checked(values, number, where)


def _checked(values: object, number: int, where: str) -> Row | RowError:
    if not isinstance(values, dict):
        return RowError("line is not JSON", f"{where}: expected an object, found {type(values).__name__}")
    return Row(number, values, where)
