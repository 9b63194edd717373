"""What somebody could get right who knows only how the questions of a set were made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from prism_eval.questions.lint.finding import Finding
from prism_eval.questions.question import Question
from prism_eval.schema import option_letters

_BY_CHANCE = 0.0005
"""What chance makes less often than this is not taken for chance."""


def position_leans(questions: Sequence[Question]) -> Iterator[Finding]:
    """Letters that are right more often than the others, among questions of as many options."""
    by_size: dict[int, Counter[str]] = {}
    for one in questions:
        if one.answer in option_letters(len(one.options)):
            by_size.setdefault(len(one.options), Counter())[one.answer] += 1
    for size, counts in sorted(by_size.items()):
        asked, due = counts.total(), 1 / size
        for letter, count in sorted(counts.items()):
            if _too_often(count, asked, due):
                share = f"{100 * count / asked:.0f} % of {asked:,} questions with {size} options"
                yield Finding("position", f"{letter} is right in {share}; due are {100 * due:.0f} %")


def length_lean(questions: Sequence[Question]) -> Iterator[Finding]:
    """Whether taking the longest option, where one is, pays."""
    asked = right = 0
    due = 0.0
    for one in questions:
        lengths = [len(option) for option in one.options]
        letters = option_letters(len(lengths))
        if one.answer not in letters or len(lengths) < 2 or lengths.count(longest := max(lengths)) > 1:
            continue
        asked, due = asked + 1, due + 1 / len(lengths)
        right += lengths[letters.index(one.answer)] == longest
    if asked and _too_often(right, asked, due / asked):
        says = f"the longest option is right in {100 * right / asked:.0f} % of {asked:,} questions"
        yield Finding("longest", f"{says}; by chance in {100 * due / asked:.0f} %")


def _too_often(count: int, asked: int, due: float) -> bool:
    """Whether chance makes it so often hardly ever, by the binomial law.

    Where questions differ in what is due, their mean stands in, under which chance has more room than it has.
    """
    from scipy.stats import binom

    return float(binom.sf(count - 1, asked, due)) < _BY_CHANCE
