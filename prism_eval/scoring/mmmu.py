"""MMMU and MMMU-Pro: a letter in brackets, alone, or by its text; open answers by numbers and substrings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from prism_eval.schema import Item, ItemKind
from prism_eval.scoring.base import Comparison, Scorer
from prism_eval.scoring.choice import Choice
from prism_eval.scoring.wording import is_no_number

_ENDS = (",", ".", "!", "?", ";", ":", "'")
_INDICATORS = ("could be ", "so ", "is ", "thus ", "therefore ", "final ", "answer ", "result ")
_WITH_COMMAS = re.compile(r"-?\b\d{1,3}(?:,\d{3})+\b")
# The look-behinds change no match: a number that fails from its first digit fails from every later one. They keep
# long runs of digits linear.
_SCIENTIFIC = re.compile(r"-?(?<!\d)\d+(?:\.\d+)?[eE][+-]?\d+")
_SIMPLE = re.compile(r"-?(?:(?<!\d)\d+\.\d+|\.\d+|(?<!\d)\d+\b)(?![eE][+-]?\d+)(?![,\d])")

_Reading = str | float


@dataclass(kw_only=True)
class MMMU(Scorer):
    """MMMU's rules (``mmmu/utils/eval_utils.py`` of its repository), with "no answer" for their random letter."""

    name: ClassVar[str] = "mmmu"
    quick: ClassVar[bool] = True
    guesses: ClassVar[bool] = True

    def parse(self, item: Item, reply: str) -> str | None:
        """The last option letter by form, else by text; an open reply whole."""
        if item.kind is not ItemKind.CHOICE:
            return reply
        return _letter(item, reply, (" {} ",))

    def is_undecided(self, item: Item, written: str) -> bool:
        """Also of several numbers, since the comparison looks for the gold among all that an answer holds."""
        several = item.kind is ItemKind.SHORT and is_no_number(written) and not any(map(is_no_number, item.golds))
        return several or super().is_undecided(item, written)

    def compare(self, item: Item, extracted: str) -> Comparison:
        """Equal letters; or, for open questions, an equal number or a gold inside a key phrase."""
        if item.kind is ItemKind.CHOICE:
            return Comparison(float(extracted in item.golds))
        # Of "x=3" and "U.S." the authors' reading keeps "3" and "u.s", which are not in themselves.
        if extracted in item.golds:
            return Comparison(1.0)
        golds = [gold for text in item.golds for gold in _normalise(text)]
        return Comparison(float(any(_matches(answer, golds) for answer in read_open(extracted))))


@dataclass(kw_only=True)
class MMMUPro(Choice):
    """MMMU-Pro's rule (``mmmu-pro/evaluate.py`` of its repository), with "no answer" for its random letter."""

    name: ClassVar[str] = "mmmu_pro"
    guesses: ClassVar[bool] = True

    def parse(self, item: Item, reply: str) -> str | None:
        """The only option letter after the last "Answer:", else as MMMU does, with looser letters."""
        _, marker, stated = reply.rpartition("Answer:")
        within = [letter for letter in item.letters if letter in stated] if marker else []
        return within[0] if len(within) == 1 else _letter(item, reply, ("{} ", "{}."))


def _letter(item: Item, reply: str, forms: Iterable[str]) -> str | None:
    for end in _ENDS:
        reply = reply.strip(end)
    # So that a letter at either end stands between blanks, too.
    reply = f" {reply} "
    for form in ("({})", *forms):
        found = [letter for letter in item.letters if form.format(letter) in reply]
        if found:
            return _last(found, reply, "({})" if form == "({})" else " {} ")
    # The authors look for an option's text in sentences only.
    if len(reply.split()) <= 5:
        return None
    lowered = reply.lower()
    texts = {letter: text.lower() for letter, text in item.lettered}
    found = [letter for letter, text in texts.items() if text in lowered]
    return max(found, key=lambda letter: lowered.rfind(texts[letter])) if found else None


def _last(letters: list[str], reply: str, form: str) -> str:
    return max(letters, key=lambda letter: reply.rfind(form.format(letter)))


def read_open(reply: str) -> set[_Reading]:
    """The strings and the numbers, rounded to two decimals, that an open reply may mean."""
    phrases = _key_phrases(reply)
    texts = phrases + [number for phrase in phrases for number in _numbers(phrase)]
    return {answer for text in texts for answer in _normalise(text)}


def _key_phrases(reply: str) -> list[str]:
    lines = reply.strip().strip(".").lower().split("\n")
    phrases = [_shortest_tail(line, _INDICATORS) for line in lines[:-1]]
    phrases.append(_shortest_tail(lines[-1], (*_INDICATORS, "=")))
    return [phrase for phrase in phrases if phrase and phrase not in _ENDS] or ["\n".join(lines)]


def _shortest_tail(line: str, indicators: Iterable[str]) -> str:
    shortest = ""
    for tail in (line.rpartition(mark)[2].strip() for mark in indicators if mark in line):
        if not shortest or len(tail) < len(shortest):
            shortest = tail
    return shortest


def _numbers(text: str) -> list[str]:
    return [number for pattern in (_WITH_COMMAS, _SCIENTIFIC, _SIMPLE) for number in pattern.findall(text)]


def _normalise(text: str) -> list[_Reading]:
    text = text.strip()
    try:
        return [round(float(text.replace(",", "")), 2)]
    except ValueError:
        lowered = text.lower()
        # A gold "a" shall not be found inside of every word.
        return [f" {lowered}", f"{lowered} "] if len(lowered) == 1 else [lowered]


def _matches(answer: _Reading, golds: list[_Reading]) -> bool:
    if isinstance(answer, str):
        return any(isinstance(gold, str) and gold in answer for gold in golds)
    return answer in golds
