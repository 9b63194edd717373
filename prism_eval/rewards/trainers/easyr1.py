"""EasyR1: ``worker.reward.reward_function``, in its batch form."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from prism_eval.rewards.loop import OwnLoop, Scores
from prism_eval.rewards.rollout import Rollout
from prism_eval.rewards.trainers.missing import insisted, numbers

BatchFunction = Callable[..., list[dict[str, float]]]


def batch_function(reward: Scores, *, missing: float | None = None) -> BatchFunction:
    """The reward as EasyR1 calls it: a whole batch at once, and not from a loop.

    Args:
        reward: The reward.
        missing: What stands for a value that cannot be found out; by default the training stops instead.
    """
    source = OwnLoop(reward)

    def compute_score(reward_inputs: Sequence[Mapping[str, object]], **_: object) -> list[dict[str, float]]:
        rollouts = [_rollout(one) for one in reward_inputs]
        rewards = asyncio.run(insisted(source.score_all, rollouts))
        rows = [numbers(one, missing=missing) for one in rewards]
        return [{"overall": row.pop("score"), **row} for row in rows]

    return compute_score


def _rollout(given: Mapping[str, object]) -> Rollout:
    length = given.get("response_length")
    tokens = int(length) if isinstance(length, int | float) else None
    return Rollout(caption=str(given["response"]), questions=given["ground_truth"], tokens=tokens)
