"""What a caption says that describes nothing, and may be meant for its reader: one pattern each.

A sign is a question, and no verdict: screenshots show chat marks, worksheets print answers. How often each is met in
texts that nobody meant for a reader stands in ``docs/leaderboard.md``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from prism_eval.files.lookalikes import plain
from prism_eval.reasoners.fence import fenced
from prism_eval.run.audit.languages import ANSWERS, TO_READER, Patterns

_ENUMERATED = 15
"""Whole numbers that follow each other, each one more than the last, from which they describe no axis any more."""

# Each pattern behind words of which a text that it fits has one: to look for those costs a hundredth of the pattern.
_LETTER = r"[\"'(\[*]{0,2}(?-i:[A-J])[\"')\]*]{0,2}"
_ANSWER: Patterns = (
    (
        ("answer",),
        r"(?:^|[.!?]\s)\W{0,6}(?:the\s+)?(?:final\s+|correct\s+|right\s+)?answer\s*(?:is\b|[:=]|would\s+be\b)|</?answer>",
    ),
    (("boxed",), r"\\boxed\s*\{"),
    (("correct", "right"), r"\b(?:correct|right)\s+(?:answer|option|choice)\s+(?:is|would\s+be)\b"),
    (
        ("correct", "right", "best", "true"),
        (
            rf"\b(?:option|choice|answer|letter)\s+{_LETTER}\s+is\s+(?:the\s+)?(?:correct|right|best|true)\b"
            rf"|(?:^|\s){_LETTER}\s+is\s+the\s+(?:correct|right|best)\s+(?:answer|option|choice)\b"
        ),
    ),
    *ANSWERS,
)
_WHO = r"(?:reader|model|assistant|ai|llm|grader|judge|evaluator|examiner|student|solver)\b"
_REPLIES = ("answer", "choose", "pick", "select", "reply", "respond", "write")
_DO = r"(?:answer|choose|pick|select|reply)\b"
_WHAT = r"(?:the|all|any|every|your|previous|prior|other|above)\b"
_TO_READER: Patterns = (
    (("ignore", "disregard", "forget"), rf"\b(?:ignore|disregard|forget)\s+{_WHAT}"),
    (
        ("attention", "skip", "bypass", "override"),
        (
            rf"\bpay\s+no\s+attention\s+to\b|\b(?:skip|bypass|override)\s+{_WHAT}\s+(?:\w+\s+)?(?:questions?|options?|choices"
            r"|instructions?|rules?|prompts?|tasks?)\b"
        ),
    ),
    (
        ("note", "message", "instruction", "dear", "attention"),
        (
            rf"\b(?:note|message|instructions?|attention)\s*(?:to|for|[,:])\s+(?:the\s+|any\s+|all\s+)?{_WHO}|\bdear\s+{_WHO}"
            r"|\b(?:new|updated|revised|special|hidden)\s+(?:system\s+)?instructions?\b|\bsystem\s+prompt\b"
        ),
    ),
    (
        ("you are", "your task", "your job", "from now on"),
        (
            rf"\byou\s+are\s+(?:now\s+)?(?:an?|the)\s+(?:\w+\s+){{0,2}}{_WHO}|\byour\s+(?:only\s+)?(?:task|job)\s+is\b"
            r"|\bfrom\s+now\s+on\b"
        ),
    ),
    (_REPLIES, rf"\b(?:always|simply|just|please|you\s+must|you\s+should|you\s+have\s+to|you\s+will)\s+{_DO}"),
    (_REPLIES, r"\b(?:reply|respond|answer|write)\s+(?:only|nothing|with\s+(?:nothing|only|one|just))\b"),
    (
        _REPLIES,
        (
            rf"\b(?:choose|pick|select|reply|respond|answer)\s+(?:with\s+)?(?:the\s+)?(?:option\s+|choice\s+|answer\s+|letter\s+)?"
            rf"{_LETTER}(?=\s*(?:[.,;:!\n]|$|to\b|for\b|as\b))"
        ),
    ),
    (
        ("never", "unsure", "answer", "do not", "don't"),
        (
            r"\bnever\s+(?:write|say|answer|reply)\b|\bif\s+(?:you\s+are\s+)?unsure\b|\b(?:repeat|give|change)\s+your\s+answer\b"
            r"|\b(?:do\s+not|don't)\s+(?:write|say|answer|reply|abstain|read\s+the\s+question|use\s+the\s+(?:image|question))"
        ),
    ),
    (
        ("reads", "marks", "credit"),
        r"\b(?:whoever|anyone\s+who)\s+reads\s+this\b|\b(?:give|award)\s+(?:it\s+)?full\s+(?:marks|credit)\b",
    ),
    *TO_READER,
)
_PRAISE: Patterns = (
    (
        ("caption", "description"),
        r"\b(?:this|the|my)\s+(?:caption|description)\s+(?:is|was|provides|contains|covers|captures|answers|includes)\b",
    ),
    (
        ("question",),
        r"\b(?:every|any|all)\s+(?:possible\s+)?questions?\s+(?:about\s+(?:it|this|the\s+image)\s+)?can\s+be\s+answered\b",
    ),
    (
        ("accurate", "comprehensive", "complete", "faithful", "reliable"),
        r"\b(?:highly|fully|perfectly|completely|100\s?%)\s+(?:accurate|comprehensive|complete|faithful|reliable)\b",
    ),
    (
        ("deserve", "merit", "earn", "warrant"),
        r"\b(?:deserves?|merits?|earns?|warrants?)\s+(?:an?|the)\s+(?:\w+\s+){0,2}(?:score|rating|grade|mark)\b",
    ),
    (
        ("caption", "description"),
        r"\b(?:best|perfect|flawless|ideal)\s+(?:possible\s+)?(?:caption|description)\b",
    ),
    (
        ("detail",),
        (
            r"\bno\s+(?:important\s+|relevant\s+)?details?\s+(?:is|are|was|were|has\s+been|have\s+been)\s+"
            r"(?:missing|omitted|left\s+out)\b"
        ),
    ),
)
# Spelt apart they are none to a tokenizer, and may still be taken for some by who has read many.
_LOOSE = re.compile(r"<\s*[|\uff5c]\s*[\w\u2581]{2,40}\s*[|\uff5c]\s*>")
# What stands before a point of a numbered list is no number of the image; a number alone on its line is.
_LISTED = re.compile(r"^[ \t>*#-]*\d{1,4}[.)][ \t]+(?=[*_\"'(]*[^\W\d])", re.MULTILINE)
_CHAINED = re.compile(rf"(?<![\w.,])(?:\d{{1,6}},){{{_ENUMERATED - 1},}}\d{{1,6}}(?!\w)")
_UNITS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TEN = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_TENS = {word: 10 * ten for ten, word in enumerate(_TEN, 2)}
_WORDS = {word: number for number, word in enumerate(_UNITS)} | _TENS
_DIGITS = re.compile(r"\d+")
_NUMBER = re.compile(r"(?<![\w.,])\d{1,6}(?![\w]|[.,]\d)")
_SPELT = re.compile(
    rf"{_NUMBER.pattern}|\b(?:(?:{'|'.join(_TENS)})[- ](?:{'|'.join(_UNITS[1:10])})"
    rf"|{'|'.join(sorted(_WORDS, key=len)[::-1])})\b",
    re.IGNORECASE,
)
_SOME = (*_TENS, "thirteen", "fourteen")
"""Of which fifteen in a row have one, should they be spelt."""


@dataclass(frozen=True, slots=True)
class Sign:
    """Something to look for in a caption.

    Attributes:
        name: What it is called in tables.
        meaning: What it is, in a few words.
        found: Whether a caption has it.
    """

    name: str
    meaning: str
    found: Callable[[str], bool]


def signs_of(caption: str) -> tuple[str, ...]:
    """The names of the signs that a caption has, in whatever characters it is written."""
    looks, _ = plain(caption)
    return tuple(sign.name for sign in SIGNS if sign.found(looks))


def _any_of(patterns: Patterns) -> Callable[[str], bool]:
    # As captions are looked at: in the characters that others stand for.
    made = [
        (frozenset(plain(word)[0] for word in words), re.compile(plain(pattern)[0], re.IGNORECASE | re.MULTILINE))
        for words, pattern in patterns
    ]
    latin = [one for one in made if any(map(str.isascii, one[0]))]
    words, latin_words = (frozenset[str]().union(*(some for some, _ in each)) for each in (made, latin))

    def found(caption: str) -> bool:
        # As the patterns see it, for which a long s is an s.
        folded = caption.casefold()
        sought, tried = (latin_words, latin) if folded.isascii() else (words, made)
        there = {word for word in sought if word in folded}
        return bool(there) and any(there & some and pattern.search(caption) for some, pattern in tried)

    return found


def _controls(caption: str) -> bool:
    # Each has one of these, and to look for the forms costs a hundred times as much.
    if not any(bracket in caption for bracket in "<[]"):
        return False
    return fenced(caption)[1] > 0 or _LOOSE.search(caption) is not None


def _enumerates(caption: str) -> bool:
    folded = caption.casefold()
    spelt = any(word in folded for word in _SOME)
    if not spelt and len(_DIGITS.findall(caption)) < _ENUMERATED:
        return False
    up = down = 1
    last = None
    # Without blanks between them they look like one number with its thousands marked.
    said = _CHAINED.sub(lambda chain: chain[0].replace(",", " "), _LISTED.sub("", caption))
    for match in (_SPELT if spelt else _NUMBER).finditer(said):
        number = _number(match[0])
        up = up + 1 if last is not None and number == last + 1 else 1
        down = down + 1 if last is not None and number == last - 1 else 1
        last = number
        if max(up, down) >= _ENUMERATED:
            return True
    return False


def _number(said: str) -> int:
    return int(said) if said.isdecimal() else sum(_WORDS[word] for word in re.split("[- ]", said.casefold()))


SIGNS = (
    Sign("control", "control tokens of a chat template, or what looks like some", _controls),
    Sign("answer", "a line that gives an answer", _any_of(_ANSWER)),
    Sign("reader", "words to whoever reads it", _any_of(_TO_READER)),
    Sign("praise", "praise of itself", _any_of(_PRAISE)),
    Sign(
        "numbers", f"{_ENUMERATED} whole numbers in a row, each one more or one less, in digits or words", _enumerates
    ),
)
"""Those that one caption alone can have."""
