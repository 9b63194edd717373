"""Labelled values that a caption's layout gives away: ``Norway | 12``, ``2014: 28.5 | 30``, ``France 7 %``."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from prism_eval.reasoners.lexical.tokens import telling

_SCALES = {"thousand": 1e3, "k": 1e3, "million": 1e6, "m": 1e6, "billion": 1e9, "bn": 1e9, "trillion": 1e12}
_VALUE = re.compile(
    r"[~≈]?[$€£¥]?\s?(?P<number>[-+]?(?:\d{1,3}(?:[ ,]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?))"
    rf"\s?(?:%|percent|(?P<scale>{'|'.join(_SCALES)})\b)?\*?",
    re.IGNORECASE,
)
_LABELLED = re.compile(
    rf"(?P<label>\S.{{0,80}}?)(?P<joint>\s*[:=\u2013]\s*|\s+\(?)(?P<value>{_VALUE.pattern})\)?[.,;]?"
)
# The start of a sentence, or of a list of numbers.
_NO_LABEL = re.compile(r"\b(is|are|was|were|has|have|had)\b|\d\s*,$")
_CELL = re.compile(r"\s*\|\s*")
_DIGIT = re.compile(r"\d")
_BULLET = re.compile(r"^[\s\-*•·●▪#|]+|[\s|]+$")
_ASIDE = re.compile(r"\([^)]*\)")
# Characters. Longer lines are prose, and searching them for a label would take long.
_LONGEST_LINE = 400
# Words. A longer one is a sentence that ends in a number.
_LONGEST_LABEL = 8


class Value(NamedTuple):
    """A number as it is written, without its per cent sign, and what it is worth."""

    text: str
    worth: float


class Name(NamedTuple):
    """A row's or series' name. ``keys`` are its telling words, ``core`` those before a comma and not in parentheses."""

    text: str
    keys: frozenset[str]
    core: frozenset[str]


class Row(NamedTuple):
    """A name with its values, one for each series."""

    name: Name
    values: tuple[Value, ...]


class Table(NamedTuple):
    """The rows of a caption, all cut to as many values as most of them have, and a name for each value's series."""

    rows: tuple[Row, ...] = ()
    series: tuple[Name, ...] = ()


def read_table(text: str) -> Table:
    """The labelled values in a text's lines; none if no two lines give any."""
    rows: list[Row] = []
    headers: list[list[str]] = []
    before = ""
    for full in text.splitlines():
        line = _BULLET.sub("", full) if len(full) < _LONGEST_LINE else ""
        cells = _CELL.split(line) if "|" in line else [line]
        row = _row(cells, before)
        if row:
            rows.append(row)
        elif len(cells) > 1:
            headers.append(cells)
        # A text reader often finds a label on one line and its value on the next.
        before = cells[0] if len(cells) == 1 and not row else ""
    # One labelled value is a sentence like any other.
    if len(rows) < 2:
        return Table()
    # The usual number of values, not the largest: a row may have run into its neighbour.
    width = Counter(len(row.values) for row in rows).most_common(1)[0][0]
    rows = [row._replace(values=row.values[:width]) for row in rows]
    return Table(tuple(rows), _series(headers, width))


def value_of(text: str) -> Value | None:
    """The value that a cell holds and nothing else."""
    match = _VALUE.fullmatch(text.strip())
    return _value(match) if match else None


def _row(cells: Sequence[str], before: str) -> Row | None:
    if len(cells) == 1:
        return _row_of_cell(cells[0], before) if _DIGIT.search(cells[0]) else None
    head, colon, first = cells[0].rpartition(":")
    label, rest = (head, [first, *cells[1:]]) if colon and value_of(first) else (cells[0], cells[1:])
    values = [value_of(cell) for cell in rest]
    # A line of years is a header, and a number is nobody's label.
    if _is_value_but_no_year(label) or all(_is_year(cell) for cell in cells):
        return None
    return _make(label, [value for value in values if value])


def _row_of_cell(cell: str, before: str) -> Row | None:
    alone = value_of(cell)
    if alone:
        return _make(before, [alone]) if before and not _is_year(cell) else None
    match = _LABELLED.fullmatch(cell)
    if not match or _NO_LABEL.search(match["label"]) or (_is_year(match["value"]) and ":" not in match["joint"]):
        return None
    value = value_of(match["value"])
    return _make(match["label"], [value] if value else [])


def _make(label: str, values: list[Value]) -> Row | None:
    if not values or len(label.split()) > _LONGEST_LABEL:
        return None
    return Row(_name(label), tuple(values)) if telling(label) else None


def _name(text: str) -> Name:
    text = text.strip(" .:;,*-\u2013")
    keys = telling(text)
    return Name(text, keys, telling(_ASIDE.sub(" ", text).split(",")[0]) or keys)


def _series(headers: list[list[str]], width: int) -> tuple[Name, ...]:
    """The names in the line, or lines on end, that hold one for each value; a first one may stand over the labels."""
    names = [cells for cells in headers if not any(_is_value_but_no_year(cell) for cell in cells)]
    for start, first in enumerate(names):
        cells: list[str] = []
        for line in (first[1:] if len(first) == width + 1 else first, *names[start + 1 :]):
            cells = [*cells, *line]
            if len(cells) == width > 1:
                return tuple(map(_name, cells))
            if len(cells) > width:
                break
    return ()


def _is_year(text: str) -> bool:
    return re.fullmatch(r"(1[5-9]|20|21)\d\d\*?", text.strip()) is not None


def _is_value_but_no_year(text: str) -> bool:
    return value_of(text) is not None and not _is_year(text)


def _value(match: re.Match[str]) -> Value:
    digits = match["number"].replace(" ", "").replace(",", "").lstrip("+")
    scale = match["scale"]
    text = f"{digits} {scale}" if scale else digits
    return Value(text, float(digits) * _SCALES.get((scale or "").lower(), 1.0))
