"""Any text as Markdown, for an issue, a model card or a step summary."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

# What GitHub's Markdown gives a meaning to inside a line: emphasis, code, links, cells, strikes, mathematics; and what
# makes a link of a bare address.
_MARKS = re.compile(r"[\\`*_\[\]|~$]|:(?=//)|(?<=www)\.", re.IGNORECASE)
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def escaped(text: str) -> str:
    """The text so that Markdown shows it as it is."""
    entities = "".join(_ENTITIES.get(one, one) for one in text)
    return _MARKS.sub(r"\\\g<0>", entities)


def lines_of(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a table: names to the left, numbers to the right."""
    yield _line(headings)
    yield f"|---|{'---:|' * (len(headings) - 1)}"
    yield from map(_line, rows)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(escaped, cells))} |"
