"""The mean of clustered scores in [0, 1], with an interval that stays honest at 0 and 1."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prism_eval.statistics.design import Design
from prism_eval.statistics.spread import spread

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

FEW_CLUSTERS = 20
"""Below this many clusters a cluster-robust interval is only a rough guide (Cameron and Miller 2015, section VI)."""

_Z2 = 3.841458820694124
"""Square of the normal quantile at 95 %: the pseudo-observations that Agresti and Coull add."""
_PRIOR_CORRELATION, _PRIOR_IMAGES = 0.3, 10
"""What the questions of an image are taken to have in common, until more images than these say otherwise."""
_SPARE_DEGREES = 6
"""A variance seen in c images that hold the rarer outcome has no more degrees of freedom than c and these."""


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
    too small a spread as often as not, so that the design effect is held up, see `_effective`. With a single cluster
    nothing is known: it is [0, 1]. The intervals of several strata are put together as Zou and Donner (2008) do.

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
    value, variance, low, high = score_intervals(design, design.totals(array[None]), level)[:, 0].tolist()
    return Estimate(
        value=value, error=math.sqrt(variance), low=low, high=high, items=array.size, clusters=design.clusters
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


def score_intervals(design: Design, totals: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    """Mean, variance and interval of several sets of scores of one design.

    Args:
        design: Strata and clusters.
        totals: Shape (rows, cells), sums of scores in [0, 1].
        level: Confidence level.

    Returns:
        Shape (4, rows): means, variances, lower and upper ends.
    """
    import numpy as np
    from scipy.special import stdtrit

    means = design.by_stratum(totals) / design.items
    seen = spread(design, totals, _shrunk(means, design.images) / (design.images + _Z2))
    sizes, degrees = _effective(design, totals, means, seen.own)
    own = _shrunk(means, sizes) / sizes
    alone = design.images < 2
    # One image says nothing, and its benchmark's interval is [0, 1]; the quantile is that of the others.
    weights = np.where(alone & ~alone.all(), 0.0, own)
    quantiles = stdtrit(weights.sum(axis=1) ** 2 / (weights**2 / degrees).sum(axis=1), (1 + level) / 2)
    low, high = wilson(means, sizes, quantiles[:, None])
    low, high = np.where(alone, 0.0, low), np.where(alone, 1.0, high)
    # What strata share makes the interval of their mean wider; that it makes one narrower may be chance.
    together = np.maximum(seen.shared / seen.own.sum(axis=1), 1.0)
    down, up = (np.sqrt(together * ((end - means) ** 2).sum(axis=1)) / len(design.labels) for end in (low, high))
    value = means.mean(axis=1)
    return np.array([value, seen.variance, np.maximum(value - down, 0.0), np.minimum(value + up, 1.0)])


def wilson(
    share: NDArray[np.float64], size: NDArray[np.float64], quantile: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Wilson's intervals of shares seen in ``size`` observations (real numbers), clipped to [0, 1]."""
    import numpy as np

    # As if z^2 more had been seen, half of them right: the centre moves to 1/2, and no end leaves [0, 1].
    pull = quantile**2 / size
    centre = (share + pull / 2) / (1 + pull)
    reach = np.sqrt(share * (1 - share) * pull + pull**2 / 4) / (1 + pull)
    # Rounding can put an end of the interval on the wrong side of the share itself, at 0 and at 1.
    return np.clip(centre - reach, 0.0, share), np.clip(centre + reach, share, 1.0)


def _shrunk(shares: NDArray[np.float64], sizes: NDArray[np.float64] | NDArray[np.intp]) -> NDArray[np.float64]:
    """The variance of one observation, of the share that its interval is centred on, which is never 0 nor 1."""
    centre = (shares * sizes + _Z2 / 2) / (sizes + _Z2)
    return centre * (1 - centre)


def _effective(
    design: Design, totals: NDArray[np.float64], means: NDArray[np.float64], own: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How many independent observations each stratum's scores are worth, and their variance's degrees of freedom.

    The design effect seen is shrunk towards that of a correlation of 0.3 within images, with the weight of ten images,
    and never taken to be under what was seen: where few images hold the rarer outcome, it is mostly seen too small.

    Returns:
        Two arrays of shape (rows, strata).
    """
    import numpy as np

    strata = len(design.labels)
    bernoulli = means * (1 - means)
    # p(1-p) is 0 where all scores are 0 or 1, and so says nothing of how much was seen; the clusters do.
    constant = bernoulli < 1e-12
    size = np.where(constant, design.images, bernoulli / (own * strata**2))
    effect = np.log(design.items / size)
    rarer = np.minimum(
        design.by_stratum((totals > 0).astype(float)), design.by_stratum((totals < design.counts).astype(float))
    )
    an_image = design.by_stratum(design.counts[None] ** 2)[0] / design.items
    prior = np.log(1 + (an_image - 1) * _PRIOR_CORRELATION)
    held = np.maximum(effect, (rarer * effect + _PRIOR_IMAGES * prior) / (rarer + _PRIOR_IMAGES))
    # Of one question an image the variance is known from the mean alone.
    known = constant & (design.items == design.images)
    degrees = np.where(known, design.degrees, np.minimum(design.degrees, rarer + _SPARE_DEGREES))
    return design.items / np.exp(held), degrees
