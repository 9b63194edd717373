"""Whether a difference is shown not to be a loss that matters, or shown to be one."""

from __future__ import annotations

import math
from dataclasses import dataclass

from prism_eval.statistics.equivalence import check_positive, detectable, images_at
from prism_eval.statistics.families import ALPHA
from prism_eval.statistics.paired import Difference
from prism_eval.statistics.student import quantile, upper

_STRAIGHT = 1e-9
"""Skewness under which nothing leans."""
_REACH = 3.0
"""Errors from the middle within which the series holds: beyond, its squares grow past what they stand for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NonInferiority:
    """Two one-sided tests at a margin: one shows that nothing is lost, the other that too much is.

    Attributes:
        p_held: The p-value of "it is worse by the margin or more": small where the candidate holds up.
        p_lost: The p-value of "it is worse by the margin or less": small where it has lost too much.
        low: The one-sided lower bound: the largest loss that these data allow for.
        high: The one-sided upper bound.
    """

    p_held: float
    p_lost: float
    low: float
    high: float


def noninferiority(difference: Difference, margin: float, *, alpha: float = ALPHA) -> NonInferiority:
    """Test a difference, candidate minus baseline, against a loss of the margin, one-sided t tests.

    Both rest on the error that intervals rest on, which is held up where few images differ. A candidate that loses on a
    few images and is equal on the rest leans to one side, and a t would with it: `_straight` takes that off.

    Args:
        difference: What was measured.
        margin: The largest loss that does not matter, as scores are: 0.01 is one point.
        alpha: The level of each bound.

    Raises:
        ValueError: The margin is not positive.
    """
    check_positive(margin)
    # One image decides nothing.
    if difference.degrees == 0:
        return NonInferiority(p_held=1.0, p_lost=1.0, low=-1.0, high=1.0)
    error, lean = difference.held_error, difference.skewness
    t, reach = _straight((difference.value + margin) / error, lean), quantile(1 - alpha, difference.degrees)
    return NonInferiority(
        p_held=upper(t, difference.degrees),
        p_lost=upper(-t, difference.degrees),
        low=max(difference.value - error * _leaning(reach, lean), -1.0),
        high=min(difference.value - error * _leaning(-reach, lean), 1.0),
    )


def _straight(t: float, skewness: float) -> float:
    """A t without what skewness does to it."""
    return t + _shift(t, skewness)


def _leaning(t: float, skewness: float) -> float:
    """The t of which `_straight` makes this one."""
    if abs(skewness) < _STRAIGHT:
        return t
    leaning = 3 * (math.cbrt(1 + skewness * (t - skewness / 6)) - 1) / skewness
    return leaning if abs(leaning) <= _REACH else t - _shift(math.copysign(_REACH, leaning), skewness)


def _shift(t: float, skewness: float) -> float:
    """What skewness g takes off a t: g (2 t^2 + 1) / 6 + g^2 t^3 / 27, still rising with it throughout (Hall 1992)."""
    near = max(-_REACH, min(t, _REACH))
    return skewness * (2 * near**2 + 1) / 6 + skewness**2 * near**3 / 27


def loss_shown(margin: float, error: float, degrees: float, *, power: float = 0.8, alpha: float = ALPHA) -> float:
    """The true loss that would be shown to be beyond the margin with this probability: margin + (t_.95 + t_.80) SE.

    Args:
        margin: The largest loss that does not matter, as scores are.
        error: The standard error of the difference.
        degrees: Its degrees of freedom; at 0 nothing is shown, and the answer is infinite.
        power: The probability to show it.
        alpha: The level of the one-sided test.
    """
    # One-sided: the level of a two-sided test has half of it at either end.
    return margin + detectable(error, degrees, power=power, alpha=2 * alpha)


def images_to_hold(margin: float, error: float, images: int, *, power: float = 0.8, alpha: float = ALPHA) -> int:
    """How many images would show with this probability that a candidate as good as the baseline holds up.

    n ((z_.95 + z_.80) SE / margin)^2.

    Args:
        margin: The largest loss that does not matter, as scores are.
        error: The standard error of the difference at ``images``.
        images: How many images it was seen on.
        power: The probability to show it.
        alpha: The level of the one-sided test.

    Raises:
        ValueError: The margin is not positive.
    """
    return images_at(margin, error, images, power=power, alpha=alpha)
