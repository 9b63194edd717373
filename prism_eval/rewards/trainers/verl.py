"""verl: ``reward.custom_reward_function``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from prism_eval.rewards.loop import OwnLoop, Scores
from prism_eval.rewards.rollout import Rollout
from prism_eval.rewards.trainers.missing import insisted, numbers

ComputeScore = Callable[..., Awaitable[dict[str, float]]]


def compute_score(reward: Scores, *, missing: float | None = None) -> ComputeScore:
    """The reward as verl's reward loop calls it, one sample a call.

    verl takes the names of the first sample's numbers for all, and knows no missing ones: a NaN would reach the
    gradient.

    Args:
        reward: The reward.
        missing: What stands for a value that cannot be found out; by default the training stops instead.
    """
    source = OwnLoop(reward)

    # A function, and no object that can be called: verl asks `inspect.iscoroutinefunction` whether to await it.
    async def computed(
        solution_str: str, ground_truth: object, extra_info: object = None, **_: object
    ) -> dict[str, float]:
        name = str(extra_info.get("index", "")) if isinstance(extra_info, dict) else ""
        rollout = Rollout(caption=solution_str, questions=ground_truth, image=name)
        return numbers((await insisted(source.score_all, [rollout]))[0], missing=missing)

    return computed
