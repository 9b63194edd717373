"""The cluster-robust variance that intervals and tests share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from prism_eval.statistics.design import Design

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ROUNDING = 1e-24
"""Sums of equal scores differ by rounding: this is far above its square, and far below any real variance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Means of strata means, and how far they may be off, for several sets of scores of one design.

    Attributes:
        value: Shape (rows,): the means.
        own: Shape (rows, strata): what each stratum adds to the variance by itself, floored where it shows no spread.
        shared: Shape (rows,): the variance with what strata share, before the floor on what cancels out.
        variance: Shape (rows,).
        degrees: Shape (rows,): Satterthwaite's degrees of freedom.
        skewness: Shape (rows,): of the means' error: 0 where images are as far off on either side.
        flat: Shape (rows, strata): which strata show no spread.
    """

    value: NDArray[np.float64]
    own: NDArray[np.float64]
    shared: NDArray[np.float64]
    variance: NDArray[np.float64]
    degrees: NDArray[np.float64]
    skewness: NDArray[np.float64]
    flat: NDArray[np.bool_]


def contributions(design: Design, totals: NDArray[np.float64]) -> NDArray[np.float64]:
    """What each cell adds to the error of the mean of strata means, so scaled that the squares add up to CR2.

    psi_g = sum over strata b of e_bg / (k N_b sqrt(1 - m_bg/N_b)), where e_bg is the sum of the residuals of image g in
    stratum b: CR2 (Bell and McCaffrey 2002) of a mean in closed form. It is linear in the scores, so that the
    contributions of a difference are the difference of the contributions.

    Args:
        design: Strata and clusters.
        totals: Shape (rows, cells).

    Returns:
        Shape (rows, cells).
    """
    import numpy as np

    means = design.by_stratum(totals) / design.items
    residuals = totals - design.counts * means[:, design.stratum]
    return residuals * np.sqrt(design.leverage) / (len(design.labels) * design.items[design.stratum])


def spread(design: Design, totals: NDArray[np.float64], floor: NDArray[np.float64]) -> Spread:
    """Means of strata means with their cluster-robust variance and its degrees of freedom.

    Contributions are summed within an image over strata before they are squared: two benchmarks may show one image.

    Args:
        design: Strata and clusters.
        totals: Shape (rows, cells).
        floor: Shape (rows, strata) or what spreads to it: the variance of a stratum's mean where its scores show none.
    """
    import numpy as np

    strata = len(design.labels)
    psi = contributions(design, totals)
    seen, least = design.by_stratum(psi**2), floor / strata**2
    flat = seen < _ROUNDING
    own = np.where(flat, least, seen)
    images = design.by_cluster(psi)
    # What strata without spread may hide lies on their images too, and adds up where they show the same ones.
    hidden = design.by_cluster(np.sqrt(np.where(flat, least, 0.0) / design.images)[:, design.stratum])
    shared = np.square(images).sum(axis=1) + np.square(hidden).sum(axis=1)
    # What is unlike in each image may cancel out between strata, but prove no more than strata without any spread do.
    variance = np.maximum(shared, np.minimum(own, least).sum(axis=1))
    return Spread(
        value=(design.by_stratum(totals) / design.items).mean(axis=1),
        own=own,
        shared=shared,
        variance=variance,
        # Satterthwaite (1946): a stratum that brings most of the variance brings its few clusters with it.
        degrees=own.sum(axis=1) ** 2 / (own**2 / design.degrees).sum(axis=1),
        skewness=(images**3).sum(axis=1) / variance**1.5,
        flat=flat,
    )
