"""ms-swift: an ``AsyncORM`` in a file of ``--external_plugins``."""

from __future__ import annotations

from collections.abc import Sequence

from prism_eval.rewards.loop import OwnLoop, Scores
from prism_eval.rewards.rollout import Rollout
from prism_eval.rewards.trainers.columns import questions_in
from prism_eval.rewards.trainers.texts import text_of


def orm(base: type, reward: Scores, *, questions: str = "questions") -> type:
    """A class for ms-swift to make its reward of, under whatever name it is put into ``swift.rewards.orms``.

    A caption without a value is ``None`` to ms-swift, which leaves it out as TRL does. It runs an event loop of its own
    at every step; the reward has one that stays.

    Args:
        base: ``swift.rewards.AsyncORM``.
        reward: The reward.
        questions: The data set's column with each image's questions.
    """
    source = OwnLoop(reward)

    class CaptionORM(base):  # type: ignore[misc]  # of a package that need not be installed
        """What captions earn."""

        async def __call__(self, completions: Sequence[object], **columns: object) -> list[float | None]:
            pairs = zip(completions, questions_in(columns, questions, count=len(completions)), strict=True)
            rollouts = [Rollout(caption=text_of(one), questions=about) for one, about in pairs]
            return [one.value for one in await source.score_all(rollouts)]

    return CaptionORM
