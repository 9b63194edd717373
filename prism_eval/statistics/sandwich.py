"""The cluster-robust variance that intervals and tests share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

_Z2 = 3.841458820694124
"""Square of the normal quantile at 95 %: the pseudo-observations that Agresti and Coull add."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A mean of strata means and how far it may be off.

    Attributes:
        value: The mean.
        variance: Its cluster-robust variance.
        degrees: Satterthwaite's degrees of freedom; 0 if there is one cluster only.
        items: Observations.
        clusters: Distinct clusters.
        constant: All observations of each stratum are equal, so that the data show no spread at all.
    """

    value: float
    variance: float
    degrees: float
    items: int
    clusters: int
    constant: bool


def spread_of(
    values: ArrayLike, clusters: Sequence[Any], strata: Sequence[Any] | None = None, *, floor: bool = True
) -> Spread:
    """Mean of the strata's means, with its cluster-robust variance.

    The variance is the sandwich of arXiv 2411.00640 (clustered standard errors): residuals are summed within a cluster
    before they are squared. Clusters may reach over strata (two benchmarks that show one image). Each stratum's
    variance carries the small-sample factor G/(G-1) (CR1 of Cameron and Miller 2015). Degrees of freedom are
    Satterthwaite's over the strata.

    Args:
        values: Shape (n,), finite.
        clusters: n labels.
        strata: n labels; each stratum weighs the same. One stratum if left out.
        floor: Give a stratum of equal values the variance of Agresti and Coull (1998) at one observation a cluster,
            since "all of a few right" is not "certain". Without it only a stratum of one cluster gets one: the most
            that a difference of scores can have.

    Raises:
        ValueError: No values, a value that is not finite, or lengths that differ.
    """
    import numpy as np

    array = np.asarray(values, dtype=float)
    _check(array, clusters, strata)
    group = _codes(clusters)
    stratum = _codes(strata) if strata is not None else np.zeros(array.size, dtype=int)
    items = np.bincount(stratum)
    means = np.bincount(stratum, weights=array) / items
    seen = np.array([np.unique(group[stratum == part]).size for part in range(items.size)])
    residuals = (array - means[stratum]) * np.sqrt(seen / np.maximum(seen - 1, 1))[stratum]
    residuals /= (items.size * items)[stratum]
    own = np.array([_sum_of_squares(group[stratum == part], residuals[stratum == part]) for part in range(items.size)])
    flat = np.isclose(own, 0, atol=1e-24) | (seen < 2)
    variance = _sum_of_squares(group, residuals)
    spare = np.where(flat, _floor(means, seen), 0.0) if floor else np.where(seen < 2, 1.0, 0.0)
    own = own + spare / items.size**2
    variance += float(spare.sum()) / items.size**2
    return Spread(
        value=float(means.mean()),
        variance=variance,
        degrees=_degrees(own, seen),
        items=int(array.size),
        clusters=int(group.max()) + 1,
        constant=bool(flat.all()),
    )


def _check(array: NDArray[np.float64], clusters: Sequence[Any], strata: Sequence[Any] | None) -> None:
    import numpy as np

    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"a mean needs a flat, non-empty array of scores, not shape {array.shape}")
    if len(clusters) != array.size or (strata is not None and len(strata) != array.size):
        raise ValueError("each score needs one cluster and one stratum: the lengths differ")
    if not np.isfinite(array).all():
        raise ValueError("a score is not a finite number")


def _codes(labels: Sequence[Any]) -> NDArray[np.intp]:
    import numpy as np

    numbers: dict[Any, int] = {}
    return np.array([numbers.setdefault(label, len(numbers)) for label in labels], dtype=np.intp)


def _sum_of_squares(group: NDArray[np.intp], residuals: NDArray[np.float64]) -> float:
    import numpy as np

    return float(np.square(np.bincount(group, weights=residuals)).sum())


def _floor(means: NDArray[np.float64], seen: NDArray[np.int_]) -> NDArray[np.float64]:
    size = seen + _Z2
    centre = (means * seen + _Z2 / 2) / size
    floor: NDArray[np.float64] = centre * (1 - centre) / size
    return floor


def _degrees(own: NDArray[np.float64], seen: NDArray[np.int_]) -> float:
    import numpy as np

    if seen.max() < 2:
        return 0.0
    if not own.any():
        return float(np.maximum(seen - 1, 0).sum())
    return float(own.sum() ** 2 / (own**2 / np.maximum(seen - 1, 1)).sum())
