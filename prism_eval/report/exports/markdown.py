"""A leaderboard as Markdown, for an issue, a model card or a step summary."""

from __future__ import annotations

import re
from collections.abc import Sequence

from prism_eval.leaderboard import Leaderboard
from prism_eval.report.exports.sheet import sheet

# What GitHub's Markdown gives a meaning to inside a line: emphasis, code, links, cells, strikes, mathematics; and what
# makes a link of a bare address.
_MARKS = re.compile(r"[\\`*_\[\]|~$]|:(?=//)|(?<=www)\.", re.IGNORECASE)
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def markdown(board: Leaderboard) -> str:
    """The table with its notes below it; names and messages are text whatever they hold."""
    table = sheet(board)
    rows = [row for group in table.groups for row in group]
    # Names to the left, numbers to the right.
    head = [_line(table.headings), f"|---|{'---:|' * (len(table.headings) - 1)}"]
    return "\n".join(
        [
            f"**{escaped(table.answer)}**",
            "",
            *([escaped(table.instead)] if table.instead else [*head, *map(_line, rows)]),
            "",
            *(f"- {escaped(note)}" for note in table.notes),
            "",
        ]
    )


def escaped(text: str) -> str:
    """The text so that Markdown shows it as it is."""
    entities = "".join(_ENTITIES.get(one, one) for one in text)
    return _MARKS.sub(r"\\\g<0>", entities)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(escaped, cells))} |"
