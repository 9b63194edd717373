"""Any two captioners beside each other: where one is better, benchmark by benchmark, image by image."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prism_eval.leaderboard import Leaderboard
from prism_eval.statistics import ALPHA, Comparison, Difference, compare_all

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_Places = tuple[int, int]
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class OnBenchmark:
    """Two captioners on the questions of one benchmark that both have a score on.

    Attributes:
        difference: First minus second, with a 95 % interval of its own.
        images_won: Images on which the first scores more, over all their questions.
        images_lost: Images on which the second does.
        only_first: Questions on which the first scores more: right where the second is wrong.
        only_second: Questions on which the second does.
    """

    difference: Difference
    images_won: int
    images_lost: int
    only_first: int
    only_second: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two rows of the leaderboard.

    Attributes:
        comparison: Over all benchmarks; its indices are places in the leaderboard's rows.
        benchmarks: In the leaderboard's order; ``None`` where they share no question.
    """

    comparison: Comparison
    benchmarks: tuple[OnBenchmark | None, ...]


def pairs_of(board: Leaderboard) -> list[Pair]:
    """Every two rows of a leaderboard, compared on each benchmark."""
    places = [(comparison.first, comparison.second) for comparison in board.comparisons]
    found = [_on_benchmark(board, name, places) for name in board.benchmarks]
    return [
        Pair(comparison=comparison, benchmarks=tuple(known.get(pair) for known in found))
        for comparison, pair in zip(board.comparisons, places, strict=True)
    ]


def _on_benchmark(board: Leaderboard, benchmark: str, pairs: Collection[_Places]) -> dict[_Places, OnBenchmark]:
    """What the ranked rows' scores on one benchmark say of each pair that shares questions of it."""
    import numpy as np

    verdicts = board.verdicts
    if benchmark not in verdicts.benchmarks or not pairs:
        return {}
    items = np.flatnonzero(verdicts.items.benchmark == verdicts.benchmarks.index(benchmark))
    rows = [verdicts.captioners.index(row.captioner) for row in board.ranked]
    scores = verdicts.matrix[rows][:, items]
    clusters = np.unique(verdicts.items.cluster[items], return_inverse=True)[1]
    # As if each pair alone had been asked about: a reader who looks at one benchmark wants its own 95 %.
    alone = compare_all(scores, clusters, planned=pairs)
    return {
        (one.first, one.second): _counted(scores[one.first] - scores[one.second], clusters, one.difference)
        for one in alone
        if one.difference is not None
    }


def _counted(gaps: NDArray[np.float64], clusters: NDArray[np.int64], difference: Difference) -> OnBenchmark:
    import numpy as np

    gaps = np.nan_to_num(gaps)
    by_image = np.bincount(clusters, weights=gaps)
    # Sums of thirds that cancel out may leave a rounding error, which wins nothing.
    return OnBenchmark(
        difference=difference,
        images_won=int((by_image > _ROUNDING).sum()),
        images_lost=int((by_image < -_ROUNDING).sum()),
        only_first=int((gaps > _ROUNDING).sum()),
        only_second=int((gaps < -_ROUNDING).sum()),
    )


def as_data(pairs: Sequence[Pair]) -> list[list[object]]:
    """The pairs as the page's script reads them: numbers in points, by place and not by name, since there are many."""
    return [
        [
            pair.comparison.first,
            pair.comparison.second,
            None if pair.comparison.difference is None else _ends(pair.comparison.difference),
            pair.comparison.p < ALPHA,
            [_numbers(one) for one in pair.benchmarks],
        ]
        for pair in pairs
    ]


def _numbers(one: OnBenchmark | None) -> list[float] | None:
    if one is None:
        return None
    return [*_ends(one.difference), one.images_won, one.images_lost, one.only_first, one.only_second]


def _ends(difference: Difference) -> list[float]:
    # Digits enough that the page rounds them as the tables do.
    return [float(f"{100 * value:.9g}") for value in (difference.value, difference.low, difference.high)]
