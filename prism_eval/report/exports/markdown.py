"""A leaderboard as Markdown, for an issue, a model card or a step summary."""

from __future__ import annotations

from prism_eval.leaderboard import Leaderboard
from prism_eval.leaderboard.markdown import escaped, lines_of
from prism_eval.report.exports.sheet import sheet


def markdown(board: Leaderboard) -> str:
    """The table with its notes below it; names and messages are text whatever they hold."""
    table = sheet(board)
    rows = [row for group in table.groups for row in group]
    return "\n".join(
        [
            f"**{escaped(table.answer)}**",
            "",
            *([escaped(table.instead)] if table.instead else lines_of(table.headings, rows)),
            "",
            *(f"- {escaped(note)}" for note in table.notes),
            "",
        ]
    )
