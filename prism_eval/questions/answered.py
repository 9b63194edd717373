"""How each model answered all of a set: whether the filter asked somebody who can answer, and who guesses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from prism_eval.questions.question import Arm, Question

MOSTLY_READ = 0.95
"""Of the answers of a model so many should be readable: below that it is the form of its replies that decides."""
MOSTLY_GUESSED = 0.5
"""Without the image so many should name an option: who says that it cannot know does not show what can be guessed."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One model's answers to the questions of a set.

    Attributes:
        with_image: Whether it saw the images.
        by: Its label.
        asked: How many answers.
        right: Of them, how many were right.
        abstained: Of how many it said that it cannot know.
        unread: Of how many nothing is known.
        right_at: By the position of the right option, how many were right there; of questions with most options the
            last positions have fewer.
    """

    with_image: bool
    by: str
    asked: int
    right: int
    abstained: int
    unread: int
    right_at: tuple[int, ...]


def answered(questions: Iterable[Question]) -> list[Answered]:
    """The answers of each model, in the order of the arms."""
    by_model: dict[tuple[bool, str], list[Arm]] = {}
    for one in questions:
        for arm in one.arms:
            by_model.setdefault((arm.with_image, arm.by), []).append(arm)
    return [_summed(with_image, by, arms) for (with_image, by), arms in by_model.items()]


def _summed(with_image: bool, by: str, arms: list[Arm]) -> Answered:
    widest = max(len(arm.right_at) for arm in arms)
    return Answered(
        with_image,
        by,
        asked=sum(arm.asked for arm in arms),
        right=sum(arm.right for arm in arms),
        abstained=sum(arm.abstained for arm in arms),
        unread=sum(arm.unread for arm in arms),
        right_at=tuple(
            sum(arm.right_at[place] for arm in arms if place < len(arm.right_at)) for place in range(widest)
        ),
    )
