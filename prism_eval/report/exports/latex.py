"""A leaderboard as a LaTeX table with the rules of booktabs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from prism_eval.leaderboard import Leaderboard
from prism_eval.report.exports.sheet import Sheet, sheet

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "'": r"\textquotesingle{}",
    "`": r"\textasciigrave{}",
    **{one: rf"\{one}" for one in "&%$#_{}"},
    # Behind the `\\` that ends the row above, a bracket or a star would be its argument.
    **{one: f"{{{one}}}" for one in "[]*"},
}
_MEANT = re.compile("|".join(map(re.escape, _SPECIAL)))
_LIGATURES = re.compile(r"([-,])(?=\1)")
"""Two hyphens would become a dash, two commas a quotation mark."""


def latex(board: Leaderboard) -> str:
    """A ``tabular`` to put into a table of one's own; what was measured and the notes are comments above it."""
    table = sheet(board)
    return "\n".join(
        [
            r"% Needs \usepackage{booktabs} and \usepackage[T1]{fontenc}; names beyond Latin letters need LuaLaTeX.",
            *(f"% {note}" for note in (table.answer, *table.notes)),
            *([escaped(table.instead)] if table.instead else _tabular(table)),
            "",
        ]
    )


def _tabular(table: Sheet) -> Iterator[str]:
    yield rf"\begin{{tabular}}{{l{'r' * (len(table.headings) - 1)}}}"
    yield r"\toprule"
    yield _line(table.headings)
    # A rule above each kind: controls are no entries.
    for group in table.groups:
        yield from (r"\midrule", *map(_line, group))
    yield from (r"\bottomrule", r"\end{tabular}")


def escaped(text: str) -> str:
    """The text so that LaTeX sets it as it is."""
    return _LIGATURES.sub(r"\1{}", _MEANT.sub(lambda found: _SPECIAL[found[0]], text))


def _line(cells: Sequence[str]) -> str:
    return rf"{' & '.join(map(escaped, cells))} \\"
