r"""Everyday constants, compared at once: what needs no computer algebra shall not wait for any."""

from __future__ import annotations

import re
from fractions import Fraction

from prism_eval.scoring.maths.latex import Number, latex_value

_DEGREES = re.compile(r"(?:\^\\circ|\^\{\\circ\})\Z")
# So few digits that a value is there at once, and that math-verify's floats hold them all.
_EVERYDAY = re.compile(
    r"-?(?:\d{1,12}|\d{1,9}\.\d{1,6}|\\frac\{-?\d{1,9}\}\{\d{1,9}\}|\d{0,9}\\sqrt\{\d{1,9}\}|\d{0,9}\\pi)", re.ASCII
)
# math-verify rounds before it compares: whether nearer numbers than this are equal is for it to say.
_VISIBLE = 1e-4


def constants_equal(left: str, right: str) -> bool | None:
    """Whether two whole numbers, decimals, fractions, roots or multiples of pi are equal; degrees are their number.

    Returns:
        Whether they are exactly equal or visibly apart; ``None`` if they are neither, or one is no such constant.
    """
    first, second = _constant(left), _constant(right)
    if first is None or second is None:
        return None
    if isinstance(first, Fraction) and isinstance(second, Fraction) and first == second:
        return True
    apart = abs(float(first) - float(second)) > _VISIBLE * max(1.0, abs(float(first)), abs(float(second)))
    return False if apart else None


def _constant(text: str) -> Number | None:
    text = _DEGREES.sub("", text)
    return latex_value(text) if _EVERYDAY.fullmatch(text) else None
