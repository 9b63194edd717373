"""The difference of two captioners of which one was asked only a random part of the images."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from prism_eval.statistics.design import Design
from prism_eval.statistics.means import FEW_CLUSTERS
from prism_eval.statistics.paired import Difference, paired_difference, testable
from prism_eval.statistics.spread import contributions
from prism_eval.statistics.student import critical, two_sided

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

_NOTHING = 1e-24
"""Sums of squares of equal scores differ by rounding: this is far above it."""


def subsample_difference(
    first: ArrayLike, second: ArrayLike, clusters: ArrayLike, strata: ArrayLike | None = None, *, level: float = 0.95
) -> Difference:
    """Mean of ``first - second`` where ``first`` is known on a random sample of clusters, ``second`` on all.

    The regression estimator of survey sampling (Cochran 1977, ch. 7): by how much the sample happens to be easy is seen
    in the second's scores, and taken off in so far as the first's go with them. In a stratum with means y and x of the
    sample and X of all, it is (y - x) + (1 - b)(x - X). The slope b makes what is left of the first's contributions to
    the error, psi_y - b psi_x, as small as it can be, and of the error only that depends on the sample: (1 - b) psi_X
    stays that of all clusters. Asked everywhere, it is the paired difference, and its error that one's.

    A stratum of fewer than `FEW_CLUSTERS` sampled clusters keeps the slope 1, the paired difference: it would be noise.

    Args:
        first: Shape (n,), scores in [0, 1]; NaN where it was not asked. Which clusters were asked must not depend on
            anybody's answers.
        second: Shape (n,), the other's scores of the same items.
        clusters: n labels.
        strata: n labels; the mean of the strata's differences is estimated. One of which none was asked is left out.
        level: Confidence level.

    Raises:
        ValueError: No pair, a value that is not finite, or lengths that differ.
    """
    import numpy as np

    left, right = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    own, names, asked = np.asarray(clusters), _labels(strata, left.size), ~np.isnan(left)
    pairs = paired_difference(left[asked], right[asked], own[asked], names[asked], level=level)
    # What tells nothing in a test of the sample tells nothing here.
    tested = np.isin(names, testable(Design.of(own[asked], names[asked]))[0].labels)
    everywhere, asked = Design.of(own[tested], names[tested]), asked[tested]
    sample = everywhere.on(asked)
    seen = sample.totals(np.stack([left[tested][asked], right[tested][asked]]))
    whole = everywhere.totals(right[tested][None])
    fit = _fitted(sample, seen)
    (means,), (others,) = sample.by_stratum(seen[1:]) / sample.items, everywhere.by_stratum(whole) / everywhere.items
    value = pairs.value + float(((1 - fit.slopes) * (means - others)).mean())
    # What each image adds to the error: those of the sample by what is left of them, all by what they would add anyway.
    parts = (fit.slopes - 1)[everywhere.stratum] * contributions(everywhere, whole)[0]
    parts[np.bincount(everywhere.cell[asked], minlength=parts.size) > 0] += fit.left
    # Only what was seen to vary is spared: what errors are held up by, where few images differ, stays.
    spared = _squares(sample, fit.apart) - _squares(everywhere, parts)
    error, held = (math.sqrt(spread**2 - spared) for spread in (pairs.error, pairs.held_error))
    # One image decides nothing.
    reach = critical(level, pairs.degrees) * held if pairs.degrees else 2.0
    return replace(
        pairs,
        value=value,
        error=error,
        held_error=held,
        low=max(-1.0, value - reach),
        high=min(1.0, value + reach),
        # Flips would have to know what the images that were not asked had answered.
        p=two_sided(value / held, pairs.degrees) if pairs.degrees else 1.0,
    )


def unexplained(first: ArrayLike, second: ArrayLike, clusters: ArrayLike, strata: ArrayLike | None = None) -> float:
    """The share of a paired difference's variance that goes down with the images of a sample only.

    Of n of N images the variance of `subsample_difference` is (share + (1 - share) n / N) times that of the n pairs.

    Args:
        first: Shape (n,), scores in [0, 1].
        second: Shape (n,), scores of the same items in the same order.
        clusters: n labels.
        strata: n labels.

    Returns:
        In [0, 1]; 1 where the two never differ.
    """
    import numpy as np

    left, right = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    design, chosen = testable(Design.of(clusters, _labels(strata, left.size)))
    fit = _fitted(design, design.totals(np.stack([left[chosen], right[chosen]])))
    apart = _squares(design, fit.apart)
    return _squares(design, fit.left) / apart if apart > _NOTHING else 1.0


class _Fit(NamedTuple):
    """How the first's contributions to the error go with the second's.

    Attributes:
        slopes: Shape (strata,): in [0, 1].
        left: Shape (cells,): the first's less slope times the second's.
        apart: Shape (cells,): the first's less the second's, which make the error of the paired difference.
    """

    slopes: NDArray[np.float64]
    left: NDArray[np.float64]
    apart: NDArray[np.float64]


def _fitted(sample: Design, totals: NDArray[np.float64]) -> _Fit:
    import numpy as np

    first, second = contributions(sample, totals)
    together, own = sample.by_stratum(np.stack([first * second, second**2]))
    slopes = np.ones(own.size)
    np.divide(together, own, out=slopes, where=(own > _NOTHING) & (sample.images >= FEW_CLUSTERS))
    # Beyond these ends what is hard for one would be easy for the other, or twice as hard.
    slopes = np.clip(slopes, 0, 1)
    return _Fit(slopes, first - slopes[sample.stratum] * second, first - second)


def _squares(design: Design, parts: NDArray[np.float64]) -> float:
    """The variance that what each cell adds to the error makes."""
    return float((design.by_cluster(parts[None]) ** 2).sum())


def _labels(strata: ArrayLike | None, size: int) -> NDArray[np.generic]:
    import numpy as np

    return np.zeros(size, dtype=np.int64) if strata is None else np.asarray(strata)
