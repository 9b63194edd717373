"""What is wrong with the options of a question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prism_eval.questions.askable import unaskable
from prism_eval.questions.lint.finding import Finding
from prism_eval.questions.question import Question
from prism_eval.schema import option_letters

_TIMES_AS_LONG = 2
"""The right option is conspicuous where it is so many times as long as any other …"""
_LEAST_LONGER = 10
"""… and by so many characters: "blue" is no giveaway among "red"."""


def unaskables(questions: Sequence[Question]) -> Iterator[Finding]:
    """Questions that cannot be asked, or in one order of their options only: "all of the above", equal options."""
    for one in questions:
        for reason in unaskable(one):
            yield Finding("options", reason, (one.id,))


def length_cues(questions: Sequence[Question]) -> Iterator[Finding]:
    """Questions whose right option is by far the longest: whoever takes the longest is right."""
    for one in questions:
        letters = option_letters(len(one.options))
        if one.answer not in letters or len(letters) < 2:
            continue
        right = len(one.options[letters.index(one.answer)])
        longest = max(len(option) for letter, option in zip(letters, one.options, strict=True) if letter != one.answer)
        if right >= _TIMES_AS_LONG * longest and right - longest >= _LEAST_LONGER:
            says = f"the right option has {right} characters, the longest of the others {longest}"
            yield Finding("length", says, (one.id,))
