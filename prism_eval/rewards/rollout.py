"""What goes in and what comes out: a policy's text, and what it earned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from prism_eval.errors import RunError
from prism_eval.schema import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """One text of a policy, to be scored.

    Attributes:
        caption: The text.
        questions: The image's questions, in any form that `prism_eval.rewards.question.read_questions` takes.
        image: What messages call the image; its picture is never looked at.
        tokens: The caption's length under the policy's tokenizer, where whoever asks knows it.
    """

    caption: str
    questions: object
    image: str = ""
    tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question that was asked of a caption.

    Attributes:
        question: Its place among the image's questions, from 0.
        outcome: How the answer ended.
        picked: The place of the option that was picked, in the question's own order; ``None`` for none.
        reply: The reader's words.
        note: Why, where the outcome does not say.
    """

    question: int
    outcome: Outcome
    picked: int | None = None
    reply: str = ""
    note: str = ""

    def told(self) -> dict[str, object]:
        """The ask as JSON says it."""
        return {name: getattr(self, name) for name in _PARTS}


_PARTS = tuple(field.name for field in fields(Asked))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reward:
    """What a caption earned.

    Attributes:
        value: The reward; ``None`` where it could not be found out, which is never the same as 0.
        accuracy: The share of right answers among the asks that did not fail; ``None`` where all did.
        length_term: The length term in [0, 1], before its weight; 0 where none is wanted.
        asks: All that was asked, in order.
        problem: Why there is no value.
    """

    value: float | None
    accuracy: float | None
    length_term: float = 0.0
    asks: tuple[Asked, ...] = ()
    problem: str = ""

    @property
    def abstained(self) -> int:
        """Asks to which the reader said that the caption does not say."""
        return self._ended(Outcome.ABSTAINED)

    @property
    def unparsed(self) -> int:
        """Asks whose reply gave no answer: in no form, cut short, or a refusal."""
        return self._ended(Outcome.UNPARSED, Outcome.TRUNCATED, Outcome.REFUSED)

    @property
    def failed(self) -> int:
        """Asks that nobody replied to: infrastructure."""
        return self._ended(Outcome.FAILED)

    def told(self) -> dict[str, object]:
        """The reward as JSON says it: the value, its parts, and each ask with the reader's words."""
        counts = {"abstained": self.abstained, "unparsed": self.unparsed, "failed": self.failed}
        parts = {"value": self.value, "accuracy": self.accuracy, "length_term": self.length_term}
        return {**parts, **counts, "problem": self.problem, "asks": [asked.told() for asked in self.asks]}

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Reward:
        """The reward that `told` has said.

        Raises:
            RunError: It has said no such thing.
        """
        try:
            asks = tuple(Asked(**{**one, "outcome": Outcome(one["outcome"])}) for one in told["asks"])
            parts = {name: told[name] for name in ("value", "accuracy", "length_term", "problem")}
        except (KeyError, TypeError, ValueError) as error:
            raise RunError(f"no reward, but {str(told)[:60]!r}") from error
        return cls(asks=asks, **parts)

    def _ended(self, *outcomes: Outcome) -> int:
        return sum(asked.outcome in outcomes for asked in self.asks)
