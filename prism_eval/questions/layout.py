"""Questions read out of a model's reply: in CapRL's layout, or in what models make of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from prism_eval.questions.written import Written, right_option
from prism_eval.schema import option_letters

_OPTION = re.compile(r"[\s>*_-]*\(?([A-Z])\s?[).:]\**\s+(\S.*)")
_ANSWER = re.compile(
    r"[\s>*_#-]*(?:the\s+)?(?:correct\s+|right\s+)?answer(?:\s+is\b[\s*_]*:?|[\s*_]*:)[\s*_]*(.*)", re.IGNORECASE
)
_RULE = re.compile(r"\s*(?:[-*_=]\s?){3,}\s*")
_HEADING = re.compile(r"^[\s#>*_-]*(?:question\s*|q)?(?:\d{1,3}\s*[.):]+)?[\s*_]*", re.IGNORECASE)
_NUMBER = re.compile(r"[\s#>*_]*(?:question\s*|q)?\d", re.IGNORECASE)
_MARKS = re.compile(r"[*_]{2,}")


def read_questions(reply: str) -> list[Written]:
    """The questions of a reply, those included that lack something.

    A question is what stands before lines that begin with letters, those lines, and the line with the answer behind
    them. Numbers, headings, bold type and rules are what a model makes of the layout and part of no text.

    Args:
        reply: What the model wrote, its thoughts left out.
    """
    return list(_read(reply.splitlines()))


def _read(lines: Sequence[str]) -> Iterator[Written]:
    text: list[str] = []
    options: list[tuple[str, str]] = []
    for line in lines:
        if answer := _ANSWER.match(line):
            if options:
                yield _written(text, options, answer[1])
            text, options = [], []
        elif (option := _OPTION.match(line)) and (options or option[1] == "A"):
            options.append((option[1], _plain(option[2])))
        elif _RULE.fullmatch(line):
            if options:
                yield _written(text, options, "")
            text, options = [], []
        elif line.strip():
            # Text behind options begins another question: the answer to the last was forgotten.
            if options:
                yield _written(text, options, "")
                text, options = [], []
            text.append(line)
    # A reply that was cut ends within a question.
    if options:
        yield _written(text, options, "")


def _written(text: Sequence[str], options: Sequence[tuple[str, str]], answer: str) -> Written:
    # What stands above the last heading is an introduction.
    numbered = [place for place, line in enumerate(text) if _NUMBER.match(line)]
    kept = text[numbered[-1] :] if numbered else text[-1:]
    question = " ".join(filter(None, (_plain(_HEADING.sub("", line)) for line in kept)))
    letters = tuple(letter for letter, _ in options)
    texts = tuple(option for _, option in options)
    place, problem = right_option(_plain(answer), letters, texts)
    right = "" if place is None else letters[place]
    return Written(question, texts, right, _misshapen(question, letters) or problem)


def _misshapen(question: str, letters: tuple[str, ...]) -> str:
    """Why a question cannot be asked, whatever its answer is."""
    if not question:
        return "it has no text"
    if letters != option_letters(len(letters)) or len(letters) < 2:
        return f"its options are lettered {', '.join(letters)}"
    return ""


def _plain(text: str) -> str:
    """A text without bold type and white space around it."""
    return " ".join(_MARKS.sub("", text).split())
