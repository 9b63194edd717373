"""What of an item's gold answers can be looked for in a caption."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from prism_eval.leaderboard.losses.quantities import Quantity, only_quantity
from prism_eval.leaderboard.losses.sought import NumberSought, Sought, TextSought
from prism_eval.leaderboard.losses.statements import folded, plain_words
from prism_eval.reasoners.lexical.vocabulary import STOPWORDS
from prism_eval.schema import ItemKind, option_letters
from prism_eval.scoring.literals import list_elements
from prism_eval.scoring.wording import is_abstention, is_shut

# A unit or a noun or two may follow a number: "45 km/h", "12 square metres". A capital makes it a name: "7 Samurai".
_UNIT = re.compile(r"\s?(?:[^\W\d_A-Z][\w/^²³]{0,14}|[%°ΩA-Z]{1,3}[a-z]?|[°€£$])(?:\s[a-z]{1,12}){0,2}\.?")
_UNQUOTED_LIST = re.compile(r"\[([^\[\]]*)\]")
# What is drawn beside its letter, and what only refers to other options: no caption says that.
_NO_TEXT = re.compile(
    r"<image ?\d+>|(?:option|choice|figure|image|picture|graph|diagram)\s?\(?\w\)?|\(?[a-z]?\)?", re.IGNORECASE
)
_OF_OTHERS = re.compile(
    r"\b(?:none|all|both|neither|any|no correct|other|cannot)\b.*"
    r"(?:above|below|these|answer|options?|them|determined)\b"
)

Gold = tuple[Sought, ...]
"""One accepted answer: of a list, every element must be said."""


def golds_of(kind: ItemKind, golds: Sequence[str], options: Sequence[str]) -> tuple[Gold, ...]:
    """What can be looked for, by gold; empty where nothing can be.

    Yes and no, letters, words that every text has, options that are drawn or refer to others, cannot be.

    Args:
        kind: The item's kind.
        golds: Its accepted answers; letters for multiple choice.
        options: Its options' texts.
    """
    if kind is not ItemKind.CHOICE:
        found = [_gold(gold) for gold in golds]
    else:
        texts = dict(zip(option_letters(len(options)), options, strict=True))
        found = [_option(texts[gold], options) for gold in golds if gold in texts]
    return tuple(gold for gold in found if gold)


def _option(text: str, options: Sequence[str]) -> Gold:
    if _NO_TEXT.fullmatch(text.strip()) or _OF_OTHERS.search(text.lower()):
        return ()
    phrases = [plain_words(folded(option)) for option in options]
    own = plain_words(folded(text))
    return _whole([_sought(text, tuple(phrase for phrase in phrases if phrase != own))])


def _gold(text: str) -> Gold:
    inside = _UNQUOTED_LIST.fullmatch(text.strip())
    if inside is None:
        return _whole([_sought(text)])
    return _whole(_sought(str(element)) for element in list_elements(text.strip()) or inside[1].split(","))


def _whole(parts: Iterable[Sought | None]) -> Gold:
    parts = list(parts)
    found = [part for part in parts if part is not None]
    return tuple(found) if len(found) == len(parts) else ()


def _sought(text: str, options: tuple[str, ...] | None = None) -> Sought | None:
    text = text.strip().strip("'\"")
    phrase = plain_words(folded(text))
    if is_shut(text) or is_abstention(text, "unanswerable") or (len(phrase) < 2 and not phrase.isdigit()):
        return None
    if (number := _number(text)) is not None:
        return NumberSought(number)
    return None if STOPWORDS.issuperset(phrase.split()) else TextSought(phrase, options)


def _number(text: str) -> Quantity | None:
    """The number that a text is, perhaps with its unit."""
    found = only_quantity(text)
    return found.quantity if found and (not found.rest or _UNIT.fullmatch(found.rest)) else None
