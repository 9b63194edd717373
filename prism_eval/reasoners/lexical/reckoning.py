"""Answers that take a table: looking a value up, the extremes, counting, comparing, and sums of a few values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean, median
from typing import NamedTuple

from prism_eval.reasoners.lexical.question import Question, Wanted
from prism_eval.reasoners.lexical.table import Name, Table, Value
from prism_eval.reasoners.lexical.tokens import number_text
from prism_eval.reasoners.lexical.vocabulary import EXTREMES, ORDINALS

_THRESHOLD = re.compile(
    r"\b(?:(?P<over>above|over|more than|greater than|higher than)|below|under|less than|fewer than|lower than)"
    r" \D{0,3}(?P<limit>\d+(?:\.\d+)?)"
)
_COUNT = re.compile(r"\bhow many \w+( \w+)? (are|is|have|has|were|was|does|do)\b")
_ALL = re.compile(r"\b(all|bars|values|segments|every)\b")
_RANKED = re.compile(r"\b(rank(s|ed)?|place[ds]?|position|most)\b")
_SUM = re.compile(r"\b(sum|add|added|total|combined|together|altogether)\b")
_DIFFERENCE = re.compile(r"\b(differen(ce|t)|gap|minus|deduct|how (much|many) more)\b")
_MEAN = re.compile(r"\b(average|mean)\b")
_MEDIAN = re.compile(r"\bmedian\b")
_RATIO = re.compile(r"\bratio\b")


class _Point(NamedTuple):
    """A value with the names of its row and, in a table of several series, of its series."""

    row: Name
    series: Name | None
    value: Value


@dataclass(frozen=True, slots=True)
class _Case:
    """A question beside a table.

    Attributes:
        question: What is asked.
        named: The points whose row the question names, in its order; where it names series, of those alone.
        points: The points of the series that the question names; all where it names none.
        direction: 1 if it asks for the highest, -1 for the lowest, 0 for neither; names are not taken for this.
        both: Whether it asks for the highest and the lowest.
    """

    question: Question
    named: list[_Point]
    points: list[_Point]
    direction: int
    both: bool


def reckon(question: Question, table: Table) -> str | None:
    """The answer that the table gives; ``None`` if it gives none."""
    if not table.rows:
        return None
    case = _case(question, table)
    rules = (_compared,) if question.wanted is Wanted.YES_NO else _RULES
    return next((answer for rule in rules if (answer := rule(case)) is not None), None)


def _case(question: Question, table: Table) -> _Case:
    series = _held(question, table.series)
    rows = _held(question, (row.name for row in table.rows))
    points = [
        _Point(row.name, name, value)
        for row in table.rows
        # A row may be shorter than the header: a value was not read.
        for name, value in zip(table.series or (None,) * len(row.values), row.values, strict=False)
        if not series or name in series
    ]
    # "Top" or "total" may be part of a row's own name, and then it asks for nothing.
    own = frozenset[str]().union(*(name.keys for name in (*series, *rows)))
    directions = [EXTREMES[key] for key in question.keys if key in EXTREMES and key not in own]
    named = sorted((point for point in points if point.row in rows), key=lambda point: _mention(question, point))
    return _Case(question, named, points, directions[0] if directions else 0, {1, -1} <= set(directions))


def _held(question: Question, names: Iterable[Name]) -> set[Name]:
    """The names that the question holds, except those that are part of a longer one."""
    keys = question.keys.keys()
    held = {name for name in names if name.keys <= keys or name.core <= keys}
    cores = {name.core for name in held}
    return {name for name in held if not any(name.core < core for core in cores)}


def _mention(question: Question, point: _Point) -> tuple[int, int]:
    """Where the question first names the point's row, and its series."""
    places = [
        min((question.keys[key].start for key in name.keys & question.keys.keys()), default=0)
        for name in (point.row, point.series or point.row)
    ]
    return places[0], places[1]


