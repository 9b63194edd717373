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


def one_sided(look: int, looks: int, alpha: float = ALPHA) -> float:
    """The p-value that a one-sided test has to be under at a look, from 1, so that all together err in ``alpha``."""
    from scipy.special import ndtr

    return float(ndtr(-obrien_fleming(looks, 2 * alpha)[look - 1]))


def over_looks(p: float, look: int, looks: int) -> float:
    """The error rate of all looks together at which a one-sided p-value of one of them would just be enough.

    It is what families of tests are corrected by: under ``alpha`` exactly where p is under `one_sided` of it.

    Args:
        p: The p-value at the look.
        look: Which it is, from 1.
        looks: How many were planned.
    """
    from scipy.special import ndtri

    bound = float(-ndtri(p)) * math.sqrt(look)
    # On the wrong side there is nothing to correct, and beyond the last representable tail nothing to integrate.
    if looks == 1 or bound <= 0 or not math.isfinite(bound):
        return p
    return max((1 - _stays(bound, looks)) / 2, p)


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
