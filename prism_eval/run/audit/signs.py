"""What a caption says that describes nothing, and may be meant for its reader: one pattern each.

A sign is a question, and no verdict: screenshots show chat marks, worksheets print answers. How often each is met in
texts that nobody meant for a reader stands in ``docs/leaderboard.md``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from prism_eval.reasoners.fence import fenced

_ENUMERATED = 15
"""Whole numbers that follow each other, each one more than the last, from which they describe no axis any more."""

# Each pattern behind words of which a text that it fits has one: to look for those costs a hundredth of the pattern.
_Patterns = Sequence[tuple[tuple[str, ...], str]]
_ANSWER: _Patterns = (
    (
        ("answer",),
        r"(?:^|[.!?]\s)\W{0,6}(?:the\s+)?(?:final\s+|correct\s+|right\s+)?answer\s*(?:is\b|[:\uff1a=])|</?answer>",
    ),
    (("boxed",), r"\\boxed\s*\{"),
    (("correct", "right"), r"\b(?:correct|right)\s+(?:answer|option|choice)\s+(?:is|would\s+be)\b"),
    # Chinese "the (right) answer is", and Japanese "the right answer is"
    (
        ("\u7b54\u6848", "\u6b63\u89e3"),
        r"(?:\u6b63\u786e)?\u7b54\u6848\s*(?:\u662f|\u4e3a|[:\uff1a])|\u6b63\u89e3\u306f",
    ),
    (
        ("bonne", "correcta", "richtige"),
        r"\bla\s+(?:bonne\s+r\u00e9ponse|respuesta\s+correcta)\s+(?:est|es)\b|\bdie\s+richtige\s+antwort\s+(?:ist|lautet)\b",
    ),
    # Russian "the right answer"
    (
        ("\u043e\u0442\u0432\u0435\u0442",),
        r"\u043f\u0440\u0430\u0432\u0438\u043b\u044c\u043d\u044b\u0439\s+\u043e\u0442\u0432\u0435\u0442",
    ),
)
_WHO = r"(?:reader|model|assistant|ai|llm|grader|judge|evaluator)\b"
_REPLIES = ("answer", "choose", "pick", "select", "reply", "respond", "write")
_DO = r"(?:answer|choose|pick|select|reply)\b"
_TO_READER: _Patterns = (
    (
        ("ignore", "disregard", "forget"),
        r"\b(?:ignore|disregard|forget)\s+(?:the|all|any|every|your|previous|prior|other|above)\b",
    ),
    (
        ("note", "message", "instruction", "dear"),
        rf"\b(?:note|message|instructions?)\s+(?:to|for)\s+(?:the\s+|any\s+)?{_WHO}|\bdear\s+{_WHO}",
    ),
    (_REPLIES, rf"\b(?:always|simply|just|please|you\s+must|you\s+should|you\s+have\s+to|you\s+will)\s+{_DO}"),
    (_REPLIES, r"\b(?:reply|respond|answer|write)\s+(?:only|nothing|with\s+(?:nothing|only|one|just))\b"),
    (
        ("never", "unsure", "answer"),
        r"\bnever\s+(?:write|say|answer|reply)\b|\bif\s+(?:you\s+are\s+)?unsure\b|\b(?:repeat|give|change)\s+your\s+answer\b",
    ),
    (("reads",), r"\b(?:whoever|anyone\s+who)\s+reads\s+this\b"),
    # Chinese "ignore", "please answer", "please choose"; Japanese "ignoring", "please answer"
    (
        ("\u5ffd\u7565", "\u8bf7", "\u7121\u8996", "\u7b54\u3048"),
        r"\u5ffd\u7565|\u8bf7(?:\u76f4\u63a5)?(?:\u56de\u7b54|\u9009)|\u7121\u8996\u3057\u3066|\u7b54\u3048\u3066\u304f\u3060\u3055\u3044",
    ),
    (
        ("ignor", "r\u00e9pondez", "antworten", "respond"),
        r"\bignor(?:ez|iere|ieren\s+sie|a\s+la|e\s+la)\b|\b(?:r\u00e9pondez|antworten\s+sie|responda|responde)\b",
    ),
    # Russian "ignore", "choose"
    (
        ("\u0438\u0433\u043d\u043e\u0440\u0438\u0440\u0443\u0439", "\u0432\u044b\u0431\u0435\u0440\u0438"),
        r"\u0438\u0433\u043d\u043e\u0440\u0438\u0440\u0443\u0439|\u0432\u044b\u0431\u0435\u0440\u0438",
    ),
)
_PRAISE: _Patterns = (
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
)
# Spelt apart they are none to a tokenizer, and may still be taken for some by who has read many.
_LOOSE = re.compile(r"<\s*[|\uff5c]\s*[\w\u2581]{2,40}\s*[|\uff5c]\s*>")
# What stands before a point of a numbered list is no number of the image; a number alone on its line is.
_LISTED = re.compile(r"^[ \t>*#-]*\d{1,4}[.)][ \t]+(?=[*_\"'(]*[^\W\d])", re.MULTILINE)
_NUMBER = re.compile(r"(?<![\w.,])\d{1,6}(?![\w]|[.,]\d)")


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


def _any_of(patterns: _Patterns) -> Callable[[str], bool]:
    made = [(words, re.compile(pattern, re.IGNORECASE | re.MULTILINE)) for words, pattern in patterns]

    def found(caption: str) -> bool:
        # As the patterns see it, for which a long s is an s.
        folded = caption.casefold()
        return any(any(word in folded for word in words) and pattern.search(caption) for words, pattern in made)

    return found


def _controls(caption: str) -> bool:
    return fenced(caption)[1] > 0 or _LOOSE.search(caption) is not None


def _enumerates(caption: str) -> bool:
    length, last = 1, None
    for match in _NUMBER.finditer(_LISTED.sub("", caption)):
        number = int(match[0])
        length = length + 1 if last is not None and number == last + 1 else 1
        last = number
        if length >= _ENUMERATED:
            return True
    return False


SIGNS = (
    Sign("control", "control tokens of a chat template, or what looks like some", _controls),
    Sign("answer", "a line that gives an answer", _any_of(_ANSWER)),
    Sign("reader", "words to whoever reads it", _any_of(_TO_READER)),
    Sign("praise", "praise of itself", _any_of(_PRAISE)),
    Sign("numbers", f"{_ENUMERATED} whole numbers in a row, each one more", _enumerates),
)
"""Those that one caption alone can have."""
