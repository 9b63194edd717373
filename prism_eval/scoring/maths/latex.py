r"""The number a short LaTeX expression stands for, read by a small recursive descent.

Nothing is evaluated as code. Fractions are exact only as long as they are small: a tower of powers turns into a float,
which overflows at once instead of being computed for ever.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from fractions import Fraction

from prism_eval.errors import PrismError

Number = Fraction | float

_TOKEN = re.compile(r"\\[a-zA-Z]+|\\[{}|!,;: %$]|\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+|[a-zA-Z]|\S")
# No number a school book asks for takes more; what is longer is prose.
_LONGEST = 300
# Each level is a few calls of Python's own stack.
_DEEPEST = 40
# Beyond a thousand bytes an exact fraction tells nothing that a float does not, and costs more with every step.
_MOST_BITS = 8_000
_FUNCTIONS: dict[str, Callable[[float], float]] = {
    "\\sin": math.sin,
    "\\cos": math.cos,
    "\\tan": math.tan,
    "\\arcsin": math.asin,
    "\\arccos": math.acos,
    "\\arctan": math.atan,
    "\\ln": math.log,
    "\\log": math.log10,
    "\\exp": math.exp,
}
_CONSTANTS = {"\\pi": math.pi}
_FRACTIONS = {"\\frac", "\\dfrac", "\\tfrac"}
_TIMES = {"*", "\\times", "\\cdot"}
_OVER = {"/", "\\div", ":"}
_CLOSING = {"(": ")", "[": "]", "{": "}", "\\{": "\\}"}
# They change how a formula looks, never what it is worth.
_IGNORED = {"$", "\\$", "\\left", "\\right", "\\,", "\\;", "\\:", "\\!", "\\ ", "\\displaystyle"}
# What may follow a number without a sign between them: 2\pi, 3\sqrt{2}, 2(1+1).
_OPEN_FACTOR = {"(", "{", "\\sqrt", *_FRACTIONS, *_CONSTANTS, *_FUNCTIONS}


class _UnreadableError(PrismError):
    """Not an expression of numbers; never leaves this module."""


def latex_value(text: str) -> Number | None:
    r"""The value of an expression of numbers, fractions, roots, powers, ``\pi`` and elementary functions.

    A closing brace that nothing opened ends the expression, as it does for the parsers of the benchmarks' authors.

    Returns:
        The value; ``None`` if the text holds anything else, is longer than 300 characters, or has no finite value.
    """
    if len(text) > _LONGEST:
        return None
    reader = _Reader([token for token in _TOKEN.findall(text) if token not in _IGNORED])
    try:
        value = reader.whole()
        return value if math.isfinite(value) else None
    except (_UnreadableError, ArithmeticError, ValueError):
        return None


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def whole(self) -> Number:
        value = self._sum()
        # "5 apples" is not 5.
        if self._next not in {None, "}"}:
            raise _UnreadableError(self._next)
        return value

    @property
    def _next(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self) -> str:
        token = self._next
        if token is None:
            raise _UnreadableError("end of text")
        self._at += 1
        return token

    def _expect(self, token: str) -> None:
        if self._take() != token:
            raise _UnreadableError(token)

    def _nested(self, read: Callable[[], Number]) -> Number:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _UnreadableError("nested too deeply")
        value = read()
        self._depth -= 1
        return value

    def _sum(self) -> Number:
        value = self._product()
        while self._next in {"+", "-"}:
            value = _bounded(value + self._product() if self._take() == "+" else value - self._product())
        return value

    def _product(self) -> Number:
        value = self._signed()
        while (token := self._next) is not None:
            if token in _TIMES:
                self._take()
                value = _bounded(value * self._signed())
            elif token in _OVER:
                self._take()
                value = _bounded(value / self._signed())
            elif token[0].isdecimal() or token in _OPEN_FACTOR:
                value = _bounded(value * self._power())
            else:
                break
        return value

    def _signed(self) -> Number:
        sign = 1
        while self._next in {"+", "-"}:
            sign = -sign if self._take() == "-" else sign
        return sign * self._power()

    def _power(self) -> Number:
        base = self._atom()
        if self._next != "^":
            return base
        self._take()
        # To the right: 2^3^2 is 2^9.
        return _raised(base, self._nested(self._signed if self._next == "-" else self._power))

    def _atom(self) -> Number:
        token = self._take()
        if token[0].isdecimal() or (token[0] == "." and len(token) > 1):
            return Fraction(token.replace(",", ""))
        if token in _CONSTANTS:
            return _CONSTANTS[token]
        if token in _CLOSING:
            return self._enclosed(_CLOSING[token])
        return self._nested(lambda: self._command(token))

    def _enclosed(self, closing: str) -> Number:
        value = self._nested(self._sum)
        self._expect(closing)
        return value

    def _command(self, token: str) -> Number:
        if token in _FRACTIONS:
            return _bounded(self._argument() / self._argument())
        if token == "\\sqrt":
            return self._root()
        if token in _FUNCTIONS:
            return _FUNCTIONS[token](float(self._power()))
        raise _UnreadableError(token)

    def _argument(self) -> Number:
        self._expect("{")
        return self._enclosed("}")

    def _root(self) -> Number:
        degree: Number = 2
        if self._next == "[":
            self._take()
            degree = self._enclosed("]")
        radicand = float(self._argument())
        return math.sqrt(radicand) if degree == 2 else math.pow(radicand, 1 / float(degree))


def _raised(base: Number, exponent: Number) -> Number:
    # Asked before it is computed: the bits of a tower of powers would fill the memory first.
    if isinstance(base, Fraction) and exponent == int(exponent) and abs(float(exponent)) * _bits(base) <= _MOST_BITS:
        return base ** int(exponent)
    return math.pow(float(base), float(exponent))


def _bounded(value: Number) -> Number:
    # A float overflows, which ends the reading; a fraction would go on growing.
    return float(value) if isinstance(value, Fraction) and _bits(value) > _MOST_BITS else value


def _bits(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())
