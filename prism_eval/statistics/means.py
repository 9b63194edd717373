"""The mean of clustered scores in [0, 1], with an interval that stays honest at 0 and 1."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prism_eval.statistics.sandwich import Design
from prism_eval.statistics.student import critical

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

FEW_CLUSTERS = 20
"""Below this many clusters a cluster-robust interval is only a rough guide (Cameron and Miller 2015, section VI)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A mean score and its confidence interval, all in [0, 1].

    Attributes:
        value: The mean.
        error: Its cluster-robust standard error.
        low: Lower end of the interval.
        high: Upper end of the interval.
        items: Observations behind it.
        clusters: Distinct clusters (images) behind it.
    """

    value: float
    error: float
    low: float
    high: float
    items: int
    clusters: int

    @property
    def half_width(self) -> float:
        """Half the interval's width; the interval is not centred on the mean near 0 and 1."""
        return (self.high - self.low) / 2

    @property
    def few(self) -> bool:
        """Whether there are too few clusters for the interval to be more than a rough guide."""
        return self.clusters < FEW_CLUSTERS


def clustered_mean(
    values: ArrayLike, clusters: ArrayLike, strata: ArrayLike | None = None, *, level: float = 0.95
) -> Estimate:
    """Mean of scores in [0, 1] with a cluster-robust interval.

    The interval is Wilson's (1927) at the effective sample size p(1-p)/variance, as for complex surveys (Dean and
    Pagano 2015), with a t quantile: it never leaves [0, 1] and has a width even when every score is 0 or 1, where the
    effective size is taken to be the number of clusters. With a single cluster nothing is known: it is [0, 1].

    Args:
        values: Shape (n,), each in [0, 1].
        clusters: n labels; observations with one label are not independent.
        strata: n labels: the mean of the strata's means is estimated (benchmarks that weigh the same).
        level: Confidence level.

    Raises:
        ValueError: No values, a value outside [0, 1], or lengths that differ.
    """
    import numpy as np

    array = np.asarray(values, dtype=float)
    spread = Design.of(clusters, strata).spread(array)
    if array.min() < 0 or array.max() > 1:
        raise ValueError(f"a score lies in [0, 1]; these reach from {array.min():g} to {array.max():g}")
    low, high = 0.0, 1.0
    # The spread between clusters is all there is to go by, and one cluster has none.
    if spread.degrees > 0:
        bernoulli = spread.value * (1 - spread.value)
        # p(1-p) is 0 where all scores are 0 or 1, and so says nothing of how much was seen; the clusters do.
        size = bernoulli / spread.variance if bernoulli > 1e-12 else float(spread.clusters)
        low, high = wilson(spread.value, size, critical(level, spread.degrees))
    return Estimate(
        value=spread.value,
        error=math.sqrt(spread.variance),
        low=low,
        high=high,
        items=spread.items,
        clusters=spread.clusters,
    )


def wilson(share: float, size: float, quantile: float) -> tuple[float, float]:
    """Wilson's interval of a share seen in ``size`` observations (a real number), clipped to [0, 1]."""
    # As if z^2 more had been seen, half of them right: the centre moves to 1/2, and no end leaves [0, 1].
    pull = quantile**2 / size
    centre = (share + pull / 2) / (1 + pull)
    reach = math.sqrt(share * (1 - share) * pull + pull**2 / 4) / (1 + pull)
    # Rounding can put an end of the interval on the wrong side of the share itself, at 0 and at 1.
    return max(0.0, min(centre - reach, share)), min(1.0, max(centre + reach, share))
