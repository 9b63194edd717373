"""Text to tokens that can be compared: words without case and plural, numbers by value."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

_TOKEN = re.compile(
    r"(?P<number>(?:(?<![\w)])[-−])?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?))"
    r"|[^\W\d_][^\W_]*(?:['’][^\W\d_]+)?"
)
_MOST_DIGITS = 18
_YEARS = range(1500, 2200)

STOPWORDS = frozenset(
    "a about according all also am an and any are as asked at based be been being both but by can chart could data "
    "depicted did diagram displayed do does each either figure following for from given graph had has have how i if "
    "image in into is it its itself me mean mentioned much my no of on one or our per picture plot represented "
    "represent says seen shown show so some such than that the their them there these they this those to us was we "
    "were what when where whether which who whom whose why will with would you your option answer question please "
    "respectively".split()
)
EXTREMES = {
    **dict.fromkeys(("highest", "largest", "biggest", "greatest", "maximum", "max", "peak", "peaked", "top"), 1),
    **dict.fromkeys(("longest", "tallest", "best", "main", "leading", "oldest", "fastest", "popular", "valuable"), 1),
    **dict.fromkeys(("lowest", "smallest", "least", "minimum", "min", "fewest", "shortest", "worst", "tiniest"), -1),
}
ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5}
NEGATIONS = frozenset("no not never none neither nor without false incorrect n't isn't doesn't don't wasn't".split())
COMPARISONS = frozenset(
    "sum total combined difference gap average median ratio add more less fewer greater above below over under "
    "increase decrease before after between".split()
)


class Token(NamedTuple):
    """A word or number: ``key`` to compare by, its place in the text, its ``value`` if it is a number."""

    key: str
    start: int
    end: int
    value: float | None = None

    @property
    def year(self) -> bool:
        """Whether the number could be a year."""
        return self.value is not None and self.value in _YEARS


def normal(text: str) -> str:
    """The text with compatibility forms of characters (full-width digits, ligatures) made plain."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def tokenize(text: str) -> list[Token]:
    """The tokens of normal text."""
    return [_token(match) for match in _TOKEN.finditer(text)]


def content(tokens: list[Token]) -> dict[str, Token]:
    """The first token of each key that says something, in order."""
    kept: dict[str, Token] = {}
    for token in tokens:
        if token.key not in STOPWORDS:
            kept.setdefault(token.key, token)
    return kept


def number_text(value: float) -> str:
    """A number to four decimals, without trailing zeros."""
    return f"{value:.4f}".rstrip("0").rstrip(".")


def _token(match: re.Match[str]) -> Token:
    text = match.group()
    if match["number"]:
        if len(text) > _MOST_DIGITS:
            return Token(text, *match.span())
        value = float(text.replace(",", "").replace("−", "-"))
        return Token(f"{value:.12g}", *match.span(), value)
    return Token(_stem(text.casefold().replace("’", "'")), *match.span())


def _stem(word: str) -> str:
    word = word.removesuffix("'s")
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
