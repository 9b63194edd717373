"""What a flag is given, read: a file, a folder, how many items and which."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import typer

from prism_eval.files.folders import user_path


def file_path(text: str) -> Path:
    """A file that a flag names."""
    path = user_path(text)
    if path.is_dir():
        raise typer.BadParameter(f"{text!r} is a directory")
    return path


def new_file(text: str) -> Path:
    """A file that a flag has written."""
    if text == "-":
        raise typer.BadParameter("'-' names no file; what goes to standard output needs no flag")
    return file_path(text)


def folder_path(text: str) -> Path:
    """A folder that a flag names."""
    path = user_path(text)
    if path.is_file():
        raise typer.BadParameter(f"{text!r} is a file")
    return path


class Display(StrEnum):
    """How progress is shown."""

    AUTO = "auto"
    LINES = "lines"
    JSON = "json"
    NONE = "none"


@dataclass(frozen=True)
class Limit:
    """How many items of a benchmark ``--limit`` keeps, and which."""

    items: int
    first: bool = False


def limit(text: str) -> Limit:
    """What ``--limit`` says: ``N``, or ``N?first=true``."""
    number, mark, option = text.partition("?")
    try:
        items = int(number)
    # More digits than Python reads are no number of items either.
    except ValueError:
        raise typer.BadParameter(f"{number[:20]!r} is not a valid integer.") from None
    if mark and option not in ("first=true", "first=false"):
        raise typer.BadParameter(f"{option[:20]!r} is no option of it; there is one: 'N?first=true'")
    return Limit(items, first=option == "first=true")
