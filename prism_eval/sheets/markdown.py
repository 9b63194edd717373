"""What is said as Markdown, for a pull request or a step summary."""

from __future__ import annotations

from collections.abc import Iterator

from prism_eval.leaderboard.markdown import escaped, lines_of
from prism_eval.sheets.sheet import Sheet


def markdown(sheet: Sheet) -> str:
    """The sheet as Markdown; labels, ids and messages are text whatever they hold."""
    return "\n".join(_lines(sheet))


def _lines(sheet: Sheet) -> Iterator[str]:
    yield from (f"**{escaped(sheet.answer)}**", "")
    for line in sheet.lines:
        yield from (escaped(line), "")
    for grid in sheet.grids:
        if grid.title:
            yield from (f"#### {escaped(grid.title)}", "")
        yield from lines_of(grid.headings, grid.rows)
        yield ""
    yield from (f"- {escaped(note)}" for note in sheet.notes)
    yield ""
