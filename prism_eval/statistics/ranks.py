"""Ranks as ranges: the places a captioner may hold, given what the data can tell apart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from prism_eval.statistics.families import holm
from prism_eval.statistics.paired import Difference, difference_of
from prism_eval.statistics.sandwich import Design, Spread

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

ALPHA = 0.05
"""The error rate of a whole family of comparisons."""


class RankRange(NamedTuple):
    """The best and the worst place that the data do not rule out, from 1."""

    best: int
    worst: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two rows of a score matrix, compared on the items both have.

    Attributes:
        first: Index of the first row.
        second: Index of the second row.
        difference: First minus second; ``None`` if they share no item. Its interval is at the level of Holm's test of
            this pair, so that it leaves 0 out exactly where ``p`` is under 0.05; its own ``p`` is not corrected.
        p: The p-value after Holm's correction over all comparisons.
    """

    first: int
    second: int
    difference: Difference | None
    p: float

    def winner(self, alpha: float = ALPHA) -> int | None:
        """The row that is better at this error rate, ``None`` if they cannot be told apart."""
        if self.difference is None or self.p >= alpha:
            return None
        return self.first if self.difference.value > 0 else self.second


def compare_all(scores: ArrayLike, clusters: ArrayLike, strata: ArrayLike | None = None) -> tuple[Comparison, ...]:
    """Compare every two rows, paired on the items both have, Holm-corrected as one family.

    Args:
        scores: Shape (rows, items), in [0, 1]; NaN where a row has no score for an item.
        clusters: A label for each item.
        strata: A label for each item.
    """
    import numpy as np

    matrix = np.asarray(scores, dtype=float)
    # Sorting labels costs more than a comparison, and 20 rows make 190 of them: it is done once.
    design = Design.of(clusters, strata)
    pairs = list(combinations(range(matrix.shape[0]), 2))
    spreads = [_spread(matrix[first] - matrix[second], design) for first, second in pairs]
    # A pair that shares nothing was asked about all the same: it counts in the family, as one that shows nothing.
    alone = [1.0 if spread is None else difference_of(spread).p for spread in spreads]
    adjusted = holm(alone)
    levels = [_level(raw, corrected, len(pairs)) for raw, corrected in zip(alone, adjusted, strict=True)]
    return tuple(
        Comparison(first=first, second=second, difference=_difference(spread, level), p=p)
        for (first, second), spread, level, p in zip(pairs, spreads, levels, adjusted, strict=True)
    )


def rank_ranges(rows: int, comparisons: Iterable[Comparison], *, alpha: float = ALPHA) -> tuple[RankRange, ...]:
    """Each row's places: behind all that beat it for certain, ahead of all that it beats for certain.

    The construction of Al Mohamad, Goeman and van Zwet (Biometrics, 2022): with the comparisons' family-wise error at
    alpha, all ranges hold together with probability 1 - alpha.
    """
    better, worse = [0] * rows, [0] * rows
    for comparison in comparisons:
        winner = comparison.winner(alpha)
        if winner is not None:
            loser = comparison.second if winner == comparison.first else comparison.first
            worse[winner] += 1
            better[loser] += 1
    return tuple(RankRange(1 + above, rows - below) for above, below in zip(better, worse, strict=True))


def _level(p: float, corrected: float, pairs: int) -> float:
    """The level of an interval that leaves 0 out exactly where the corrected p-value is under `ALPHA`."""
    # Holm has multiplied p by so much, which is the same as testing it at so much less. Where there is nothing to
    # divide, or the product was cut to 1, Bonferroni's factor is at least as large and says the same.
    factor = corrected / p if p > 0 and corrected < 1 else pairs
    return 1 - ALPHA / factor


def _difference(spread: Spread | None, level: float) -> Difference | None:
    return None if spread is None else difference_of(spread, level=level)


def _spread(differences: NDArray[np.float64], design: Design) -> Spread | None:
    import numpy as np

    both = np.flatnonzero(~np.isnan(differences))
    return design.spread(differences[both], rows=both, floor=False) if both.size else None
