"""A multiple-choice question as somebody wrote it down: read, or why it is none.

Models write it in CapRL's layout, data sets and trainers as ``{"question", "choices", "answer"}``. What becomes of one
that is none is for whoever reads: a reward refuses it, a set keeps it as a row that says why.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from prism_eval.questions.askable import folded
from prism_eval.schema import option_letters

_LABEL = re.compile(r"\s*(?:-\s*)?\(?([A-Za-z])[).:]\s*(.*)", re.DOTALL)
_WAY_OUT = "can not answer based on the caption"
"""What CapRL's reward server puts below the options of a question: no option of it."""
_BARE = re.compile(r"\s*\(?([A-Za-z])[).:]?\s*")
_NAMED = re.compile(r"\s*\(?(?:option\s+)?([A-Za-z])(?:[).:,*_]+|\s*$|(?<=[B-Z])\s)\s*(.*)", re.DOTALL)
"""A letter alone, with a mark behind it, or before a text; "A car" may be the article."""


@dataclass(frozen=True, slots=True)
class Written:
    """One question as it was written.

    Attributes:
        question: Its text.
        options: Its options, in order, without letters.
        answer: By its place among them, the letter of the one that is said to be right; empty where none is.
        problem: Why it is no question; empty where it is one.
    """

    question: str
    options: tuple[str, ...]
    answer: str
    problem: str = ""


def read_choices(question: str, choices: Sequence[str], answer: str, *, dots: bool = True) -> Written:
    """A question with its choices apart from it.

    Where every choice carries a letter of its own ("A) red", "A. red") the letters are taken off, and the answer means
    the option that had its letter.

    Args:
        question: Its text.
        choices: Its options, with letters or without; CapRL's way out at their end is none.
        answer: A letter, a letter before the option's text, or that text.
        dots: Whether "A." is such a letter, beside "A)".
    """
    letters, options = _unlabelled(choices, dots=dots)
    if options and folded(options[-1]) == _WAY_OUT:
        letters, options = letters[:-1], options[:-1]
    place, problem = right_option(answer, letters, options)
    right = "" if place is None else option_letters(len(options))[place]
    return Written(question.strip(), tuple(options), right, problem)


def right_option(answer: str, letters: Sequence[str], options: Sequence[str]) -> tuple[int | None, str]:
    """The place of the option that an answer names, and why it names none.

    Args:
        answer: What is said to be right.
        letters: By which the options are called, in their order.
        options: Their texts.
    """
    bare = _BARE.fullmatch(answer)
    if bare and bare[1].upper() in letters:
        return letters.index(bare[1].upper()), ""
    said = [place for place, option in enumerate(options) if folded(option) == folded(answer)]
    if said and folded(answer):
        return (said[0], "") if len(said) == 1 else (None, "its answer is the text of several options")
    named = _NAMED.match(answer)
    if not named:
        told = f"its answer {answer[:20]!r} is no letter and none of its options"
        return None, told if answer.strip() else "its answer is not said"
    letter, text = named[1].upper(), folded(named[2])
    if letter not in letters:
        return None, f"its answer {letter} is none of its options"
    # A letter beside another option's text: nobody knows which of them is meant.
    others = [other for other, option in zip(letters, options, strict=True) if folded(option) == text]
    if text and others and letter not in others:
        return None, f"its answer says {letter}, with the text of {others[0]}"
    return letters.index(letter), ""


def _unlabelled(choices: Sequence[str], *, dots: bool) -> tuple[list[str], list[str]]:
    """The choices' letters and their texts without them; all of them carry letters, or none does."""
    found = [_LABEL.fullmatch(choice) for choice in choices]
    labels = [match[1].upper() for match in found if match]
    dotted = any(choice.lstrip(" -(")[1:2] == "." for choice in choices)
    # "A. Smith" beside "Miller" is a name, and so is any letter out of the alphabet's beginning.
    whole = len(labels) == len(choices) and len(set(labels)) == len(labels) and "A" in labels
    if not whole or (dotted and not dots):
        return list(option_letters(len(choices))), [choice.strip() for choice in choices]
    return labels, [match[2].strip() for match in found if match]
