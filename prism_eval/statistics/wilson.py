"""Wilson's interval of scores that come in clusters and strata."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prism_eval.statistics.design import Design
from prism_eval.statistics.spread import Spread, spread

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_Z2 = 3.841458820694124
"""Square of the normal quantile at 95 %: the pseudo-observations that Agresti and Coull add."""
_PRIOR_CORRELATION, _PRIOR_IMAGES = 0.3, 10
"""What the questions of an image are taken to have in common, until more images than these say otherwise."""
_SPARE_DEGREES = 6
"""A variance seen in c images that hold the rarer outcome has no more degrees of freedom than c and these."""


def score_spread(design: Design, totals: NDArray[np.float64]) -> Spread:
    """The spread of scores, floored where a stratum's are all equal: "all of a few right" is not "certain".

    The floor is the variance of Agresti and Coull (1998) at one observation a cluster.

    Args:
        design: Strata and clusters.
        totals: Shape (rows, cells), sums of scores in [0, 1].
    """
    means = design.by_stratum(totals) / design.items
    return spread(design, totals, _shrunk(means, design.images) / (design.images + _Z2))


def score_intervals(design: Design, totals: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    """Intervals of the means of strata means, of several sets of scores of one design.

    Each end is the further one of two: of the stratified Wilson interval (Yan and Su 2010), which knows what values the
    mean of each stratum may have, and of Wilson's at the effective size of all strata, which does not take a stratum
    for certain because few images happen to be all right. Of one stratum they are the same.

    Args:
        design: Strata and clusters.
        totals: Shape (rows, cells), sums of scores in [0, 1].
        level: Confidence level.

    Returns:
        Shape (2, rows): lower and upper ends.
    """
    import numpy as np

    several = design.images > 1
    if not several.any():
        return np.array([[0.0], [1.0]]).repeat(len(totals), axis=1)
    seen = score_spread(design, totals)
    means = (design.by_stratum(totals) / design.items)[:, several]
    sizes, degrees = (part[:, several] for part in _effective(design, totals, seen.own))
    # What strata share makes the interval of their mean wider; that it makes one narrower may be chance.
    together = np.sqrt(np.maximum(seen.shared / seen.own.sum(axis=1), 1.0))
    # Errors of strata add up by their squares, the ends of their intervals do not: so much shorter must each be.
    each = _shrunk(means, sizes) / sizes
    shorter = together * _quantiles(each, degrees, level) * np.sqrt(each.sum(axis=1)) / np.sqrt(each).sum(axis=1)
    apart = np.mean(wilson(means, sizes, shorter[:, None]), axis=2)
    mean, own = means.mean(axis=1), seen.own[:, several] / several.mean() ** 2
    # A stratum without spread may be as unlike its score as all of them together may be unlike theirs, and no more: its
    # own floor, beside a mean that is nearly 0 or 1, would make the suite worth a handful of observations.
    one = _shrunk(mean, sizes.sum(axis=1))
    alike = one[:, None] / sizes / means.shape[1] ** 2
    own = np.where(_constant(means), np.minimum(own, alike), own)
    at_once = wilson(mean, one / own.sum(axis=1), together * _quantiles(own, degrees, level))
    # The mean of a benchmark of one image may be anything.
    unknown = 1 - several.mean()
    low, high = np.minimum(apart[0], at_once[0]), np.maximum(apart[1], at_once[1])
    return np.array([(1 - unknown) * low, (1 - unknown) * high + unknown])


def _quantiles(variances: NDArray[np.float64], degrees: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    """By row, the t quantile at Satterthwaite's degrees of freedom of a sum of variances."""
    from scipy.special import stdtrit

    free = variances.sum(axis=1) ** 2 / (variances**2 / degrees).sum(axis=1)
    quantiles: NDArray[np.float64] = stdtrit(free, (1 + level) / 2)
    return quantiles


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


def _constant(means: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether all scores are 0 or all 1: p(1-p) is 0 then, and says nothing of how much was seen."""
    constant: NDArray[np.bool_] = means * (1 - means) < 1e-12
    return constant


def _shrunk(shares: NDArray[np.float64], sizes: NDArray[np.float64] | NDArray[np.intp]) -> NDArray[np.float64]:
    """The variance of one observation, of the share that its interval is centred on, which is never 0 nor 1."""
    centre = (shares * sizes + _Z2 / 2) / (sizes + _Z2)
    return centre * (1 - centre)


def _effective(
    design: Design, totals: NDArray[np.float64], own: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How many independent observations each stratum's scores are worth, and their variance's degrees of freedom.

    The design effect seen is shrunk towards that of a correlation of 0.3 within images, with the weight of ten images,
    and never taken to be under what was seen: where few images hold the rarer outcome, it is mostly seen too small.

    Returns:
        Two arrays of shape (rows, strata).
    """
    import numpy as np

    means = design.by_stratum(totals) / design.items
    constant = _constant(means)
    size = np.where(constant, design.images, means * (1 - means) / (own * len(design.labels) ** 2))
    effect = np.log(design.items / size)
    rarer = np.minimum(_worth(design, totals > 0), _worth(design, totals < design.counts))
    an_image = design.by_stratum(design.counts[None] ** 2)[0] / design.items
    prior = np.log(1 + (an_image - 1) * _PRIOR_CORRELATION)
    held = np.maximum(effect, (rarer * effect + _PRIOR_IMAGES * prior) / (rarer + _PRIOR_IMAGES))
    # Of one question an image the variance is known from the mean alone.
    known = constant & (design.items == design.images)
    degrees = np.where(known, design.degrees, np.minimum(design.degrees, rarer + _SPARE_DEGREES))
    return design.items / np.exp(held), degrees


def _worth(design: Design, holding: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How many images hold an outcome, (rows, cells) to (rows, strata); fewer where a few of them have most questions.

    A variance is then seen in those few. It matters from a factor of two on.
    """
    import numpy as np

    variance = design.counts * (1 + (design.counts - 1) * _PRIOR_CORRELATION)
    held = holding.astype(float)
    images, sums, squares = (design.by_stratum(weighed) for weighed in (held, held * variance, held * variance**2))
    # Kish's (1965) effective number: of images that weigh the same it is how many there are.
    worth = np.divide(sums**2, squares, out=np.zeros_like(sums), where=squares > 0)
    return np.where(2 * worth < images, worth, images)
