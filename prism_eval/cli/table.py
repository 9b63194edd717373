"""A table on the screen: plain columns, numbers to the right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def show_table(headings: Sequence[str], rows: Iterable[Sequence[str | int]]) -> None:
    """Print a table.

    Args:
        headings: One for each column; all empty for a table without a head.
        rows: Cells by column. A number is written with its thousands apart.
    """
    from rich.table import Table
    from rich.text import Text

    from prism_eval.cli.screen import console
    from prism_eval.files.visible import flat

    # All at once: a column is set to the right if any of its cells is a number.
    cells = list(rows)
    table = Table(box=None, pad_edge=False, header_style="bold", show_header=any(headings))
    for column, heading in enumerate(headings):
        numbers = any(isinstance(row[column], int) for row in cells)
        table.add_column(heading, justify="right" if numbers else "left")
    for row in cells:
        # Text, since rich would take a name in [brackets] for markup.
        table.add_row(*(Text(f"{cell:,}" if isinstance(cell, int) else flat(cell)) for cell in row))
    console().print(table)
