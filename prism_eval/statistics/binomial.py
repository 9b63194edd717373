"""The binomial distribution, exactly: how often so many of some independent tries succeed."""

from __future__ import annotations

from fractions import Fraction
from math import comb


def at_most(most: int, tries: int, chance: Fraction) -> Fraction:
    """The probability of at most so many successes, the sum of ``C(n, k) p^k (1 - p)^(n - k)``.

    Args:
        most: Successes at most; fewer than none are certain not to be.
        tries: How often it is tried.
        chance: Of each try, in [0, 1].
    """
    # Exact: floating-point sums of such terms lose the small ones, which error rates are about.
    terms = (comb(tries, k) * chance**k * (1 - chance) ** (tries - k) for k in range(min(most, tries) + 1))
    return sum(terms, Fraction(0))


def at_least(least: int, tries: int, chance: Fraction) -> Fraction:
    """The probability of at least so many successes; the arguments as in `at_most`."""
    return 1 - at_most(least - 1, tries, chance)
