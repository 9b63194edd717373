"""Numbers as captions and golds write them: 1,200 and 1.2k, 47 % and 47 percent, $5, 7:50, 3/4, twelve.

What the page marks in a caption (`prism_eval.report.explorer.marks`) shares the numerals, and no more: a mark has a
place in the text as it is shown, and is of the very number; here texts are folded, and one may be the other, rounded.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import lru_cache
from itertools import chain
from typing import Literal, NamedTuple

from prism_eval.leaderboard.losses.numerals import NUMERAL, parts, plain
from prism_eval.scoring.relaxed import TOLERANCE

_SMALL = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen
"""
_ROUND = "twenty thirty forty fifty sixty seventy eighty ninety"
_ONES, _TENS = _SMALL.split(), _ROUND.split()
_SPELT = {word: value for value, word in enumerate(_ONES)} | {word: 10 * n for n, word in enumerate(_TENS, start=2)}
_SCALES = {
    **dict.fromkeys(("k", "thousand"), 1e3),
    **dict.fromkeys(("m", "mn", "million"), 1e6),
    **dict.fromkeys(("b", "bn", "billion"), 1e9),
    "trillion": 1e12,
}
_NUMBER = re.compile(
    rf"""(?<![\w.])(?P<digits>(?-x:{NUMERAL})|\.\d+)
    (?: (?P<minute>:\d\d)(?!\w)
      | /(?P<under>\d+(?:\.\d+)?)(?![\w/])
      | (?P<percent>\s?(?:%|percent\b|per\ cent\b))
      | (?P<letter>k|mn?|bn?)\b
      | \s?(?P<scale>thousand|million|billion|trillion)\b
      | (?P<ordinal>st|nd|rd|th)\b )?""",
    re.VERBOSE,
)
_TIMES = {"dozen": 12, "hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9}
_UNDER = rf"(?:(?:{'|'.join(_TENS)})(?:[-\s](?:{'|'.join(_ONES[1:10])}))?\b|(?:{'|'.join(_ONES)})\b)"
_SCALE = rf"(?:[-\s](?:{'|'.join(_TIMES)})\b)"
# "Twelve", "a dozen", "one hundred and five", "two million three hundred thousand"; of "one two three" each by itself.
_WORD = re.compile(rf"\b(?:(?:{_UNDER}|a\b){_SCALE}+(?:[-\s](?:and[-\s])?{_UNDER}{_SCALE}*)*|{_UNDER})")
# The minus of "-3" and of "= -3", not the hyphen of "5-7" and "2010-2014".
_MINUS = re.compile(r"(?:^|[^\w)\]])[-\u2212][$€£¥]?$")
_SIGN = re.compile(r"[-\u2212]?\s?[$€£¥]?\s?$")
_YEARS = range(1500, 2200)
# Longer runs of digits are no amounts but names of things.
_LONGEST = 40
_ROUNDING = 1e-9

Kind = Literal["number", "percent", "year", "time"]


class Quantity(NamedTuple):
    """A number that a text holds.

    Attributes:
        values: What it may stand for: "45.3 million" is 45.3, too, where a question asks for millions.
        half: Half a unit of its last digit, for each of the values.
        kind: What sort of number it looks like.
        digits: How many significant digits it is written with.
        spelt: Whether it is written in letters.
    """

    values: tuple[float, ...]
    half: tuple[float, ...]
    kind: Kind
    digits: int
    spelt: bool

    def equals(self, other: Quantity) -> bool:
        """Whether they say the same, the one perhaps rounded; a half may be written as 50 %."""
        if self.kind != other.kind and "time" in {self.kind, other.kind}:
            return False
        return any(
            _same(value, reading, max(half, room))
            for value, half in zip(self.values, self.half, strict=True)
            for reading, room in other._readings(self.kind)
        )

    def near(self, gold: Quantity) -> bool:
        """Whether it is within the 5 % of a gold that charts' scorers allow; a year must be met."""
        if "year" in {self.kind, gold.kind}:
            return False
        return any(abs(one - two) <= TOLERANCE * abs(two) for one in self.values for two in gold.values)

    def _readings(self, kind: Kind) -> Iterable[tuple[float, float]]:
        """What it may be worth beside one of a kind, each with half a unit of its last digit."""
        readings = zip(self.values, self.half, strict=True)
        if kind == self.kind or "percent" not in {kind, self.kind}:
            return readings
        # A share in hundredths beside one in percent.
        scale = 0.01 if self.kind == "percent" else 100.0
        share = self.values[0] * min(scale, 1.0)
        return [*readings, (self.values[0] * scale, self.half[0] * scale)] if 0 < share <= 1 else readings


class Only(NamedTuple):
    """The one number of a text, and what follows it."""

    quantity: Quantity
    rest: str


def quantities(text: str, words: Collection[str]) -> list[Quantity]:
    """The different numbers in a text.

    Args:
        text: In lower case.
        words: The words in it: most texts spell no number, and need not be searched for one.
    """
    found = [quantity for match in _NUMBER.finditer(text) for quantity in _read(match.group(), _is_negative(match))]
    if not _SPELT.keys().isdisjoint(words) or not _TIMES.keys().isdisjoint(words):
        found += [_spelt(match) for match in _WORD.finditer(text)]
    # A chart's caption says some numbers again and again.
    return list(dict.fromkeys(found))


def only_quantity(text: str) -> Only | None:
    """The number that a text begins with, but for its sign and currency; ``None`` if it holds another besides."""
    lowered = text.lower()
    found = [*_NUMBER.finditer(lowered), *_WORD.finditer(lowered)]
    if len(found) != 1 or not _SIGN.match(lowered[: found[0].start()]):
        return None
    number = found[0]
    # Where it may be two it is one: nobody gives two numbers for an answer.
    read = _read(number.group(), _is_negative(number)) if number.re is _NUMBER else (_spelt(number),)
    return Only(read[0], text[number.end() :].strip()) if read else None


def _is_negative(number: re.Match[str]) -> bool:
    return _MINUS.search(number.string, max(0, number.start() - 3), number.start()) is not None


def _spelt(match: re.Match[str]) -> Quantity:
    whole = part = 0
    for word in re.split(r"[-\s]", match.group()):
        part += _SPELT.get(word, 0)
        times = _TIMES.get(word, 1)
        if times >= 1000:
            whole, part = whole + (part or 1) * times, 0
        elif times > 1:
            part = (part or 1) * times
    value = whole + part
    return Quantity((float(value),), (0.5,), "number", len(str(value).rstrip("0")) or 1, spelt=True)


# And captions of one image say the same.
@lru_cache(maxsize=16_384)
def _read(text: str, minus: bool) -> tuple[Quantity, ...]:
    """The number that is written; after it, where that is doubtful, those that it may be instead."""
    match = _NUMBER.match(text)
    if match is None or match["ordinal"] or len(text) > _LONGEST:
        return ()
    pieces = [part.group() for part in parts(match["digits"])]
    if pieces:
        pieces[-1] += text[match.end("digits") :]
    others = [_read(piece, minus and not place) for place, piece in enumerate(pieces)]
    return (_quantity(match, minus), *chain.from_iterable(others))


def _quantity(match: re.Match[str], minus: bool) -> Quantity:
    digits = plain(match["digits"])
    value, half = float(digits) * (-1 if minus else 1), 0.5 * 10.0 ** -len(digits.partition(".")[2])
    if match["minute"]:
        return Quantity((60 * value + int(match["minute"][1:]),), (0.0,), "time", 3, spelt=False)
    values: tuple[float, ...] = (value,)
    halves: tuple[float, ...] = (half,)
    if scale := _SCALES.get(match["letter"] or match["scale"] or ""):
        values, halves = (value, value * scale), (half, half * scale)
    elif match["under"] and float(match["under"]):
        values, halves = (value / float(match["under"]), value), (_ROUNDING, half)
    year = match.group() == digits and len(digits) == 4 and digits.isdigit() and value in _YEARS
    kind: Kind = "percent" if match["percent"] else "year" if year else "number"
    return Quantity(values, halves, kind, len(digits.replace(".", "").strip("0")) or 1, spelt=False)


def _same(one: float, two: float, room: float) -> bool:
    apart = abs(one - two)
    # Rounded, but not so far that a scorer would not take the one for the other.
    return apart <= _ROUNDING * abs(two) or (apart <= room * (1 + _ROUNDING) and apart <= TOLERANCE * abs(two))
