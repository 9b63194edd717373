"""Any two captioners beside each other: where one is better, benchmark by benchmark, image by image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prism_eval.leaderboard import Leaderboard
from prism_eval.statistics import Comparison, Difference, paired_difference

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


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
    tables = [_Table.of(board, name) for name in board.benchmarks]
    return [
        Pair(
            comparison=comparison,
            benchmarks=tuple(
                None if table is None else table.compare(comparison.first, comparison.second) for table in tables
            ),
        )
        for comparison in board.comparisons
    ]


@dataclass(frozen=True, eq=False)
class _Table:
    """The scores of one benchmark.

    Attributes:
        scores: Shape (rows, items), NaN where a row has none.
        clusters: Shape (items,): numbers of images from 0, dense.
    """

    scores: NDArray[np.float64]
    clusters: NDArray[np.int64]

    @classmethod
    def of(cls, board: Leaderboard, benchmark: str) -> _Table | None:
        """The benchmark's part of the verdicts; ``None`` if nobody has a verdict on it."""
        import numpy as np

        verdicts = board.verdicts
        if benchmark not in verdicts.benchmarks:
            return None
        items = np.flatnonzero(verdicts.items.benchmark == verdicts.benchmarks.index(benchmark))
        rows = [verdicts.captioners.index(row.captioner) for row in board.rows]
        clusters = np.unique(verdicts.items.cluster[items], return_inverse=True)[1]
        return cls(verdicts.matrix[rows][:, items], clusters)

    def compare(self, first: int, second: int) -> OnBenchmark | None:
        import numpy as np

        gaps = self.scores[first] - self.scores[second]
        both = np.flatnonzero(~np.isnan(gaps))
        if not both.size:
            return None
        gaps, clusters = gaps[both], self.clusters[both]
        by_image = np.bincount(clusters, weights=gaps)
        return OnBenchmark(
            difference=paired_difference(self.scores[first, both], self.scores[second, both], clusters),
            # Sums of thirds that cancel out may leave a rounding error, which wins nothing.
            images_won=int((by_image > _ROUNDING).sum()),
            images_lost=int((by_image < -_ROUNDING).sum()),
            only_first=int((gaps > _ROUNDING).sum()),
            only_second=int((gaps < -_ROUNDING).sum()),
        )


_ROUNDING = 1e-9


def as_data(pairs: Sequence[Pair]) -> list[list[object]]:
    """The pairs as the page's script reads them: numbers in points, by place and not by name, since there are many."""
    return [
        [
            pair.comparison.first,
            pair.comparison.second,
            None if pair.comparison.difference is None else _ends(pair.comparison.difference),
            pair.comparison.p < _ALPHA,
            [_numbers(one) for one in pair.benchmarks],
        ]
        for pair in pairs
    ]


_ALPHA = 0.05


def _numbers(one: OnBenchmark | None) -> list[float] | None:
    if one is None:
        return None
    return [*_ends(one.difference), one.images_won, one.images_lost, one.only_first, one.only_second]


def _ends(difference: Difference) -> list[float]:
    # Digits enough that the page rounds them as the tables do.
    return [float(f"{100 * value:.9g}") for value in (difference.value, difference.low, difference.high)]
