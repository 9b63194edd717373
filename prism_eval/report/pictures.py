"""The plots of a leaderboard: which of its numbers go into which figure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from prism_eval.leaderboard import Leaderboard, Row
from prism_eval.leaderboard.history import History
from prism_eval.report.figures import (
    SHAPES,
    Mark,
    difference_dots,
    position_lean,
    says_little,
    score_against,
    score_history,
)
from prism_eval.report.pairs import Pair
from prism_eval.report.text import one_line
from prism_eval.statistics import Difference

if TYPE_CHECKING:
    from markupsafe import Markup

_BOOKKEEPING = 0.01
"""Seconds a caption below which no model was at work."""
# As many letters as fit beside a plot.
_TITLE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """Figures as elements of the page; ``None`` where the numbers for one are missing.

    Attributes:
        against: Scores against what they cost, by title.
        curves: How many word-budget curves are in them.
        dots: Differences to the reference by benchmark.
        gaps: The same as numbers: by label, one a benchmark.
        little: Whether some of their intervals are so wide that they say little.
        reference: Whom they are to: the label of the baseline, else of the first.
        lean: Leans towards a position of the options.
        timeline: Scores over the runs.
    """

    against: Mapping[str, Markup]
    curves: int
    dots: Markup | None
    gaps: Mapping[str, Sequence[Difference | None]]
    little: bool
    reference: str
    lean: Markup | None
    timeline: Markup | None


def pictures_of(
    board: Leaderboard, pairs: Sequence[Pair], short: Mapping[str, str], histories: Sequence[History] = ()
) -> Pictures:
    """Draw what a leaderboard has the numbers for.

    Args:
        board: The leaderboard.
        pairs: Its pairs.
        short: The names to write, by label.
        histories: Its entries over their runs.
    """
    reference = board.baseline or (board.rows[0].captioner if board.rows else "")
    views: tuple[tuple[str, str, Callable[[Row], float | None]], ...] = (
        ("words of a caption", "mean words of a caption", lambda row: row.words_mean),
        ("tokens of a caption", "mean tokens of a caption", lambda row: row.tokens_mean),
        ("time of a caption", "seconds a caption", lambda row: row.seconds_mean),
        ("cost of captions", "cost of 1,000 captions", lambda row: row.cost_mean and 1000 * row.cost_mean),
        ("size of the model", "billions of parameters", lambda row: row.size.params_b),
    )
    gaps = _gaps(board, pairs)
    drawn = {title: _against(board, short, across, value) for title, across, value in views}
    return Pictures(
        against={title: picture for title, picture in drawn.items() if picture is not None},
        curves=len(_families(board)),
        dots=_dots(board, gaps, short, reference),
        gaps=gaps,
        little=any(says_little(one) for row in gaps.values() for one in row if one),
        reference=reference,
        lean=_lean(board, short),
        timeline=score_history("timeline", histories[: len(SHAPES)]) if histories else None,
    )


def _against(
    board: Leaderboard, short: Mapping[str, str], across: str, value: Callable[[Row], float | None]
) -> Markup | None:
    marks = {
        row.captioner: Mark(label=short[row.captioner], x=x, score=row.mean, control=bool(row.control))
        for row in board.everyone
        if row.mean is not None and (x := value(row)) is not None
    }
    # Where all stand at one place across, there is no trade to see; nor among times that are bookkeeping.
    entries = {mark.x for mark in marks.values() if not mark.control}
    if len(entries) < 2 or ("seconds" in across and max(entries) < _BOOKKEEPING):
        return None
    families = [[marks[label] for label in family if label in marks] for family in _families(board)]
    curves = [sorted(family, key=lambda mark: mark.x) for family in families if len({mark.x for mark in family}) > 1]
    sizes = "parameters" in across
    return score_against(
        across.replace(" ", "-").replace(",", ""), [*marks.values()], across=across, curves=curves, logarithmic=sizes
    )


def _families(board: Leaderboard) -> list[list[str]]:
    """The captioners that are one captioner cut to several budgets of words, the uncut one among them."""
    families: dict[str, list[str]] = {}
    for captioner in board.manifest.get("captioners", []):
        identity = captioner.get("identity") or {}
        cut = identity.get("plugin") == "budget" and identity.get("parts")
        whole = identity["parts"][0] if cut else identity
        families.setdefault(json.dumps(whole, sort_keys=True), []).append(str(captioner.get("label")))
    return [family for family in families.values() if len(family) > 1]


def _gaps(board: Leaderboard, pairs: Sequence[Pair]) -> dict[str, list[Difference | None]]:
    """By label, the differences to the reference on each benchmark, of as many captioners as are drawn."""
    titles = [column.title for column in board.scores]
    if board.baseline:
        known = {row.captioner: row.against.benchmarks for row in board.ranked if row.against}
    else:
        known = _beside_first(board, pairs, titles)
    first = [*known.items()][: len(SHAPES)]
    return {label: [differences.get(title) for title in titles] for label, differences in first}


def _dots(
    board: Leaderboard, gaps: Mapping[str, Sequence[Difference | None]], short: Mapping[str, str], reference: str
) -> Markup | None:
    if not any(one for row in gaps.values() for one in row):
        return None
    titles = [one_line(column.title, _TITLE) for column in board.scores]
    return difference_dots(
        "dots", titles, {short[label]: row for label, row in gaps.items()}, reference=short[reference]
    )


def _beside_first(
    board: Leaderboard, pairs: Sequence[Pair], titles: Sequence[str]
) -> dict[str, Mapping[str, Difference]]:
    return {
        board.rows[pair.comparison.second].captioner: {
            title: _turned(one.difference) for title, one in zip(titles, pair.benchmarks, strict=True) if one
        }
        for pair in pairs
        if pair.comparison.first == 0
    }


def _turned(difference: Difference) -> Difference:
    return replace(difference, value=-difference.value, low=-difference.high, high=-difference.low)


def _lean(board: Leaderboard, short: Mapping[str, str]) -> Markup | None:
    leaning = [(short[row.captioner], row.positions.lean) for row in board.rows if row.positions is not None]
    return position_lean("lean", dict(leaning[: len(SHAPES)])) if leaning else None
