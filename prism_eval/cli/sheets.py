"""Sentences and tables of a comparison on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prism_eval.cli.printable import printable
from prism_eval.cli.table import show_table

if TYPE_CHECKING:
    from prism_eval.gate.output.sheet import Sheet


def show_sheet(sheet: Sheet) -> None:
    """Print what a comparison or a decision says."""
    from rich.text import Text

    from prism_eval.cli.screen import console

    screen = console()
    screen.print(Text(printable(sheet.answer), style="bold"))
    for line in sheet.lines:
        screen.print(Text(printable(line)))
    for grid in sheet.grids:
        screen.print()
        if grid.title:
            screen.print(Text(grid.title))
        show_table(grid.headings, [[printable(cell) for cell in row] for row in grid.rows])
    if sheet.notes:
        screen.print()
    for note in sheet.notes:
        screen.print(Text(printable(note)))
