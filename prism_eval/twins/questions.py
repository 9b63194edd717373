"""A question, the fact that answers it, and what else a reader might have answered."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

LETTERS = "ABCDEFGHIJ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question about a picture.

    Attributes:
        text: The question, without options.
        answer: The right answer's text.
        fact: The statement that answers the question to a reader who cannot see the picture.
        pool: The answer and all that could be taken for it; numbers in rising order.
        kind: The maker's word for the sort of question: a concept of geometry, or how a chart is read for it.
    """

    text: str
    answer: str
    fact: str
    pool: tuple[str, ...]
    kind: str = ""

    def wrong(self, rng: random.Random, count: int) -> list[str]:
        """``count`` wrong answers, or as many as there are."""
        at, widest = self.pool.index(self.answer), len(LETTERS)
        # The answer may be any by rank among ten neighbours: were it always the middle one, guessing that would pay.
        first = rng.randint(max(0, at - widest + 1), max(0, min(at, len(self.pool) - widest)))
        others = [other for other in self.pool[first : first + widest] if other != self.answer]
        return rng.sample(others, min(count, len(others)))


def ask(
    what: str, answer: str | float, among: Iterable[str] = (), *, step: float = 1, unit: str = "", kind: str = "",
    least: float = 0, lead: str = "",
) -> Question:  # fmt: skip
    """The question what something is, with the fact that says so in the same words.

    Args:
        what: What is asked for, without its article.
        answer: A name, or a number that ``unit`` is attached to.
        among: The names that the answer is one of. The neighbours of a number are ``step`` apart, from ``least`` up.
        step: Distance between the numbers among which the answer is.
        unit: Follows each number, with its own space where it wants one.
        kind: See `Question`.
        least: What every wrong number is above.
        lead: Where in the picture, said before the rest: "in the left plot, ".
    """
    if not isinstance(answer, str):
        # Nine to each side, so that the answer may be the first or the last of ten.
        rungs = (answer + step * offset for offset in range(-9, 10))
        among = [f"{number(value)}{unit}" for value in rungs if value > least or value == answer]
        answer = f"{number(answer)}{unit}"
    return Question(
        text=upper(f"{lead}what is the {what}?"),
        answer=answer,
        fact=upper(f"{lead}the {what} is {answer}."),
        pool=tuple(dict.fromkeys((*among, answer))),
        kind=kind,
    )


def which(noun: str, does: str, answer: str, among: Iterable[str], *, kind: str = "", lead: str = "") -> Question:
    """The question which ``noun`` it is that ``does`` something; the rest as in `ask`."""
    return Question(
        text=upper(f"{lead}which {noun} {does}?"),
        answer=answer,
        fact=upper(f"{lead}the {noun} that {does} is {answer}."),
        pool=tuple(among),
        kind=kind,
    )


class Dealer:
    """Deals options so that, over the questions dealt, every letter is the answer equally often."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._positions: dict[int, list[int]] = {}

    def deal(self, question: Question, width: int) -> tuple[list[str], str]:
        """Options for ``question``, ``width`` of them or as many as it has, and the gold letter."""
        wrong = question.wrong(self._rng, width - 1)
        position = self.position(len(wrong) + 1)
        return [*wrong[:position], question.answer, *wrong[position:]], LETTERS[position]

    def position(self, width: int) -> int:
        """Where the right one of ``width`` options goes, from 0."""
        waiting = self._positions.setdefault(width, [])
        # Every letter once in a random order, then all of them again.
        if not waiting:
            waiting.extend(self._rng.sample(range(width), width))
        return waiting.pop()


def listed(options: Iterable[str], mark: str, between: str = "\n", *, letters: str = LETTERS) -> str:
    """The options as one text, each behind its letter and ``mark``."""
    return between.join(f"{letter}{mark}{option}" for letter, option in zip(letters, options, strict=False))


def number(value: float) -> str:
    """A number as a chart would label it: no trailing zeros, no thousands separator."""
    return f"{round(value, 6):.6f}".rstrip("0").rstrip(".")


def upper(sentence: str) -> str:
    """The sentence with a capital first letter, the rest as it is."""
    return sentence[:1].upper() + sentence[1:]


def lower(sentence: str) -> str:
    """The sentence as it goes on after another's start."""
    return sentence[:1].lower() + sentence[1:]
