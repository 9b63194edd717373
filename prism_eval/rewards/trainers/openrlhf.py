"""OpenRLHF: ``reward_func`` in a file that ``--reward.remote_url`` names; for its HTTP form there is a server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from prism_eval.rewards.loop import OwnLoop, Scores
from prism_eval.rewards.rollout import Rollout
from prism_eval.rewards.trainers.missing import insisted, numbers
from prism_eval.rewards.trainers.texts import reply_in

RewardFunc = Callable[[Sequence[str], Sequence[str], Sequence[object]], dict[str, object]]


def rollouts_of(queries: Sequence[str], prompts: Sequence[str], labels: Sequence[object]) -> list[Rollout]:
    """What OpenRLHF hands over, by wire or by call: whole texts, their prompts, and the questions as labels.

    Raises:
        DataError: It cannot be told where a caption begins.
    """
    given = zip(queries, prompts, labels, strict=True)
    return [Rollout(caption=reply_in(query, prompt), questions=label) for query, prompt, label in given]


def logged(rows: Sequence[dict[str, float]]) -> dict[str, object]:
    """Rewards as OpenRLHF takes them; what is not the score goes to its logs."""
    scores = [row["score"] for row in rows]
    extra = {name: [row[name] for row in rows] for name in rows[0] if name != "score"} if rows else {}
    return {"rewards": scores, "scores": scores, "extra_logs": extra}


def reward_func(reward: Scores, *, missing: float | None = None) -> RewardFunc:
    """The reward as OpenRLHF calls it, from a thread, one text a call.

    What fails here is no reward to OpenRLHF, which then stops when it makes its batch.

    Args:
        reward: The reward.
        missing: What stands for a value that cannot be found out.
    """
    source = OwnLoop(reward)

    def scored(queries: Sequence[str], prompts: Sequence[str], labels: Sequence[object]) -> dict[str, object]:
        rewards = asyncio.run(insisted(source.score_all, rollouts_of(queries, prompts, labels)))
        return logged([numbers(one, missing=missing) for one in rewards])

    return scored
