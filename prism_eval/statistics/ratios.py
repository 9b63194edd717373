"""How much of a gap is closed: a ratio of two differences that were measured together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prism_eval.statistics.design import Design
from prism_eval.statistics.paired import contrasts, testable
from prism_eval.statistics.spread import contributions
from prism_eval.statistics.student import critical

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """A share of a gap and its interval; 1 is all of it. It may be under 0 and over 1."""

    value: float
    low: float
    high: float


def gap_closed(
    candidate: ArrayLike,
    small: ArrayLike,
    large: ArrayLike,
    clusters: ArrayLike,
    strata: ArrayLike | None = None,
    *,
    level: float = 0.95,
) -> Ratio | None:
    """How much of the gap between a small captioner and a large one a candidate closes: (c - s) / (l - s).

    The interval is Fieller's (1954), with the clustered covariance of the two differences.

    Args:
        candidate: Shape (n,), scores in [0, 1]; NaN where there is none. Items that all three have are used.
        small: Likewise, of the same items.
        large: Likewise.
        clusters: n labels; observations with one label are not independent.
        strata: n labels; differences are means of the strata's mean differences.
        level: Confidence level.

    Returns:
        ``None`` where the data do not show that the large one is better: the ratio then has no bounds.

    Raises:
        ValueError: The lengths differ.
    """
    import numpy as np

    scores = np.array([candidate, small, large], dtype=float)
    known = ~np.isnan(scores).any(axis=0)
    if not known.any():
        return None
    design, chosen = testable(Design.of(clusters, strata).on(known))
    above_small = (scores - scores[1])[[0, 2]][:, np.flatnonzero(known)[chosen]]
    totals = design.totals(above_small)
    alpha = round(1 - level, 12)
    part, gap = contrasts(design, totals, alpha)
    if gap.p >= alpha or gap.value <= 0:
        return None
    one, other = design.by_cluster(contributions(design, totals))
    ends = fieller(
        part.value,
        gap.value,
        (part.error**2, gap.error**2, float(one @ other)),
        min(part.degrees, gap.degrees),
        level=level,
    )
    return None if ends is None else Ratio(value=part.value / gap.value, low=ends[0], high=ends[1])


def recovery(
    caption: ArrayLike,
    blind: ArrayLike,
    direct: ArrayLike,
    clusters: ArrayLike,
    strata: ArrayLike | None = None,
    *,
    level: float = 0.95,
) -> Ratio | None:
    """How much of what the image is worth to its reader a caption recovers: (caption - blind) / (direct - blind).

    The gap between reading nothing and seeing the image, and how much of it is closed: see `gap_closed`.

    Args:
        caption: Shape (n,), scores with the captions; NaN where there is none.
        blind: Likewise, with no caption.
        direct: Likewise, with the image itself.
        clusters: n labels.
        strata: n labels.
        level: Confidence level.

    Returns:
        ``None`` where the data do not show that seeing the image helps.

    Raises:
        ValueError: The lengths differ.
    """
    return gap_closed(caption, blind, direct, clusters, strata, level=level)


def fieller(
    numerator: float,
    denominator: float,
    variances: tuple[float, float, float],
    degrees: float,
    *,
    level: float = 0.95,
) -> tuple[float, float] | None:
    """Fieller's (1954) interval of a ratio: the ratios r for which numerator - r denominator is not told from 0.

    Args:
        numerator: Its estimate.
        denominator: Its estimate.
        variances: Of the numerator, of the denominator, and their covariance.
        degrees: Degrees of freedom of the variances.
        level: Confidence level.

    Returns:
        ``None`` where the denominator is not told from 0: the ratios are then not bounded.
    """
    above, below, both = variances
    t2 = critical(level, degrees) ** 2
    square = denominator**2 - t2 * below
    if square <= 0:
        return None
    middle = numerator * denominator - t2 * both
    # Rounding can take what is 0 to just under it.
    root = math.sqrt(max(middle**2 - square * (numerator**2 - t2 * above), 0.0))
    return (middle - root) / square, (middle + root) / square
