"""Questions read out of a model's reply: in CapRL's layout, or in what models make of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from prism_eval.questions.askable import folded
from prism_eval.schema import option_letters

_OPTION = re.compile(r"[\s>*_-]*\(?([A-Z])\s?[).:]\**\s+(\S.*)")
_ANSWER = re.compile(
    r"[\s>*_#-]*(?:the\s+)?(?:correct\s+|right\s+)?answer(?:\s+is\b[\s*_]*:?|[\s*_]*:)[\s*_]*(.*)", re.IGNORECASE
)
_LETTER = re.compile(r"\(?(?:option\s+)?([A-Za-z])(?:[).:,*_]+|\s*$|(?<=[B-Z])\s)\s*(.*)")
"""A letter alone, with a mark behind it, or before a text; "A car" may be the article."""
_RULE = re.compile(r"\s*(?:[-*_=]\s?){3,}\s*")
_HEADING = re.compile(r"^[\s#>*_-]*(?:question\s*|q)?(?:\d{1,3}\s*[.):]+)?[\s*_]*", re.IGNORECASE)
_NUMBER = re.compile(r"[\s#>*_]*(?:question\s*|q)?\d", re.IGNORECASE)
_MARKS = re.compile(r"[*_]{2,}")


@dataclass(frozen=True, slots=True)
class Written:
    """One question as it was written.

    Attributes:
        question: Its text.
        options: Its options, in order.
        answer: The letter that is said to be right; empty where none is.
        problem: Why it is no question; empty where it is one.
    """

    question: str
    options: tuple[str, ...]
    answer: str
    problem: str = ""


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
    right, problem = _right(_plain(answer), letters, texts)
    return Written(question, texts, right, _misshapen(question, letters) or problem)


def _misshapen(question: str, letters: tuple[str, ...]) -> str:
    """Why a question cannot be asked, whatever its answer is."""
    if not question:
        return "it has no text"
    if letters != option_letters(len(letters)) or len(letters) < 2:
        return f"its options are lettered {', '.join(letters)}"
    return ""


def _right(answer: str, letters: tuple[str, ...], texts: tuple[str, ...]) -> tuple[str, str]:
    """The letter that an answer names, and why it names none."""
    by_text = {folded(text): letter for letter, text in zip(letters, texts, strict=True)}
    if folded(answer) in by_text:
        return by_text[folded(answer)], ""
    found = _LETTER.match(answer)
    if not found:
        return "", "its answer is not said"
    letter, said = found[1].upper(), folded(found[2])
    if letter not in letters:
        return "", f"its answer {letter} is none of its options"
    # A letter beside another option's text: nobody knows which of them is meant.
    other = by_text.get(said, letter)
    return (letter, "") if other == letter else ("", f"its answer says {letter}, with the text of {other}")


def _plain(text: str) -> str:
    """A text without bold type and white space around it."""
    return " ".join(_MARKS.sub("", text).split())
