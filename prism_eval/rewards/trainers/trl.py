"""TRL's GRPO: ``reward_funcs``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from prism_eval.errors import UsageError
from prism_eval.rewards.loop import OwnLoop, Scores
from prism_eval.rewards.rollout import Reward, Rollout
from prism_eval.rewards.trainers.columns import questions_in
from prism_eval.rewards.trainers.texts import text_of

Part = Literal["value", "accuracy", "length_term"]


@dataclass
class Shared:
    """One step's rewards, for several functions that ask for parts of them.

    Attributes:
        source: Who scores.
        questions: The data set's column that holds each image's questions.
        image: The column that names the image in messages; empty for none.
    """

    source: OwnLoop
    questions: str
    image: str
    _step: tuple[object, asyncio.Task[list[Reward]]] | None = field(default=None, repr=False)

    async def rewards(
        self,
        completions: Sequence[object],
        lengths: Sequence[int | None],
        columns: dict[str, object],
        log_extra: Callable[[str, list[object]], object] | None,
        log_metric: Callable[[str, float], object] | None,
    ) -> list[Reward]:
        """The rewards of a step, scored once whichever function asks first."""
        # Known by the very list that TRL hands to each of its functions, which is kept so that its place is not reused.
        if self._step is None or self._step[0] is not completions:
            scoring = asyncio.create_task(self.source.score_all(self._rollouts(completions, lengths, columns)))
            self._step = (completions, scoring)
            rewards = await asyncio.shield(scoring)
            _log(rewards, log_extra, log_metric)
            return rewards
        return await asyncio.shield(self._step[1])

    def _rollouts(
        self, completions: Sequence[object], lengths: Sequence[int | None], columns: dict[str, object]
    ) -> list[Rollout]:
        asked = questions_in(columns, self.questions, count=len(completions))
        named = columns.get(self.image)
        names = [str(name) for name in named] if isinstance(named, list | tuple) else [""] * len(completions)
        return [
            Rollout(caption=text_of(one), questions=asked[place], image=names[place], tokens=lengths[place])
            for place, one in enumerate(completions)
        ]


class RewardFunction:
    """One of TRL's ``reward_funcs``: an async callable object.

    A caption without a value is ``None`` to TRL: where all functions say so, it is left out of its group's baseline
    and gets no advantage.
    """

    def __init__(self, shared: Shared, part: Part, name: str) -> None:
        self._shared = shared
        self._part: Part = part
        # What TRL calls it in its logs.
        self.__name__ = name

    async def __call__(
        self,
        completions: Sequence[object],
        *,
        completion_ids: Sequence[Sequence[int]] | None = None,
        log_extra: Callable[[str, list[object]], object] | None = None,
        log_metric: Callable[[str, float], object] | None = None,
        **columns: object,
    ) -> list[float | None]:
        """The rewards of a step's completions, in their order."""
        lengths = [len(ids) for ids in completion_ids] if completion_ids is not None else [None] * len(completions)
        rewards = await self._shared.rewards(completions, lengths, columns, log_extra, log_metric)
        # Of a reward without a value no part counts: what is left of it would be taken for the whole.
        return [None if one.value is None else getattr(one, self._part) for one in rewards]

    def close(self) -> None:
        """Close the reward, once training is over."""
        self._shared.source.close()


def reward_funcs(
    reward: Scores, *, questions: str = "questions", image: str = "", apart: bool = False
) -> list[RewardFunction]:
    """The reward as ``GRPOTrainer(reward_funcs=...)`` takes it.

    Args:
        reward: The reward.
        questions: The data set's column with each image's questions.
        image: A column that names the image in messages.
        apart: Whether accuracy and length term are two functions, for ``multi_objective_aggregation`` or weights of
            your own: give ``reward_weights=[1.0, reward.length.weight]`` with them. Asked once all the same.

    Raises:
        UsageError: They are to stand apart, and there is no length term.
    """
    shared = Shared(OwnLoop(reward), questions, image)
    if not apart:
        return [RewardFunction(shared, "value", "caption_reward")]
    if reward.length is None:
        raise UsageError("apart=True: this reward has no length term that could stand beside its accuracy")
    accuracy = RewardFunction(shared, "accuracy", "caption_accuracy")
    return [accuracy, RewardFunction(shared, "length_term", "caption_length")]


def _log(
    rewards: Sequence[Reward],
    log_extra: Callable[[str, list[object]], object] | None,
    log_metric: Callable[[str, float], object] | None,
) -> None:
    if log_extra is not None:
        log_extra("accuracy", [one.accuracy for one in rewards])
        log_extra("outcomes", [" ".join(asked.outcome for asked in one.asks) for one in rewards])
        log_extra("problem", [one.problem for one in rewards])
    asks = sum(len(one.asks) for one in rewards)
    if log_metric is not None and asks:
        for name in ("abstained", "unparsed", "failed"):
            log_metric(f"caption/{name}", sum(getattr(one, name) for one in rewards) / asks)
        log_metric("caption/unscored", sum(one.value is None for one in rewards) / len(rewards))
