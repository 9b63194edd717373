"""What every generator makes: a picture, what it shows in words, and questions about it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

LETTERS = "ABCDEFGHIJ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question about a picture.

    Attributes:
        text: The question, without options.
        answer: The right answer's text.
        fact: The statement that answers the question to a reader who cannot see the picture.
        wrong: Plausible wrong answers, of which the multiple-choice forms draw.
        kind: The generator's own word for the sort of question.
    """

    text: str
    answer: str
    fact: str
    wrong: tuple[str, ...] = ()
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A rendered picture with everything that is asked about it.

    Attributes:
        png: The encoded picture.
        subject: What the picture is about, as its benchmark would file it.
        questions: The questions, best first.
        asides: Statements of what else is seen, which answer none of the questions.
    """

    png: bytes = field(repr=False)
    subject: str
    questions: tuple[Question, ...]
    asides: tuple[str, ...] = ()

    @property
    def facts(self) -> list[str]:
        """Every statement once, in order: the asides, then what answers each question."""
        return list(dict.fromkeys((*self.asides, *(question.fact for question in self.questions))))


class Dealer:
    """Deals options so that, over the questions dealt, every letter is the answer equally often."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._positions: dict[int, list[int]] = {}

    def deal(self, question: Question, width: int) -> tuple[list[str], str]:
        """Options for ``question``, ``width`` of them or as many as it has, and the gold letter."""
        wrong = self._rng.sample(question.wrong, min(width - 1, len(question.wrong)))
        position = self.position(len(wrong) + 1)
        return [*wrong[:position], question.answer, *wrong[position:]], LETTERS[position]

    def position(self, width: int) -> int:
        """Where the right one of ``width`` options goes, from 0."""
        waiting = self._positions.setdefault(width, [])
        if not waiting:
            waiting.extend(self._rng.sample(range(width), width))
        return waiting.pop()


def others(pool: Sequence[str], *taken: str) -> tuple[str, ...]:
    """The pool without ``taken``: the wrong answers of a question answered by a name."""
    return tuple(name for name in pool if name not in taken)


def near(
    rng: random.Random, value: float, *, step: float = 1, count: int = 9, low: float = 0, pattern: str = "{:g}"
) -> tuple[str, ...]:
    """``count`` distinct numbers around ``value``, which may be any one of them by rank, written by ``pattern``."""
    below = min(rng.randint(0, count), max(0, round((value - low) / step) - 1))
    steps = (*range(-below, 0), *range(1, count - below + 1))
    return tuple(pattern.format(round(value + step * offset, 6)) for offset in steps)


def number(value: float) -> str:
    """A number as a chart would label it: no trailing zeros, no thousands separator."""
    return f"{round(value, 6):.6f}".rstrip("0").rstrip(".")


def asked(rng: random.Random, what: str, value: float, *, unit: str = "", step: float = 1, kind: str = "") -> Question:
    """The question for a number: ``what`` without its article, the answer with its ``unit`` attached."""
    return Question(
        text=f"What is the {what}?",
        answer=f"{number(value)}{unit}",
        fact=f"The {what} is {number(value)}{unit}.",
        wrong=near(rng, value, step=step, pattern="{:g}" + unit),
        kind=kind,
    )


def named(what: str, answer: str, pool: Sequence[str], *, kind: str = "") -> Question:
    """The question for a name, of which the rest of the ``pool`` are the wrong answers."""
    return Question(
        text=f"What is the {what}?",
        answer=answer,
        fact=f"The {what} is {answer}.",
        wrong=others(pool, answer),
        kind=kind,
    )


def fresh(seen: set[str], make: Callable[[], Scene]) -> Scene:
    """The first scene ``make`` draws that asks nothing ``seen`` before; what it asks is then seen."""
    while True:
        scene = make()
        texts = {question.text for question in scene.questions}
        if seen.isdisjoint(texts):
            seen.update(texts)
            return scene
