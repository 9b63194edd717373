"""The cluster-robust variance that intervals and tests share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """Which cluster and which stratum each observation belongs to, worked out once for however many sets of scores.

    A cell is what a cluster and a stratum share: all that is asked of the scores is how many a cell has, and their sum.

    Attributes:
        cell: Shape (n,): the observation's cell, from 0.
        cell_stratum: Shape (cells,): the stratum of each cell.
        cell_cluster: Shape (cells,): the cluster of each cell, from 0.
    """

    cell: NDArray[np.intp]
    cell_stratum: NDArray[np.intp]
    cell_cluster: NDArray[np.intp]

    @classmethod
    def of(cls, clusters: ArrayLike, strata: ArrayLike | None = None) -> Design:
        """The design of n observations.

        Args:
            clusters: n labels; observations with one label are not independent.
            strata: n labels; one stratum if left out.

        Raises:
            ValueError: The lengths differ.
        """
        import numpy as np

        names, cluster = np.unique(np.asarray(clusters), return_inverse=True)
        stratum = np.zeros_like(cluster) if strata is None else np.unique(np.asarray(strata), return_inverse=True)[1]
        if stratum.shape != cluster.shape:
            raise ValueError("each score needs one cluster and one stratum: the lengths differ")
        cells, cell = np.unique(stratum * names.size + cluster, return_inverse=True)
        return cls(cell, *np.divmod(cells, max(names.size, 1)))

    def spread(
        self, values: NDArray[np.float64], *, rows: NDArray[np.intp] | None = None, floor: bool = True
    ) -> Spread:
        """Mean of the strata's means, with its cluster-robust variance.

        The variance is the sandwich of arXiv 2411.00640 (clustered standard errors): residuals are summed within a
        cluster before they are squared. Clusters may reach over strata (two benchmarks that show one image). Each
        stratum's variance carries the small-sample factor G/(G-1) (CR1 of Cameron and Miller 2015). Degrees of freedom
        are Satterthwaite's over the strata.

        Args:
            values: Shape (n,) or, with ``rows``, as many as those; finite.
            rows: The observations that the values are of; all by default.
            floor: Give a stratum of equal values the variance of Agresti and Coull (1998) at one observation a cluster,
                since "all of a few right" is not "certain". Without it only a stratum of one cluster gets one: the most
                that a difference of scores can have.

        Raises:
            ValueError: No values, a value that is not finite, or lengths that differ.
        """
        import numpy as np

        cell = self.cell if rows is None else self.cell[rows]
        _check(values, cell)
        counts = np.bincount(cell, minlength=self.cell_stratum.size)
        totals = np.bincount(cell, weights=values, minlength=self.cell_stratum.size)
        met = counts > 0
        items = np.bincount(self.cell_stratum, weights=counts)
        # A stratum that none of these observations is in weighs nothing.
        present = items > 0
        strata = int(present.sum())
        items = np.maximum(items, 1)
        means = np.bincount(self.cell_stratum, weights=totals) / items
        seen = np.bincount(self.cell_stratum[met], minlength=items.size)
        # Each stratum's mean counts alike, however many items it has: benchmarks are not weighed by their size.
        scale = np.sqrt(seen / np.maximum(seen - 1, 1)) / (strata * items)
        # The factor G/(G-1) goes in by its root: only sums over clusters are squared, and those reach over strata.
        residuals = (totals - counts * means[self.cell_stratum]) * scale[self.cell_stratum]
        own = np.bincount(self.cell_stratum, weights=residuals**2)[present].astype(float)
        means, seen = means[present], seen[present]
        # Sums of equal scores differ by rounding; 1e-24 is far above its square and far below any real variance.
        flat = np.isclose(own, 0, atol=1e-24) | (seen < 2)
        spare = (np.where(flat, _floor(means, seen), 0.0) if floor else np.where(seen < 2, 1.0, 0.0)) / strata**2
        return Spread(
            value=float(means.mean()),
            variance=float(np.square(np.bincount(self.cell_cluster, weights=residuals)).sum() + spare.sum()),
            degrees=_degrees(own + spare, seen),
            items=values.size,
            clusters=int(np.count_nonzero(np.bincount(self.cell_cluster[met]))),
            constant=bool(flat.all()),
        )


def _check(values: NDArray[np.float64], cell: NDArray[np.intp]) -> None:
    import numpy as np

    if values.ndim != 1 or values.size == 0:
        raise ValueError(f"a mean needs a flat, non-empty array of scores, not shape {values.shape}")
    if cell.shape != values.shape:
        raise ValueError("each score needs one cluster and one stratum: the lengths differ")
    if not np.isfinite(values).all():
        raise ValueError("a score is not a finite number")


def _floor(means: NDArray[np.float64], seen: NDArray[np.int_]) -> NDArray[np.float64]:
    # Of the mean that their interval is centred on, which is never 0 nor 1: so the variance is not 0 either.
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
    # Satterthwaite (1946): a stratum that brings most of the variance brings its few clusters with it.
    return float(own.sum() ** 2 / (own**2 / np.maximum(seen - 1, 1)).sum())
