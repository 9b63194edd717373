"""Looking at a run before it ends, so often as was planned, without more false alarms."""

from __future__ import annotations

import math
from functools import lru_cache

from prism_eval.statistics.families import ALPHA


@lru_cache(maxsize=64)
def obrien_fleming(looks: int, alpha: float = ALPHA) -> tuple[float, ...]:
    """The |z| that a difference must reach at each of so many equally spaced looks (O'Brien and Fleming 1979).

    At look k of K it is C sqrt(K / k), with C such that equal captioners reach none of them with probability 1 - alpha.
    The two-sided p-value to stay under at a look is 2 P(Z > z), and one minus it the level of the interval there.

    Args:
        looks: How many looks were planned, the last one included.
        alpha: The two-sided error rate of all looks together.

    Raises:
        ValueError: No looks, or alpha is outside (0, 1).
    """
    from scipy.optimize import brentq

    if looks < 1:
        raise ValueError(f"looks are planned by at least one, not {looks}")
    if not 0 < alpha < 1:
        raise ValueError(f"an error rate lies between 0 and 1, not {alpha}")
    # In units of one look's information the boundary is one number for the sums that the z are made from.
    bound = brentq(lambda tried: _stays(tried, looks) - (1 - alpha), 1e-6, 12 * math.sqrt(looks), xtol=1e-12)
    return tuple(bound / math.sqrt(look) for look in range(1, looks + 1))


def _stays(bound: float, looks: int) -> float:
    """The probability that a sum of standard normals stays within the bound, by Armitage, McPherson and Rowe (1969)."""
    import numpy as np

    # A step has standard deviation 1: some points for each of them are enough for a smooth density.
    nodes, weights = np.polynomial.legendre.leggauss(32 + 8 * math.ceil(bound))
    sums, weights = bound * nodes, bound * weights
    steps = np.exp(-((sums[:, None] - sums) ** 2) / 2) / math.sqrt(2 * math.pi) * weights
    density = np.exp(-(sums**2) / 2) / math.sqrt(2 * math.pi)
    for _ in range(looks - 1):
        density = steps @ density
    return float(weights @ density)
