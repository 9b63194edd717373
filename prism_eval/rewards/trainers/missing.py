"""What becomes of a reward without a value, where a trainer knows no such thing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from prism_eval.errors import DataError, RunError
from prism_eval.rewards.rollout import Reward, Rollout

ScoreAll = Callable[[Sequence[Rollout]], Awaitable[list[Reward]]]
_AGAIN = 2
"""Times that rollouts whose asks failed are scored again, their answered asks being in the store."""


async def insisted(score_all: ScoreAll, rollouts: Sequence[Rollout]) -> list[Reward]:
    """The rewards, those whose asks failed asked for again.

    Args:
        score_all: Scores rollouts, as `CaptionReward.score_all` does.
        rollouts: They.

    Raises:
        DataError: Of several rollouts none has questions that can be read.
    """
    try:
        rewards = await score_all(rollouts)
    except DataError as error:
        # Where rollouts come one by one, one that is bad says nothing of the others.
        if len(rollouts) > 1:
            raise
        return [Reward(value=None, accuracy=None, problem=str(error))]
    for _ in range(_AGAIN):
        missing = [place for place, one in enumerate(rewards) if one.value is None and one.failed]
        if not missing:
            break
        for place, one in zip(missing, await score_all([rollouts[place] for place in missing]), strict=True):
            rewards[place] = one
    return rewards


def numbers(reward: Reward, *, missing: float | None) -> dict[str, float]:
    """A reward as numbers, the same names in every row: a trainer may take the first row's for all.

    Args:
        reward: The reward.
        missing: What stands for a value that there is not; ``None`` to stop.

    Raises:
        RunError: There is no value, and nothing stands for one.
    """
    value = missing if reward.value is None else reward.value
    if value is None:
        raise RunError(
            f"a reward could not be found out ({reward.problem}), and this trainer knows no missing ones: training "
            "stops here, so that no number is made up. Start again from the last checkpoint, or give missing= a number"
        )
    return {
        "score": value,
        "accuracy": value if reward.accuracy is None else reward.accuracy,
        "length_term": reward.length_term,
        "asks": float(len(reward.asks)),
        "abstained": float(reward.abstained),
        "unparsed": float(reward.unparsed),
        "failed": float(reward.failed),
        "missing": float(reward.value is None),
    }
