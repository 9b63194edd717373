"""The questions a caption is scored by: multiple choice, as data sets and trainers write them down."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prism_eval.errors import DataError
from prism_eval.questions.written import read_choices
from prism_eval.schema import option_letters

MOST_OPTIONS = 25
"""The alphabet, less the letter that is left for not knowing."""


@dataclass(frozen=True, slots=True)
class Question:
    """A multiple-choice question about one image.

    Attributes:
        text: The question, without its options.
        options: The options' texts, without letters. Two may be equal: which is right is told by place.
        gold: The place of the right one, from 0.

    Raises:
        DataError: The text is blank, there are fewer than two options or more than `MOST_OPTIONS`, or ``gold`` names
            none of them.
    """

    text: str
    options: tuple[str, ...]
    gold: int

    def __post_init__(self) -> None:
        told = f"question {self.text[:60]!r}"
        if not self.text.strip():
            raise DataError("a question has no text: mend or remove it")
        if not 2 <= len(self.options) <= MOST_OPTIONS:
            raise DataError(f"{told} has {len(self.options)} options: give it 2 to {MOST_OPTIONS}")
        if not 0 <= self.gold < len(self.options):
            raise DataError(f"{told}: its answer is none of its {len(self.options)} options: mend or remove it")


def read_questions(value: object, *, dots: bool = True) -> tuple[Question, ...]:
    """The questions of one image, in any of the forms that trainers hand on.

    A list, or the same as JSON text, of `Question`, of ``{"question", "choices", "answer"}`` as CapRL-QA-75K has them,
    or of pairs of a question with its options below it, one a line, and a letter, as CapRL's reward server is sent
    them. An answer is a letter, a letter before the option's text, or that text. Where every option carries a letter of
    its own ("A) red", "A. red") the letters are taken off, and the answer means the option that had it.

    Args:
        value: What was handed on.
        dots: Whether "A." is such a letter, beside "A)".

    Raises:
        DataError: It is none of these, or holds no question.
    """
    if isinstance(value, str):
        value = _from_json(value)
    if isinstance(value, Mapping):
        value = [value]
    # What trainers make of a column, such as a numpy array, can be listed as well.
    if not isinstance(value, list | tuple) and callable(listed := getattr(value, "tolist", None)):
        value = listed()
    if not isinstance(value, list | tuple) or not value:
        raise DataError(f"there are no questions, but {str(value)[:60]!r}: give a list of them")
    listing: Sequence[object] = value
    return tuple(_read(one, dots=dots) for one in listing)


def _from_json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"the questions {text[:60]!r} are no JSON: {error}") from error


def _read(one: object, *, dots: bool) -> Question:
    match one:
        case Question():
            return one
        case {"question": str(text), "choices": [*choices], "answer": str(answer)}:
            return _made(text, [str(choice) for choice in choices], answer, dots=dots)
        case [str(put), str(answer)]:
            text, *lines = put.strip().split("\n")
            return _made(text, [line for line in lines if line.strip()], answer, dots=dots)
        case _:
            raise DataError(
                f"{str(one)[:60]!r} is no question: give question, choices and answer (a letter), or a pair of a "
                "question with its options below it and a letter"
            )


def _made(text: str, choices: Sequence[str], answer: str, *, dots: bool) -> Question:
    written = read_choices(text, choices, answer, dots=dots)
    letters = option_letters(len(written.options))
    made = Question(written.question, written.options, letters.index(written.answer) if written.answer else 0)
    if written.problem:
        raise DataError(f"question {text[:60]!r}: {written.problem}: mend or remove it")
    return made
