"""Error rates for a sequence of comparisons that has no planned end."""

from __future__ import annotations

import math

from prism_eval.statistics.families import ALPHA


def spent(number: int, *, rivals: int = 1, alpha: float = ALPHA) -> float:
    """The level of one comparison in a sequence that may go on for ever.

    The levels 6 alpha / (pi k)^2 of the comparisons k = 1, 2, ... add up to alpha, so that by Bonferroni's inequality
    all of their intervals hold at once, whenever somebody looks: together they are a confidence sequence (Darling and
    Robbins 1967), and the chance that any of them ever calls noise a difference is under alpha. A comparison with the
    best of several is paid for as one with each of them.

    Args:
        number: Which comparison it is, from 1.
        rivals: Of how many the other one was chosen.
        alpha: The error rate of the whole sequence.

    Raises:
        ValueError: A number is under 1.
    """
    if number < 1 or rivals < 1:
        raise ValueError(f"comparisons and rivals are counted from 1, not {min(number, rivals)}")
    return alpha * 6 / (math.pi * number) ** 2 / rivals
