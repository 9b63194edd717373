"""Which image and which benchmark each observation belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray


# Without slots, since `cached_property` keeps what it worked out in the object's dictionary.
@dataclass(frozen=True, eq=False)
class Design:
    """The clusters (images) and strata (benchmarks) of n observations, worked out once for however many sets of scores.

    A cell is what a cluster and a stratum share: all that is asked of the scores is how many a cell has, and their sum.
    Cells are sorted by stratum.

    Attributes:
        cell: Shape (n,): the observation's cell, from 0.
        stratum: Shape (cells,): the stratum of each cell, from 0.
        cluster: Shape (cells,): the cluster of each cell.
        labels: The strata's labels, as they were given.
    """

    cell: NDArray[np.intp]
    stratum: NDArray[np.intp]
    cluster: NDArray[np.intp]
    labels: tuple[int | str, ...]

    @classmethod
    def of(cls, clusters: ArrayLike, strata: ArrayLike | None = None) -> Design:
        """The design of n observations.

        Args:
            clusters: n labels; observations with one label are not independent.
            strata: n labels; one stratum, called 0, if left out.

        Raises:
            ValueError: The lengths differ.
        """
        import numpy as np

        names, cluster = np.unique(np.asarray(clusters), return_inverse=True)
        groups = np.zeros(cluster.size, dtype=np.int64) if strata is None else np.asarray(strata)
        if groups.shape != cluster.shape:
            raise ValueError("each score needs one cluster and one stratum: the lengths differ")
        labels, stratum = np.unique(groups, return_inverse=True)
        cells, cell = np.unique(stratum * names.size + cluster, return_inverse=True)
        return cls(cell, *np.divmod(cells, max(names.size, 1)), tuple(labels.tolist()))

    def on(self, chosen: NDArray[np.bool_]) -> Design:
        """The design of some of the observations; cells and strata that none of them is in are gone."""
        import numpy as np

        cell = self.cell[chosen]
        met = np.bincount(cell, minlength=self.stratum.size) > 0
        present = np.bincount(self.stratum[met], minlength=len(self.labels)) > 0
        return Design(
            cell=(np.cumsum(met) - 1)[cell],
            stratum=(np.cumsum(present) - 1)[self.stratum[met]],
            cluster=self.cluster[met],
            labels=tuple(label for label, there in zip(self.labels, present.tolist(), strict=True) if there),
        )

    @cached_property
    def counts(self) -> NDArray[np.float64]:
        """Shape (cells,): the observations of each cell."""
        import numpy as np

        return np.bincount(self.cell, minlength=self.stratum.size).astype(float)

    @cached_property
    def items(self) -> NDArray[np.float64]:
        """Shape (strata,): the observations of each stratum."""
        import numpy as np

        return np.bincount(self.stratum, weights=self.counts).astype(float)

    @cached_property
    def images(self) -> NDArray[np.intp]:
        """Shape (strata,): the clusters of each stratum."""
        import numpy as np

        return np.bincount(self.stratum).astype(np.intp)

    @cached_property
    def clusters(self) -> int:
        """Distinct clusters."""
        import numpy as np

        return int(np.count_nonzero(np.bincount(self.cluster)))

    def totals(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sums of scores by cell.

        Args:
            values: Shape (rows, n).

        Returns:
            Shape (rows, cells).
        """
        import numpy as np

        size = self.stratum.size
        return np.array([np.bincount(self.cell, weights=row, minlength=size) for row in values]).reshape(-1, size)

    def by_stratum(self, cells: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sums over the cells of each stratum, (rows, cells) to (rows, strata)."""
        import numpy as np

        return np.add.reduceat(cells, np.searchsorted(self.stratum, np.arange(len(self.labels))), axis=1)

    def by_cluster(self, cells: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sums over the cells of each cluster, (rows, cells) to (rows, clusters)."""
        import numpy as np

        # Seldom does an image stand in two benchmarks: its one cell is then its sum.
        if self.clusters == self.stratum.size:
            return cells
        numbers = np.unique(self.cluster, return_inverse=True)[1]
        return np.array([np.bincount(numbers, weights=row, minlength=self.clusters) for row in cells])

    @cached_property
    def leverage(self) -> NDArray[np.float64]:
        """Shape (cells,): 1 / (1 - m/N), CR2's weight of a cluster of m of the stratum's N observations.

        It is 1 where a stratum has one cluster, which has no residual to weigh.
        """
        import numpy as np

        weights = np.ones(self.stratum.size)
        rest = 1 - self.counts / self.items[self.stratum]
        np.divide(1.0, rest, out=weights, where=self.images[self.stratum] > 1)
        return weights

    @cached_property
    def degrees(self) -> NDArray[np.float64]:
        """Shape (strata,): Bell and McCaffrey's (2002) degrees of freedom, tr(A)^2 / tr(A^2); G-1 for G equal clusters.

        A = C^1/2 (diag m - m m'/N) C^1/2 with C = diag `leverage`, under independence; its traces have closed forms. Of
        a stratum of one cluster they are 1, the least there are.
        """
        import numpy as np

        weight, m, n = self.leverage, self.counts, self.items[self.stratum]
        terms = np.array([weight * (m - m**2 / n), (weight * m) ** 2, weight**2 * m**3 / n, weight * m**2 / n])
        trace, square, mixed, product = self.by_stratum(terms)
        degrees = np.ones(len(self.labels))
        np.divide(trace**2, square - 2 * mixed + product**2, out=degrees, where=self.images > 1)
        return degrees
