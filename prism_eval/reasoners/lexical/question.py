"""What a question asks for, told by its words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from prism_eval.reasoners.lexical.tokens import Token, content, normal, tokenize
from prism_eval.reasoners.lexical.vocabulary import DECISIVE, STOPWORDS

_YES_NO = re.compile(
    r"(^|, ?)(is|are|was|were|do|does|did|has|have|had|can|could|will|would)\b"
    r"|\b(true or false|is this (statement )?correct)\b"
)
_YEAR = re.compile(r"\b(which|what) (fiscal )?years?\b|^when\b|\bin (which|what) year")
_NUMBER = re.compile(
    r"\bwhat (share|number|amount|value|fraction|proportion|percentage|percent|total)\b|"
    r"\b(how (many|much|old|long|tall|far|high)|percent(age)?|what('s| is| was| are| were|) the (\w+ ){0,3}"
    r"(value|number|amount|sum|total|difference|average|mean|median|ratio|count|percentage|mode|score|rate))\b"
)
_NAME = re.compile(
    r"\bwhich\b"
    r"|^(in |at |for |from |to |of |by |on )?(who|whom|whose|where|what (?!(is|was|are|were|do|does|did)\b)\w+)\b"
)
# Conversations can be long, and what asks stands at the end.
_MOST_CHARACTERS = 10_000
_PLACEHOLDER = re.compile(r"<image ?\d+>")
# Three words or more in parentheses say how to write the answer; fewer belong to a name.
_REMARK = re.compile(r"\([^()\s]+\s[^()\s]+\s[^()]*\)")
_ASIDE = re.compile(r"\([^()]*\)")
# A full stop after a capital is an initial or an abbreviation, and ends no sentence.
_SENTENCE = re.compile(r"[^?\n]*?(?:\?+|(?<=[^A-Z][.!])(?=\s)|(?=\n)|$)")


class Wanted(StrEnum):
    """The sort of thing that would answer."""

    YES_NO = "yes or no"
    YEAR = "year"
    NUMBER = "number"
    NAME = "name"
    ANYTHING = "anything"


@dataclass(frozen=True, slots=True)
class Question:
    """A question's text with what is read off it.

    Attributes:
        text: The sentence that asks, in plain characters and lower case, without asides in parentheses.
        wanted: The sort of thing that would answer.
        keys: Its telling words and numbers.
        anchors: Those of them that a statement must share to be about the same thing: names, numbers, comparisons.
        known: Every telling word given, also by what leads up to the question; none of these is an answer. Remarks of
            three words or more in parentheses (how to write the answer) give nothing.
    """

    text: str
    wanted: Wanted
    keys: dict[str, Token]
    anchors: frozenset[str]
    known: frozenset[str]


def parse(text: str) -> Question:
    """Read a question off its text, to the last 10,000 characters of it."""
    plain = _PLACEHOLDER.sub(" ", normal(text[-_MOST_CHARACTERS:])).strip()
    asking = _asking(plain)
    tokens = tokenize(asking)
    keys = content(tokens)
    # The first word is written with a capital whatever it is.
    first = tokens[0].start if tokens else 0
    anchors = {key for key, token in keys.items() if _anchors(token, asking, first)}
    known = {token.key for token in tokenize(_REMARK.sub(" ", plain))} - STOPWORDS
    return Question(asking.casefold(), _wanted(asking.casefold()), keys, frozenset(anchors), frozenset(known))


def _asking(text: str) -> str:
    """The last sentence that ends in a question mark; the whole text if none does."""
    bare = _ASIDE.sub(" ", text)
    sentences = [sentence.strip() for sentence in _SENTENCE.findall(bare)]
    return next((sentence for sentence in reversed(sentences) if sentence.endswith("?")), bare.strip())


def _wanted(text: str) -> Wanted:
    # In this order: "is the number of ..." asks for yes or no, "which year has the highest number" for a year.
    tests = {Wanted.YES_NO: _YES_NO, Wanted.YEAR: _YEAR, Wanted.NUMBER: _NUMBER, Wanted.NAME: _NAME}
    return next((wanted for wanted, pattern in tests.items() if pattern.search(text)), Wanted.ANYTHING)


def _anchors(token: Token, text: str, first: int) -> bool:
    named = token.start > first and text[token.start].isupper()
    return named or token.value is not None or token.key in DECISIVE
