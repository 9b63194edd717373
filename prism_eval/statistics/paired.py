"""The difference of two captioners on the same items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prism_eval.statistics.design import Design
from prism_eval.statistics.flips import FEW_DIFFERING, Flips, flip_tests
from prism_eval.statistics.means import FEW_CLUSTERS, check
from prism_eval.statistics.spread import Spread, spread
from prism_eval.statistics.student import critical, two_sided

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

_EQUAL = 1e-12
"""Two captioners' sums over an image that differ by less are equal but for rounding."""
_APART = 1e-10
"""An interval that leaves 0 out ends so far from it at least."""
_FEW_AGAINST = 10
"""Under so many images on which the one behind is ahead, how skewed the difference is makes its error larger."""
_SKEWED = 2
"""By so many times its skewness a variance is larger at the end of its interval: the normal quantile there."""


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
        flips: The sign-flip test; ``None`` where so many clusters differ that the t test is used.
    """

    value: float
    error: float
    held_error: float
    degrees: float
    items: int
    clusters: int
    differing: int
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
        reach = self._reach(alpha, shown=shown)
        return Difference(
            value=self.value,
            error=self.error,
            held_error=self.held_error,
            degrees=self.degrees,
            # No such interval knows that a difference of scores ends at 1.
            low=max(-1.0, self.value - reach),
            high=min(1.0, self.value + reach),
            p=self.p,
            items=self.items,
            clusters=self.clusters,
            differing=self.differing,
            left_out=left_out,
        )

    def _reach(self, alpha: float, *, shown: bool) -> float:
        # One image decides nothing: any difference in [-1, 1] may hold elsewhere.
        if self.degrees == 0:
            return 2.0
        by_t = critical(1 - alpha, self.degrees) * self.held_error
        tested = by_t if self.flips is None else self.flips.reach(alpha)
        # Flips know nothing of what images that happened to be ties may do; the error does.
        reach, seen = max(tested, by_t), abs(self.value)
        if not shown:
            return max(reach, seen)
        return reach if reach <= seen - _APART else min(tested, seen - _APART)


def contrasts(design: Design, totals: NDArray[np.float64], alpha: float) -> list[Contrast]:
    """Test several sets of paired differences of one design.

    Args:
        design: As `testable` leaves it.
        totals: Shape (rows, cells), sums of differences.
        alpha: The smallest level that a p-value will be held against.
    """
    import numpy as np

    # As if two more images had differed, one each way (the idea of Agresti and Coull 1998).
    seen = spread(design, totals, 2 / (design.images + 2.0) ** 2)
    weights = len(design.labels) * design.items[design.stratum]
    images = [own[np.abs(own) > _EQUAL] for own in design.by_cluster(totals / weights)]
    held = np.sqrt(_held_up(seen, images))
    errors, possible = np.sqrt(seen.variance), bool((design.images > 1).any())
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
            flips=flips.get(row),
        )
        for row, own in enumerate(images)
    ]


def _held_up(seen: Spread, images: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Variances, held up where one captioner is better on some images and worse on few or none.

    How many there are is then a rare count, and where it is seen too small so is its spread. Where few clusters differ
    it is as if four more had (Agresti and Coull 1998). Of more, the variance at the end of the interval is larger by as
    much as the difference is skewed, since a variance changes with its mean by the third moment.
    """
    import numpy as np

    differing = np.array([own.size for own in images])
    ahead = np.array([np.count_nonzero(own > 0) for own in images])
    lopsided = np.minimum(ahead, differing - ahead) < _FEW_AGAINST
    # Two for each stratum without spread are in the variance already.
    counted = differing + 2 * seen.flat
    missing = np.where(differing < FEW_CLUSTERS, np.maximum(4 - 2 * seen.flat, 0), 0)
    more = np.maximum(missing / np.maximum(counted, 1), np.where(lopsided, _SKEWED * seen.skewness, 0.0))
    held: NDArray[np.float64] = seen.variance * (1 + more)
    return held