def _compared(case: _Case) -> str | None:
    """Whether the sum, mean or median is over or under what a yes-or-no question says."""
    match = _THRESHOLD.search(case.question.text)
    points = case.named or (case.points if _ALL.search(case.question.text) else [])
    measure = number_text(points[0].value.worth) if len(points) == 1 else _combined(case.question.text, points)
    if not match or measure is None:
        return None
    return "Yes" if _passes(float(measure), match) else "No"


def _passes(worth: float, threshold: re.Match[str]) -> bool:
    limit = float(threshold["limit"])
    return worth > limit if threshold["over"] else worth < limit


def _counted(case: _Case) -> str | None:
    """How many values are over or under a limit, or how many rows there are."""
    text = case.question.text
    if "how many" not in text or case.named:
        return None
    match = _THRESHOLD.search(text)
    if match:
        return str(sum(_passes(point.value.worth, match) for point in case.points))
    return str(len({point.row for point in case.points})) if _COUNT.search(text) else None


def _of_named(case: _Case) -> str | None:
    """The sum, mean, difference ... of the values named: several rows of a series, or several series of a row."""
    # Several rows of several series are a table, not the terms of a sum.
    rows, series = {point.row for point in case.named}, {point.series for point in case.named}
    return _combined(case.question.text, case.named) if min(len(rows), len(series)) == 1 < len(case.named) else None


def _of_extremes(case: _Case) -> str | None:
    if not case.both or not case.points:
        return None
    ordered = sorted(case.points, key=lambda point: point.value.worth)
    return _combined(case.question.text, [ordered[-1], ordered[0]])


def _extreme(case: _Case) -> str | None:
    """The name or the value of the highest, the second lowest, and so on."""
    text, keys = case.question.text, case.question.keys
    rank = next((ORDINALS[key] for key in keys if key in ORDINALS), 0)
    # An ordinal counts from the top only where something is ranked: "the second panel" is a place.
    direction = case.direction or (1 if rank and _RANKED.search(text) else 0)
    points = case.named if len(case.named) > 1 else case.points
    if not direction or _DIFFERENCE.search(text) or len(points) < max(rank, 2):
        return None
    point = sorted(points, key=lambda point: -direction * point.value.worth)[max(rank, 1) - 1]
    if case.question.wanted is Wanted.NUMBER:
        return point.value.text
    return point.series.text if case.named and point.series else point.row.text


def _of_all(case: _Case) -> str | None:
    text = case.question.text
    if case.named or len(case.points) < 2:
        return None
    if _MEDIAN.search(text):
        return number_text(median(point.value.worth for point in case.points))
    return _combined(text, case.points) if _ALL.search(text) else None


def _name_of(case: _Case) -> str | None:
    """Which row has a value that the question states."""
    if case.question.wanted not in (Wanted.NAME, Wanted.YEAR):
        return None
    stated = {token.value for token in case.question.keys.values() if token.value is not None}
    # A value that two rows share names neither.
    names = {point.row.text for point in case.points if point.value.worth in stated}
    return names.pop() if len(names) == 1 else None


def _looked_up(case: _Case) -> str | None:
    wants_value = case.question.wanted in (Wanted.NUMBER, Wanted.ANYTHING)
    return case.named[0].value.text if len(case.named) == 1 and wants_value else None


# The first that answers. Looking up comes last: questions that compare or add name rows too.
_RULES = (_counted, _of_named, _of_extremes, _extreme, _of_all, _name_of, _looked_up)


def _combined(text: str, points: list[_Point]) -> str | None:
    worths = [point.value.worth for point in points]
    if not worths:
        return None
    if _MEAN.search(text):
        return number_text(fmean(worths))
    if _SUM.search(text):
        return number_text(sum(worths))
    # Neither of the two below means anything for more.
    if len(worths) != 2:
        return None
    if _DIFFERENCE.search(text):
        return number_text(abs(worths[0] - worths[1]))
    return number_text(worths[0] / worths[1]) if _RATIO.search(text) and worths[1] else None
