"""A scale that fits its data: round ends, round ticks."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_NOTHING = 1e-9
"""A width that is rounding."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Where a value stands between two round ends.

    Attributes:
        low: The value at the left end.
        high: The value at the right end.
        ticks: Round values, the ends included.
    """

    low: float
    high: float
    ticks: tuple[float, ...]

    def at(self, value: float) -> str:
        """The place of a value, as a percentage of the width: ``42.5%``."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return f"{round(100 * share, 2):g}%"


def scale_of(values: Iterable[float], *, ticks: int = 6) -> Scale:
    """The shortest scale with round ends that holds all values, in about so many steps; 0 to 1 of no values."""
    known = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    least, most = min(known), max(known)
    # A single value still needs a width to stand in.
    room = next(width for width in (most - least, abs(most), 1.0) if width > _NOTHING)
    step = _round_step(room / ticks)
    first, last = math.floor(round(least / step, 6)), math.ceil(round(most / step, 6))
    last = max(last, first + 1)
    marks = tuple(round(number * step, 10) for number in range(first, last + 1))
    return Scale(marks[0], marks[-1], marks)


def signed(tick: float) -> str:
    """A difference beside a tick: ``+2``, ``0``, ``-2.5`` with a minus as wide as its plus."""
    return f"{tick:+g}".replace("-", "\N{MINUS SIGN}") if tick else "0"


def _round_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return power * next(step for step in _STEPS if step * power >= rough * 0.999)
