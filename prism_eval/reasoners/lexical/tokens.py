"""Text to tokens that can be compared: words without case and plural, numbers by value."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from prism_eval.reasoners.lexical.vocabulary import STOPWORDS

# A hyphen between numbers or words is no minus: "2010-2014" is two years.
_TOKEN = re.compile(
    r"(?:(?<![\w)])-)?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"|[^\W\d_][^\W_]*(?:'[^\W\d_]+)?"
)
# Longer runs of digits are no amounts but numbers of things; they are compared as text.
_MOST_DIGITS = 18
_YEARS = range(1500, 2200)
_PLAIN = {ord("\N{MINUS SIGN}"): "-", ord("\N{RIGHT SINGLE QUOTATION MARK}"): "'"}


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
    """The text with compatibility forms of characters (full-width digits, ligatures, minus signs) made plain."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text).translate(_PLAIN)


def tokenize(text: str) -> list[Token]:
    """The tokens of a text that `normal` made plain, in order, stop words included."""
    return [Token(_key(match.group()), *match.span(), _value(match.group())) for match in _TOKEN.finditer(text)]


def keys_in(text: str) -> list[str]:
    """The keys of the tokens of normal text."""
    return [_key(word) for word in _TOKEN.findall(text)]


def telling(text: str) -> frozenset[str]:
    """The keys in a name or option that say something; all of them if none does, as in "A"."""
    keys = keys_in(text)
    return frozenset(key for key in keys if key not in STOPWORDS) or frozenset(keys)


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


# A question's words meet a caption's again and again.
@lru_cache(maxsize=32_768)
def _key(word: str) -> str:
    value = _value(word)
    return _stem(word.casefold()) if value is None else f"{value:.12g}"


def _value(word: str) -> float | None:
    """What a number is worth; ``None`` for a word, and for digits without end, which are compared as text."""
    if not word[-1].isdecimal() or word[0].isalpha() or len(word) > _MOST_DIGITS:
        return None
    return float(word.replace(",", ""))


def _stem(word: str) -> str:
    word = word.removesuffix("'s")
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    # "Class", "focus" and "axis" are no plurals.
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
