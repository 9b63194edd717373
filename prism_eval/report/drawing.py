"""What a terminal's tables and lines are drawn with; rich is imported only where something is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

# A rule under the heading and between the bands of a table, and nothing else; rich reads a box by its lines.
_RULES = "    \n    \n ── \n    \n ── \n    \n    \n    \n"


def empty_table(*headings: str, text: int = 2) -> Table:
    """An empty table.

    Args:
        headings: One a column.
        text: How many columns hold texts, which stand to the left; numbers stand to the right.
    """
    from rich.box import Box
    from rich.table import Table

    drawn = Table(box=Box(_RULES), pad_edge=False, collapse_padding=True, header_style="bold")
    for index, heading in enumerate(headings):
        drawn.add_column(plain(heading), justify="left" if index < text else "right", no_wrap=True)
    return drawn


def plain(text: str, style: str = "") -> Text:
    """A text as it is: nothing in it is markup."""
    from rich.text import Text

    return Text(text, style=style)
