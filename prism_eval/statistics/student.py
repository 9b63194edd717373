"""Student's t distribution, without scipy.stats, which takes longer to import than a report takes to compute.

The tail is the regularised incomplete beta function (DLMF 8.17.22, its continued fraction evaluated by the modified
Lentz method); degrees of freedom may be fractional, as Satterthwaite's are.
"""

from __future__ import annotations

import math
from functools import lru_cache

# Lentz's method divides by its terms: one that is 0 becomes this, which changes no digit of the result.
_TINY = 1e-300
_PRECISION = 1e-15
# The fraction needs about the square root of the degrees of freedom in terms: enough for a hundred million.
_MOST_TERMS = 10_000


def two_sided(t: float, degrees: float) -> float:
    """The probability that |T| exceeds ``|t|`` at the given degrees of freedom.

    Raises:
        ValueError: The degrees of freedom are not positive.
    """
    if not degrees > 0:
        raise ValueError(f"degrees of freedom must be positive, not {degrees}")
    if math.isinf(t):
        return 0.0
    return _incomplete_beta(degrees / 2, 0.5, degrees / (degrees + t * t))


@lru_cache(maxsize=4096)
def critical(level: float, degrees: float) -> float:
    """The t that |T| stays under with probability ``level``: 1.96 for 0.95 at many degrees of freedom.

    Raises:
        ValueError: The level is outside (0, 1) or the degrees of freedom are not positive.
    """
    if not 0 < level < 1:
        raise ValueError(f"a confidence level lies between 0 and 1, not {level}")
    low, high = 0.0, 1.0
    while two_sided(high, degrees) > 1 - level:
        low, high = high, high * 2
    # Bisection, not Newton: it cannot run away at one degree of freedom, where the tail is nearly flat.
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if two_sided(middle, degrees) > 1 - level else (low, middle)
    return high


def _incomplete_beta(a: float, b: float, x: float) -> float:
    if x <= 0 or x >= 1:
        return min(max(x, 0.0), 1.0)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    front = math.exp(log_front)
    # The fraction converges fast on this side of the mean only; the other side follows by symmetry.
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1 - front * _fraction(b, a, 1 - x) / b


def _fraction(a: float, b: float, x: float) -> float:
    c, d = 1.0, 1 / _away_from_zero(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _MOST_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / _away_from_zero(1 + term * d)
            c = _away_from_zero(1 + term / c)
            value *= c * d
        if abs(c * d - 1) < _PRECISION:
            break
    return value


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
