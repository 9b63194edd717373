"""The difference of two captioners on the same items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from prism_eval.statistics.design import Design
from prism_eval.statistics.flips import FEW_DIFFERING, Flips, flip_tests
from prism_eval.statistics.held import EQUAL, held_up, least_variance
from prism_eval.statistics.means import check
from prism_eval.statistics.spread import spread
from prism_eval.statistics.student import critical, two_sided

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

_APART = 1e-10
"""An interval that leaves 0 out ends so far from it at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A mean paired difference, its interval and the p-value of "there is none".

    Attributes:
        value: First minus second, in [-1, 1].
        error: Its cluster-robust standard error.
        held_error: The same, held up where few clusters differ, or nearly all one way: what interval and equivalence
            rest on.
        degrees: The error's degrees of freedom; 0 where no stratum has two clusters.
        low: Lower end of the interval.
        high: Upper end of the interval.
        p: Two-sided p-value.
        items: Pairs.
        clusters: Distinct clusters among them.
        differing: Clusters on which the two differ; the others are no evidence either way.
        left_out: Strata that are in none of these numbers: they have one cluster, or not everybody's scores.
        skewness: Of its error: below 0 where a few clusters lose much.
    """

    value: float
    error: float
    held_error: float
    degrees: float
    low: float
    high: float
    p: float
    items: int
    clusters: int
    differing: int
    left_out: tuple[int | str, ...] = ()
    skewness: float = 0.0


def paired_difference(
    first: ArrayLike,
    second: ArrayLike,
    clusters: ArrayLike,
    strata: ArrayLike | None = None,
    *,
    level: float = 0.95,
) -> Difference:
    """Mean of ``first - second`` item by item, with a cluster-robust interval and test.

    The paired analysis of arXiv 2411.00640, clustered: CR2 variance, Satterthwaite's degrees of freedom. Where the two
    differ on few images the test flips the signs of the images' differences, which needs no large numbers; from
    `FEW_DIFFERING` on it is the t test. The interval is made by the rule that makes p: that of a level leaves 0 out
    exactly where p is under one minus that level. A stratum of one cluster shows no spread and is left out.

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
    design = Design.of(clusters, strata)
    check(left - right, design)
    # A level is written in decimals: what is left of 1 - 0.95 beyond them is rounding.
    alpha = round(1 - level, 12)
    evidence, chosen = testable(design)
    (found,) = contrasts(evidence, evidence.totals((left - right)[None, chosen]), alpha)
    return found.difference(alpha, shown=found.p < alpha, left_out=left_out(design, evidence))


def testable(design: Design) -> tuple[Design, NDArray[np.bool_]]:
    """The design without strata of one cluster, and which observations are in it; all of them if no stratum has two."""
    import numpy as np

    several = design.images > 1
    if several.all() or not several.any():
        return design, np.ones(design.cell.size, dtype=bool)
    chosen = several[design.stratum][design.cell]
    return design.on(chosen), chosen


def left_out(design: Design, evidence: Design) -> tuple[int | str, ...]:
    """The strata of the design that tell nothing in a test."""
    return tuple(
        label
        for label, clusters in zip(design.labels, design.images.tolist(), strict=True)
        if label not in evidence.labels or clusters < 2
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Contrast:
    """What is known of a difference before the level of its interval is.

    Attributes:
        value: The difference.
        error: Its cluster-robust standard error.
        held_error: The same, held up where few clusters differ.
        degrees: The error's degrees of freedom; 0 where no stratum has two clusters.
        items: Pairs.
        clusters: Distinct clusters among them.
        differing: Clusters on which the two differ.
        skewness: Of its error.
        flips: The sign-flip test; ``None`` where so many clusters differ that the t test is used.
    """

    value: float
    error: float
    held_error: float
    degrees: float
    items: int
    clusters: int
    differing: int
    skewness: float
    flips: Flips | None

    @property
    def p(self) -> float:
        """The two-sided p-value."""
        # One image decides nothing.
        if self.degrees == 0:
            return 1.0
        return self.flips.p if self.flips else two_sided(self.value / self.error, self.degrees)

    def difference(self, alpha: float, *, shown: bool, left_out: tuple[int | str, ...] = ()) -> Difference:
        """The difference with the interval of level ``1 - alpha``, which leaves 0 out exactly if it is ``shown``."""
        inner, outer = self._reach(alpha, shown=shown)
        below, above = (inner, outer) if self.value > 0 else (outer, inner)
        return Difference(
            value=self.value,
            error=self.error,
            held_error=self.held_error,
            degrees=self.degrees,
            # No such interval knows that a difference of scores ends at 1.
            low=max(-1.0, self.value - below),
            high=min(1.0, self.value + above),
            p=self.p,
            items=self.items,
            clusters=self.clusters,
            differing=self.differing,
            left_out=left_out,
            skewness=self.skewness,
        )

    def _reach(self, alpha: float, *, shown: bool) -> tuple[float, float]:
        """How far the interval reaches towards 0 and away from it."""
        # One image decides nothing: any difference in [-1, 1] may hold elsewhere.
        if self.degrees == 0:
            return 2.0, 2.0
        by_t = critical(1 - alpha, self.degrees) * self.held_error
        tested = by_t if self.flips is None else self.flips.reach(alpha)
        # Flips know nothing of what images that happened to be ties may do; the error does.
        reach, seen = max(tested, by_t), abs(self.value)
        if not shown:
            return max(reach, seen), max(reach, seen)
        # That there is a difference says nothing against a larger one.
        return min(reach, seen - _APART), reach


def contrasts(design: Design, totals: NDArray[np.float64], alpha: float) -> list[Contrast]:
    """Test several sets of paired differences of one design.

    Args:
        design: As `testable` leaves it.
        totals: Shape (rows, cells), sums of differences.
        alpha: The smallest level that a p-value will be held against.
    """
    import numpy as np

    seen = spread(design, totals, least_variance(design))
    weights = len(design.labels) * design.items[design.stratum]
    images = [own[np.abs(own) > EQUAL] for own in design.by_cluster(totals / weights)]
    held, errors = np.sqrt(held_up(design, totals, seen)), np.sqrt(seen.variance)
    possible = bool((design.images > 1).any())
    few = [row for row, own in enumerate(images) if own.size < FEW_DIFFERING]
    flips = dict(zip(few, flip_tests([images[row] for row in few], alpha), strict=True))
    return [
        Contrast(
            value=float(seen.value[row]),
            error=float(errors[row]),
            held_error=float(held[row]),
            degrees=float(seen.degrees[row]) if possible else 0.0,
            items=design.cell.size,
            clusters=design.clusters,
            differing=own.size,
            skewness=float(seen.skewness[row]),
            flips=flips.get(row),
        )
        for row, own in enumerate(images)
    ]
