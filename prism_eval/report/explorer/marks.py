"""The words of a caption that decide: where it says an accepted answer, and where the one that was given instead.

An answer is looked for as its words, one after the other, whatever their case and what stands between them. One that is
a number, perhaps with a unit, is looked for as that number, however it is written: ``1,200`` is ``1200.0`` and also
``1 200``, and ``three`` is ``3``. Of a multiple-choice question the option's text counts and not its letter. Yes, no
and the like are looked for nowhere: they stand in many captions and decide nothing there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import lru_cache

from prism_eval.leaderboard.losses.numerals import NUMERAL, parts, plain
from prism_eval.schema import ItemKind, option_letters
from prism_eval.scoring.tidying import tidy
from prism_eval.scoring.wording import is_shut

_SPELT = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_DIGITS = rf"[-\u2212]?{NUMERAL}"
_NUMBER = re.compile(rf"(?<![\w.]){_DIGITS}|\b(?:{'|'.join(_SPELT)})\b", re.IGNORECASE)
_WITH_UNIT = re.compile(rf"[$€£¥]?\s?({_DIGITS})\s?(?:%|[^\W\d]{{0,14}}(?:\s[^\W\d]{{1,12}})?)")
_WORD = re.compile(r"\w+(?:[.,'\u2019]\w+)*")
# Chinese and Japanese write no blanks between words.
_UNSPACED = re.compile(r"[\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff]")
_MOST_WORDS, _MOST_MARKS, _LONGEST_NUMBER = 12, 40, 40

Span = tuple[int, int]
"""Where a mark begins and ends, as JavaScript counts characters: in units of UTF-16."""


def sought(kind: str | None, answers: Iterable[str], options: Sequence[str]) -> tuple[str, ...]:
    """What to look for: the answers, letters of options replaced by what the options say."""
    texts = dict(zip(option_letters(len(options)), options, strict=True)) if kind == ItemKind.CHOICE else {}
    said = (tidy(texts.get(answer, answer)) for answer in answers)
    return tuple(dict.fromkeys(text for text in said if text and not is_shut(text)))


def marks(text: str, answers: Sequence[str], but: Sequence[Span] = ()) -> list[Span]:
    """Where a text says one of the answers, in order, without overlaps.

    Args:
        text: What a captioner wrote, as it is shown.
        answers: As `sought` gives them.
        but: Marks that are there already; what lies under one is not marked again.
    """
    found: list[Span] = []
    lowered = text.casefold() if text.isascii() else text.lower()
    for start, end in sorted(span for answer in answers for span in _spans(text, lowered, answer)):
        if not found or start >= found[-1][1]:
            found.append((start, end))
    # Most captions hold nothing beyond the first plane, where both ways of counting agree.
    if max(text, default="") > "\uffff":
        found = [(_units(text[:start]), _units(text[:end])) for start, end in found]
    return [span for span in found if not any(span[0] < end and start < span[1] for start, end in but)][:_MOST_MARKS]


def _units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)


def _spans(text: str, lowered: str, answer: str) -> Iterable[Span]:
    number, pattern, word = _pattern(answer)
    # Looked for as it is first: most captions lack it, and this is the quickest way to know.
    phrase = [match.span() for match in pattern.finditer(text)] if pattern and word in lowered else []
    if phrase or number is None:
        return phrase
    return [span for match in _NUMBER.finditer(text) for span in _of_number(match, number)]


def _of_number(match: re.Match[str], number: Decimal) -> Iterator[Span]:
    written, start = match.group(), match.start()
    if _value(written) == number:
        yield match.span()
        return
    for part in parts(written.lstrip("-\u2212")):
        if _value(part.group()) == number:
            at = start + len(written) - len(part.string) + part.start()
            yield at, at + len(part.group())


@lru_cache(maxsize=4096)
def _pattern(answer: str) -> tuple[Decimal | None, re.Pattern[str] | None, str]:
    """The number that an answer is, what finds it word by word, and its first word."""
    written = _WITH_UNIT.fullmatch(answer)
    spelt = answer.lower() in _SPELT
    number = _value(written[1]) if written else _value(answer) if spelt else None
    words = _WORD.findall(answer)
    # A lone letter stands in every caption; a lone number is looked for by its value.
    if not 1 <= len(words) <= _MOST_WORDS or len(answer) == 1 or (number is not None and len(words) == 1):
        return number, None, ""
    before = "" if _UNSPACED.match(words[0]) else r"(?<!\w)"
    after = "" if _UNSPACED.match(words[-1][-1]) else r"(?!\w)"
    joined = r"[\W_]{1,4}".join(map(re.escape, words))
    return number, re.compile(before + joined + after, re.IGNORECASE), words[0].lower()


def _value(written: str) -> Decimal | None:
    if written.lower() in _SPELT:
        return Decimal(_SPELT.index(written.lower()))
    if len(written) > _LONGEST_NUMBER:
        return None
    return Decimal(plain(written.replace("\u2212", "-")))
