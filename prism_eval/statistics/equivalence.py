"""Whether a difference is small enough not to matter, and how much data it takes to say so."""

from __future__ import annotations

import math
from dataclasses import dataclass

from prism_eval.statistics.families import ALPHA
from prism_eval.statistics.paired import Difference
from prism_eval.statistics.student import quantile, upper


@dataclass(frozen=True, slots=True, kw_only=True)
class Equivalence:
    """The test that two captioners are on par.

    Attributes:
        p: The p-value of "they are apart by the margin or more".
        shown: Whether they are shown to be on par.
        smallest: The smallest margin within which these data would have shown it; 1 where they could show none.
    """

    p: float
    shown: bool
    smallest: float


def equivalence(difference: Difference, margin: float, *, alpha: float = ALPHA) -> Equivalence:
    """Two one-sided t tests (Schuirmann 1987): the difference is neither under ``-margin`` nor over ``margin``.

    Args:
        difference: What was measured.
        margin: The largest difference that does not matter, as scores are: 0.01 is one point.
        alpha: The level of each test, and so of both.

    Raises:
        ValueError: The margin is not positive.
    """
    check_positive(margin)
    # One image decides nothing.
    if difference.degrees == 0:
        return Equivalence(p=1.0, shown=False, smallest=1.0)
    p = upper((margin - abs(difference.value)) / difference.held_error, difference.degrees)
    smallest = abs(difference.value) + quantile(1 - alpha, difference.degrees) * difference.held_error
    # No two captioners are further apart than 1, whatever a few images would allow.
    return Equivalence(p=p, shown=p < alpha, smallest=min(smallest, 1.0))


def detectable(error: float, degrees: float, *, power: float = 0.8, alpha: float = ALPHA) -> float:
    """The true difference that a test at this error would show with this probability: (t_.975 + t_.80) SE.

    Args:
        error: The standard error of a difference.
        degrees: Its degrees of freedom; at 0 nothing is detectable, and the answer is infinite.
        power: The probability to show it.
        alpha: The level of the two-sided test.
    """
    if degrees == 0:
        return math.inf
    return (quantile(1 - alpha / 2, degrees) + quantile(power, degrees)) * error


def images_for(margin: float, error: float, images: int, *, power: float = 0.8, alpha: float = ALPHA) -> int:
    """How many images would show with this probability that two equal captioners are on par within the margin.

    n ((z_.95 + z_.90) SE / margin)^2 at a power of 80 %: both one-sided tests must pass.

    Args:
        margin: The largest difference that does not matter, as scores are.
        error: The standard error of the difference at ``images``.
        images: How many images it was seen on.
        power: The probability to show it.
        alpha: The level of each one-sided test.

    Raises:
        ValueError: The margin is not positive.
    """
    # Each of two tests, so that both pass.
    return images_at(margin, error, images, power=(1 + power) / 2, alpha=alpha)


def images_at(margin: float, error: float, images: int, *, power: float, alpha: float) -> int:
    """How many images one one-sided test needs to pass with this probability, from an error that goes with their root.

    Args:
        margin: How far the truth is from what is tested, as scores are.
        error: The standard error at ``images``.
        images: How many images it was seen on.
        power: The probability to pass.
        alpha: The level of the test.

    Raises:
        ValueError: The margin is not positive.
    """
    from scipy.special import ndtri

    check_positive(margin)
    return math.ceil(images * (float(ndtri(1 - alpha) + ndtri(power)) * error / margin) ** 2)


def check_positive(margin: float) -> None:
    """Make sure that a margin is one; a NaN is none.

    Raises:
        ValueError: It is not positive.
    """
    if not margin > 0:
        raise ValueError(f"a margin is positive, not {margin:g}")
