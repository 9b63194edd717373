"""Ranks as ranges: the places a captioner may hold, given what the data can tell apart."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from prism_eval.statistics.families import ALPHA
from prism_eval.statistics.pairs import Comparison


class RankRange(NamedTuple):
    """The best and the worst place that the data do not rule out, from 1."""

    best: int
    worst: int


def rank_ranges(rows: int, comparisons: Iterable[Comparison], *, alpha: float = ALPHA) -> tuple[RankRange, ...]:
    """Each row's places: behind all that beat it for certain, ahead of all that it beats for certain.

    The construction of Al Mohamad, Goeman and van Zwet (Biometrics, 2022): with the comparisons' family-wise error at
    alpha, all ranges hold together with probability 1 - alpha. Planned comparisons count in that family too.
    """
    better, worse = [0] * rows, [0] * rows
    for comparison in comparisons:
        if comparison.difference is not None and comparison.family_p < alpha:
            pair = comparison.first, comparison.second
            winner, loser = pair if comparison.difference.value > 0 else pair[::-1]
            worse[winner] += 1
            better[loser] += 1
    return tuple(RankRange(1 + above, rows - below) for above, below in zip(better, worse, strict=True))
