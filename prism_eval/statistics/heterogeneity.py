"""Whether one number hides a trade: captioners on par in the mean, and apart on each benchmark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True, kw_only=True)
class Heterogeneity:
    """The test that two captioners differ by the same on every benchmark.

    Attributes:
        q: Cochran's Q, the weighted sum of squares around the common difference.
        degrees: One less than there are benchmarks.
        p: The p-value of "by the same on each".
    """

    q: float
    degrees: int
    p: float


def heterogeneity(values: ArrayLike, errors: ArrayLike, degrees: ArrayLike | None = None) -> Heterogeneity:
    """Cochran's (1954) Q of differences that were measured apart.

    Args:
        values: Shape (benchmarks,), the differences.
        errors: Shape (benchmarks,), their standard errors.
        degrees: Shape (benchmarks,), the errors' degrees of freedom. With them p is Welch's (1951), which knows that
            the errors are estimates; without them it is that of chi squared, which takes them for known, and on a few
            dozen images a benchmark finds trades that are none.

    Raises:
        ValueError: An error is not positive, or the lengths differ.
    """
    import numpy as np
    from scipy.special import chdtrc, fdtrc

    value, error = np.asarray(values, dtype=float), np.asarray(errors, dtype=float)
    if value.ndim != 1 or value.shape != error.shape:
        raise ValueError(f"each difference needs one error: there are {value.shape} and {error.shape}")
    if not (error > 0).all():
        raise ValueError("a standard error is positive")
    free = value.size - 1
    if free < 1:
        return Heterogeneity(q=0.0, degrees=0, p=1.0)
    weights = 1 / error**2
    share = weights / weights.sum()
    q = float((weights * (value - share @ value) ** 2).sum())
    if degrees is None:
        return Heterogeneity(q=q, degrees=free, p=float(chdtrc(free, q)))
    doubt = float(((1 - share) ** 2 / np.asarray(degrees, dtype=float)).sum())
    size = value.size**2 - 1
    statistic = q / free / (1 + 2 * (value.size - 2) / size * doubt)
    return Heterogeneity(q=q, degrees=free, p=float(fdtrc(free, size / (3 * doubt), statistic)))
