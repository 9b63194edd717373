"""Sentences and tables of a comparison: on the screen, or as Markdown or JSON."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from prism_eval.cli.screen import hand_over
from prism_eval.cli.table import show_table

if TYPE_CHECKING:
    from prism_eval.files.jsonable import Json
    from prism_eval.sheets.sheet import Sheet

Format = Annotated[Literal["terminal", "markdown", "json"], typer.Option("--format", help="How it is said.")]


def say(sheet: Sheet, document: Mapping[str, Json], as_format: str, output: Path | None = None) -> None:
    """Say what a comparison or a decision says.

    Args:
        sheet: For people.
        document: For machines.
        as_format: Which of them, and how.
        output: The file to write it to, in place of standard output.

    Raises:
        RunError: The file cannot be written.
    """
    if as_format == "terminal":
        show_sheet(sheet)
        return
    from prism_eval.files.jsonable import as_json
    from prism_eval.files.whole import write_whole
    from prism_eval.sheets.markdown import markdown

    text = markdown(sheet) if as_format == "markdown" else as_json(document)
    if output:
        write_whole(output, text)
    else:
        hand_over(text)


def show_sheet(sheet: Sheet) -> None:
    """Print it."""
    from rich.text import Text

    from prism_eval.cli.screen import console
    from prism_eval.files.visible import flat

    screen = console()
    screen.print(Text(flat(sheet.answer), style="bold"))
    for line in sheet.lines:
        screen.print(Text(flat(line)))
    for grid in sheet.grids:
        screen.print()
        if grid.title:
            screen.print(Text(flat(grid.title)))
        show_table(grid.headings, grid.rows)
    if sheet.notes:
        screen.print()
    for note in sheet.notes:
        screen.print(Text(flat(note)))
