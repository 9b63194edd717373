"""The mean of clustered scores in [0, 1], with an interval that stays honest at 0 and 1."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prism_eval.statistics.design import Design
from prism_eval.statistics.wilson import score_intervals, score_spread

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

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

    Of one stratum the interval is Wilson's (1927) at the effective sample size, as for complex surveys (Dean and Pagano
    2015), with a t quantile: it never leaves [0, 1] and has a width even when every score is 0 or 1. Few images show
    too small a spread as often as not, so that the design effect is held up. With a single cluster nothing is known: it
    is [0, 1]. How strata are put together is told in `score_intervals`.

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
    design = Design.of(clusters, strata)
    check(array, design)
    if array.min() < 0 or array.max() > 1:
        raise ValueError(f"a score lies in [0, 1]; these reach from {array.min():g} to {array.max():g}")
    totals = design.totals(array[None])
    seen = score_spread(design, totals)
    low, high = score_intervals(design, totals, level)[:, 0].tolist()
    return Estimate(
        value=float(seen.value[0]),
        error=math.sqrt(seen.variance[0]),
        low=low,
        high=high,
        items=array.size,
        clusters=design.clusters,
    )


def check(values: NDArray[np.float64], design: Design) -> None:
    """Refuse what has no mean.

    Raises:
        ValueError: No values, a value that is not finite, or not as many as the design has.
    """
    import numpy as np

    if values.ndim != 1 or values.size == 0:
        raise ValueError(f"a mean needs a flat, non-empty array of scores, not shape {values.shape}")
    if design.cell.shape != values.shape:
        raise ValueError("each score needs one cluster and one stratum: the lengths differ")
    if not np.isfinite(values).all():
        raise ValueError("a score is not a finite number")
