"""How often a question must be answered with its image, and may be without, to be kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from prism_eval.errors import UsageError
from prism_eval.plan import rotations
from prism_eval.questions.question import Arm, State

ASKS = 12
"""Orders that a question is asked in: two, three, four and six options divide it, so that the right one stands in every
position equally often."""


@dataclass(frozen=True)
class Thresholds:
    """The rule of the filter, for questions of any number of options.

    Of ``asks`` answers with the image at least ``least`` must be right, and of as many without it at most ``most``. A
    question that is asked less often, because its options have fewer orders, is held to the same shares. What is
    guessed right by chance is no leak: without the image a question of few options may be answered as often as that.

    Attributes:
        asks: Orders that a question is asked in, at most.
        least: Right answers with the image, at least.
        most: Right answers without it, at most.

    Raises:
        UsageError: They contradict each other.
    """

    asks: int = ASKS
    least: int = 9
    most: int = 4

    def __post_init__(self) -> None:
        if not 2 <= self.asks <= 100:
            raise UsageError(f"{self.asks} orders will not do: ask each question in 2 to 100")
        for name, value in (("least", self.least), ("most", self.most)):
            if not 0 <= value <= self.asks:
                raise UsageError(f"{name} {value} of {self.asks} answers: give a number from 0 to {self.asks}")
        if self.least <= self.most:
            raise UsageError(
                f"at least {self.least} right with the image and at most {self.most} without: a question could pass "
                "both and not need its image; make the first the larger one"
            )

    def asked(self, options: int) -> int:
        """In how many orders a question of so many options is asked."""
        return rotations(options, self.asks)

    def needed(self, asked: int) -> int:
        """Of so many answers with the image, how many must be right."""
        return ceil(Fraction(self.least, self.asks) * asked)

    def allowed(self, asked: int, options: int) -> int:
        """Of so many answers without the image, how many may be right."""
        return floor(max(Fraction(self.most, self.asks), Fraction(1, options)) * asked)

    def decide(self, arms: Sequence[Arm], options: int) -> tuple[State, tuple[str, ...]]:
        """What becomes of a question that was answered so, and why it is not kept.

        What is unread counts as neither right nor wrong. It leaves the question undecided only where it could change
        the decision: of twelve answers seven right ones are too many whatever the five others would have been.

        Args:
            arms: How each model answered it.
            options: Of the question.
        """
        failed = [reason for arm in arms if (reason := self._failed(arm, options))]
        if failed:
            return "dropped", tuple(failed)
        unknown = [reason for arm in arms if (reason := self._unknown(arm, options))]
        return ("undecided", tuple(unknown)) if unknown else ("kept", ())

    def _failed(self, arm: Arm, options: int) -> str:
        """Why an arm drops the question whatever is unread; empty if it does not."""
        if arm.with_image and arm.right + arm.unread < (needed := self.needed(arm.asked)):
            return f"with the image {arm.by} was right {arm.right} times of {arm.asked}, fewer than {needed}"
        if not arm.with_image and arm.right > (allowed := self.allowed(arm.asked, options)):
            return f"without the image {arm.by} was right {arm.right} times of {arm.asked}, more than {allowed}"
        return ""

    def _unknown(self, arm: Arm, options: int) -> str:
        """Why an arm leaves the question open; empty if it passes whatever is unread."""
        if arm.with_image:
            passes = arm.right >= self.needed(arm.asked)
        else:
            passes = arm.right + arm.unread <= self.allowed(arm.asked, options)
        if passes:
            return ""
        where = "with" if arm.with_image else "without"
        note = f": {arm.note}" if arm.note else ""
        return f"{where} the image {arm.unread} of {arm.asked} answers of {arm.by} are not known{note}"
