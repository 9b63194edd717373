r"""The number a short LaTeX expression stands for, read by a small recursive descent.

Nothing is evaluated as code. Fractions are exact only as long as they are small: a tower of powers turns into a float,
which overflows at once instead of being computed for ever.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection
from fractions import Fraction

from prism_eval.errors import PrismError

Number = Fraction | float

_TOKEN = re.compile(
    r"\\[a-zA-Z]+|\\[{}|!,;: %$\\]|(?:\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)(?:\\%)?|tr|[a-zA-Z]|\S", re.ASCII
)
_DIGITS = re.compile(r"\.?[0-9]")
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
    "\\exp": math.exp,
}
_CONSTANTS = {"\\pi": math.pi}
_FRACTIONS = {"\\frac", "\\dfrac", "\\tfrac"}
_TIMES = {"*", "\\times", "\\cdot"}
_OVER = {"/", "\\div", ":"}
_CLOSING = {"(": ")", "[": "]", "{": "}", "\\{": "\\}", "\\lfloor": "\\rfloor"}
# They change how a formula looks, never what it is worth.
_IGNORED = {"$", "~", "\\left", "\\right", "\\,", "\\quad", "\\qquad", "\\displaystyle"}
# What may follow a number without a sign between them: 2\pi, 3\sqrt{2}, 2(1+1).
_OPEN_FACTOR = {"(", "[", "{", "e", "\\sqrt", "\\log", "\\binom", "\\lfloor", *_FRACTIONS, *_CONSTANTS, *_FUNCTIONS}
# Where latex2sympy's grammar ends an expression, whatever follows. "tr" is its trace of a matrix: "2 triangles" is 2.
_ENDS = {"}", ")", "]", "\\}", ".", "&", "'", "_", "\\\\", "\\to", "\\rightarrow", "tr"}
# The largest whose factorial a float holds.
_LARGEST_FACTORIAL = 170


class _UnreadableError(PrismError):
    """Not an expression of numbers; never leaves this module."""


def latex_value(text: str, *, leading: bool = False) -> Number | None:
    r"""The value of an expression of numbers, fractions, roots, powers, ``\pi`` and elementary functions.

    Args:
        text: The expression.
        leading: Whether an expression counts that ends before the text does, as it does for latex2sympy2 1.9.1: ``5)``,
            ``5.x`` and ``20_3`` are 5, 5 and 20.

    Returns:
        The value; ``None`` if the text holds anything else, is longer than 300 characters, or has no finite value.
    """
    if len(text) > _LONGEST:
        return None
    reader = _Reader([token for token in _TOKEN.findall(text) if token not in _IGNORED])
    try:
        value = reader.whole(_ENDS if leading else ())
        return value if math.isfinite(value) else None
    except (_UnreadableError, ArithmeticError, ValueError):
        return None


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def whole(self, ends: Collection[str]) -> Number:
        value = self._sum()
        # "5 apples" is not 5.
        if self._next is not None and self._next not in ends:
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
            elif _DIGITS.match(token) or token in _OPEN_FACTOR:
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
        value = self._atom()
        # To the left, as latex2sympy has it; LaTeX itself takes no 2^3^2.
        while self._next == "^":
            self._take()
            value = _raised(value, self._nested(self._atom))
        while self._next == "!":
            self._take()
            value = _factorial(value)
        return value

    def _atom(self) -> Number:
        token = self._take()
        if _DIGITS.match(token):
            return Fraction(token.removesuffix("\\%").replace(",", "")) / (100 if token.endswith("%") else 1)
        # Alone it is any letter, as x is.
        if token == "e" and self._next == "^":
            return math.e
        if token in _CONSTANTS:
            return _CONSTANTS[token]
        if token in _CLOSING:
            value = self._enclosed(_CLOSING[token])
            return Fraction(math.floor(value)) if token == "\\lfloor" else value
        return self._nested(lambda: self._command(token))

    def _enclosed(self, closing: str) -> Number:
        value = self._nested(self._sum)
        self._expect(closing)
        return value

    def _command(self, token: str) -> Number:
        if token in _FRACTIONS:
            return _bounded(self._argument() / self._argument())
        if token == "\\binom":
            return Fraction(math.comb(_whole(self._argument()), _whole(self._argument())))
        if token == "\\sqrt":
            return self._root()
        if token == "\\log":
            return self._logarithm()
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

    def _logarithm(self) -> Number:
        base: Number = 10
        if self._next == "_":
            self._take()
            base = self._nested(self._atom)
        return math.log(self._power()) / math.log(base)


def _factorial(value: Number) -> Number:
    return _bounded(Fraction(math.factorial(_whole(value))))


def _whole(value: Number) -> int:
    if value != int(value) or not 0 <= value <= _LARGEST_FACTORIAL:
        raise _UnreadableError(str(value))
    return int(value)


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
