"""Variances of differences, held up where too few images differ to show how much they may."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prism_eval.statistics.design import Design
from prism_eval.statistics.spread import Spread

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EQUAL = 1e-12
"""Two captioners' sums over an image that differ by less are equal but for rounding."""
_MORE = 4
"""As if so many more images differed (Agresti and Coull 1998: the square of the normal quantile, rounded)."""
_FLOOR = 2
"""So many of them are in the variance of a stratum without spread already."""
_FEW_AGAINST = 10
"""Under so many images on which the one behind is ahead, how skewed the difference is makes its error larger."""
_SKEWED = 2
"""By so many times its skewness a variance is larger at the end of its interval: the normal quantile there."""


def least_variance(design: Design) -> NDArray[np.float64]:
    """Shape (strata,): the variance of a mean without spread, as if two more images had differed, one each way."""
    return _FLOOR / (design.images + float(_FLOOR)) ** 2


def held_up(design: Design, totals: NDArray[np.float64], seen: Spread) -> NDArray[np.float64]:
    """Variances of means of strata means of differences, held up in two ways; the larger one counts.

    How many images differ is a rare count where one captioner is better on some and worse on few or none: where it is
    seen too small, so is its spread. And which of them differ is chance: where an image with a dozen questions stands
    beside many with one, those that were seen to differ may all be of the small ones.

    The first is the variance that the strata would have did every image differ at the same rate, whatever its number
    of questions, and as strongly as those seen to. Where few are against the rest, it is as if four more had differed.
    The second is that of the end of the interval: a variance changes with its mean by the third moment.

    Args:
        design: Strata and clusters.
        totals: Shape (rows, cells), sums of differences.
        seen: Their spread.

    Returns:
        Shape (rows,), nowhere under the variance seen.
    """
    import numpy as np

    images = design.by_cluster(totals / design.items[design.stratum])
    ahead, behind = (np.count_nonzero(side > EQUAL, axis=1) for side in (images, -images))
    rare = np.minimum(ahead, behind) < _FEW_AGAINST
    more = np.where(rare, np.maximum(_MORE - _FLOOR * seen.flat.sum(axis=1), 0), 0) / len(design.labels)
    rate = _at_one_rate(design, totals, seen, more[:, None]) / seen.own.sum(axis=1)
    skewed = np.where(rare, 1 + _SKEWED * np.abs(seen.skewness), 1.0)
    held: NDArray[np.float64] = seen.variance * np.maximum(rate, skewed).clip(min=1.0)
    return held


def _at_one_rate(
    design: Design, totals: NDArray[np.float64], seen: Spread, more: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Shape (rows,): variances, did so many more images of each stratum differ, and at one rate whatever their size."""
    import numpy as np

    weighed = (design.counts / design.items[design.stratum]) ** 2
    every = design.by_stratum(weighed[None])
    off = _off(design, totals)
    # Images that the floor of a stratum without spread stands for are of its mean size.
    floor = np.where(seen.flat, _FLOOR, 0)
    counted = np.where(seen.flat, _FLOOR, design.by_stratum(off))
    theirs = np.where(seen.flat, _FLOOR / (design.images + _FLOOR) / design.images, design.by_stratum(off * weighed))
    rate = (counted + more) / (design.images + floor + more)
    variances: NDArray[np.float64] = (seen.own / theirs * rate * every).sum(axis=1)
    return variances


def _off(design: Design, totals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shape (rows, cells): 1 for images off what most images of the stratum do, which is mostly that the two agree.

    Where one captioner sweeps, it is that it is right on every question and the other on none.
    """
    import numpy as np

    fewest: NDArray[np.float64] = (np.abs(totals) > EQUAL).astype(float)
    for swept in (design.counts, -design.counts):
        off = (np.abs(totals - swept) > EQUAL).astype(float)
        fewer = design.by_stratum(off) < design.by_stratum(fewest)
        if fewer.any():
            fewest = np.where(fewer[:, design.stratum], off, fewest)
    return fewest
