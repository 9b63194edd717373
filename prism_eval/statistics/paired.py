"""The difference of two captioners on the same items."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prism_eval.statistics.sandwich import Design, Spread
from prism_eval.statistics.student import critical, two_sided

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A mean paired difference, its interval and the p-value of "there is none".

    Attributes:
        value: First minus second, in [-1, 1].
        error: Its cluster-robust standard error.
        low: Lower end of the interval.
        high: Upper end of the interval.
        p: Two-sided p-value.
        items: Pairs.
        clusters: Distinct clusters among them.
    """

    value: float
    error: float
    low: float
    high: float
    p: float
    items: int
    clusters: int


def paired_difference(
    first: ArrayLike,
    second: ArrayLike,
    clusters: ArrayLike,
    strata: ArrayLike | None = None,
    *,
    level: float = 0.95,
) -> Difference:
    """Mean of ``first - second`` item by item, with a cluster-robust t interval and test.

    The paired analysis of arXiv 2411.00640, clustered. Where all pairs differ by the same amount the data show no
    spread: the interval is then that of Clopper and Pearson (1934) on how many clusters may behave differently, and the
    p-value the one of the test it comes from, which for a clean sweep is the sign test on clusters. Either way the
    interval of a level leaves 0 out exactly where p is under one minus that level.

    Args:
        first: Shape (n,), scores in [0, 1].
        second: Shape (n,), scores of the same items in the same order.
        clusters: n labels.
        strata: n labels; the mean of the strata's mean differences is estimated.
        level: Confidence level.

    Raises:
        ValueError: No pairs, a value that is not finite, or lengths that differ.
    """
    import numpy as np

    left, right = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if left.shape != right.shape:
        raise ValueError(f"pairs need as many first scores as second ones, not {left.shape} and {right.shape}")
    return difference_of(Design.of(clusters, strata).spread(left - right, floor=False), level=level)


_ROUNDING = 1e-9
"""A standard error of scores in [0, 1] below which it is the computer's arithmetic."""


def difference_of(spread: Spread, *, level: float = 0.95) -> Difference:
    """What a spread of paired differences says, see `paired_difference`."""
    # Where nothing varies the sandwich is 0, and a t statistic of x/0 would claim certainty from a handful of images.
    # It is 0 too, but for rounding, where what is unlike in each image cancels out there.
    flat = spread.constant or math.sqrt(spread.variance) < _ROUNDING
    reach, p = _degenerate(spread, level) if flat else _tested(spread, level)
    return Difference(
        value=spread.value,
        error=math.sqrt(spread.variance),
        # A t interval does not know that a difference of scores ends at 1.
        low=max(-1.0, spread.value - reach),
        high=min(1.0, spread.value + reach),
        p=p,
        items=spread.items,
        clusters=spread.clusters,
    )


def _tested(spread: Spread, level: float) -> tuple[float, float]:
    error = math.sqrt(spread.variance)
    return critical(level, spread.degrees) * error, two_sided(spread.value / error, spread.degrees)


def _degenerate(spread: Spread, level: float) -> tuple[float, float]:
    # One image decides nothing: any difference in [-1, 1] may hold elsewhere.
    if spread.degrees == 0:
        return 2.0, 1.0
    # No cluster of G behaved differently: shares of those that would are ruled out from where (1 - share)^G < alpha/2.
    share = 1 - ((1 - level) / 2) ** (1 / spread.clusters)
    # Those would differ by 1 the other way, at worst, and so move the difference by 1 and itself. It is gone at the
    # share |d| / (1 + |d|), whose alpha is p: for d = 1 the chance of G coins on one side, 2 * 2^-G.
    size = 1 + abs(spread.value)
    return share * size, min(1.0, 2 * size**-spread.clusters)
