"""The plots of a leaderboard: which of its numbers go into which figure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prism_eval.leaderboard import Leaderboard, Row
from prism_eval.report.figures import SHAPES, Mark, difference_dots, position_lean, score_against
from prism_eval.report.pairs import Pair
from prism_eval.report.text import one_line
from prism_eval.statistics import Difference

if TYPE_CHECKING:
    from markupsafe import Markup

# As many letters as fit beside a plot.
_TITLE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """Figures as elements of the page; ``None`` where the numbers for one are missing.

    Attributes:
        length: Scores against the words of a caption.
        curves: How many word-budget curves are in it.
        dots: Differences to the reference by benchmark.
        lean: Leans towards a position of the options.
    """

    length: Markup | None
    curves: int
    dots: Markup | None
    lean: Markup | None


def pictures_of(board: Leaderboard, pairs: Sequence[Pair], short: Mapping[str, str], reference: int) -> Pictures:
    """Draw what a leaderboard has the numbers for.

    Args:
        board: The leaderboard.
        pairs: Its pairs.
        short: The names to write, by label.
        reference: The place of the row that others are compared with.
    """
    curves = _curves(board, short)
    return Pictures(
        length=_length(board, curves, short),
        curves=len(curves),
        dots=_dots(board, pairs, short, reference),
        lean=_lean(board, short),
    )


def _marks(rows: Sequence[Row], short: Mapping[str, str]) -> dict[str, Mark]:
    return {
        row.captioner: Mark(label=short[row.captioner], x=row.words_mean, score=row.mean)
        for row in rows
        if row.mean is not None and row.words_mean is not None
    }


def _length(board: Leaderboard, curves: Sequence[Sequence[Mark]], short: Mapping[str, str]) -> Markup | None:
    marks = [*_marks(board.rows, short).values()]
    # One dot shows no trade.
    if len(marks) < 2:
        return None
    return score_against("length", marks, across="mean words of a caption", curves=curves)


def _curves(board: Leaderboard, short: Mapping[str, str]) -> list[list[Mark]]:
    """The captioners that are one captioner cut to several budgets of words, the uncut one among them."""
    marks = _marks(board.rows, short)
    families: dict[str, list[Mark]] = {}
    for captioner in board.manifest.get("captioners", []):
        identity = captioner.get("identity") or {}
        budgeted = identity.get("plugin") == "budget" and identity.get("parts")
        whole = identity["parts"][0] if budgeted else identity
        if mark := marks.get(str(captioner.get("label"))):
            families.setdefault(json.dumps(whole, sort_keys=True), []).append(mark)
    return [sorted(family, key=lambda mark: mark.x) for family in families.values() if len(family) > 1]


def _dots(board: Leaderboard, pairs: Sequence[Pair], short: Mapping[str, str], reference: int) -> Markup | None:
    titles = [one_line(column.title, _TITLE) for column in board.scores]
    series: dict[str, list[Difference | None]] = {}
    for pair in pairs:
        places = pair.comparison.first, pair.comparison.second
        if reference not in places or len(series) == len(SHAPES):
            continue
        other = next(place for place in places if place != reference)
        known = [None if one is None else one.difference for one in pair.benchmarks]
        turned = known if places[0] == other else [one and _turned(one) for one in known]
        series[short[board.rows[other].captioner]] = turned
    if not any(one for known in series.values() for one in known):
        return None
    return difference_dots("dots", titles, series, reference=short[board.rows[reference].captioner])


def _turned(difference: Difference) -> Difference:
    from dataclasses import replace

    return replace(difference, value=-difference.value, low=-difference.high, high=-difference.low)


def _lean(board: Leaderboard, short: Mapping[str, str]) -> Markup | None:
    leaning = [(short[row.captioner], row.positions) for row in board.rows if row.positions is not None]
    return position_lean("lean", dict(leaning[: len(SHAPES)])) if leaning else None
