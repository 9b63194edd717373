"""What goes over the wire: CapRL's body and OpenRLHF's, told apart on one route, and our own.

CapRL's (``CapRL++/train/verl/recipe/video_captionrl/reward_fn.py`` at 6be7f289) has an empty ``query`` and under
``prompts`` pairs of a caption and its questions. OpenRLHF's (``openrlhf/utils/agent.py`` of 0.11.2) has whole texts
under ``query``, their prompts, and the questions under ``labels``. Neither knows rewards that are missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from prism_eval.errors import DataError
from prism_eval.rewards.rollout import Reward, Rollout
from prism_eval.rewards.trainers.missing import numbers
from prism_eval.rewards.trainers.openrlhf import logged, rollouts_of

Form = Literal["caprl", "openrlhf", "own"]


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    Attributes:
        form: Who asks in that way.
        rollouts: What is to be scored.
    """

    form: Form
    rollouts: Sequence[Rollout]


def read_own(body: object) -> Request:
    """A request in our own form: ``{"rollouts": [{"caption", "questions", "image"?, "tokens"?}]}``.

    Raises:
        DataError: It is none.
    """
    match body:
        case {"rollouts": [*rollouts]}:
            return Request("own", [_own(place, one) for place, one in enumerate(rollouts)])
        case _:
            raise DataError('the body is no request: send {"rollouts": [{"caption": ..., "questions": [...]}]}')


def read_theirs(body: object) -> Request:
    """A request in CapRL's form or in OpenRLHF's.

    Raises:
        DataError: It is neither.
    """
    match body:
        case {"score_mode": str(mode)} if mode != "qa":
            raise DataError(f"score_mode {mode!r} is not served: captions are scored by questions alone")
        case {"query": [_, *_] as queries, "prompts": [*prompts], "labels": [*labels]}:
            if not len(queries) == len(prompts) == len(labels):
                lengths = f"{len(queries)}, {len(prompts)} and {len(labels)}"
                raise DataError(f"query, prompts and labels are of {lengths} elements: they must be equally many")
            return Request("openrlhf", rollouts_of(list(map(str, queries)), list(map(str, prompts)), labels))
        case {"prompts": [*prompts]}:
            return Request("caprl", [_pair(place, one) for place, one in enumerate(prompts)])
        case _:
            raise DataError(
                "the body is neither CapRL's (prompts: pairs of a caption and its questions; query empty) nor "
                "OpenRLHF's (query, prompts, labels)"
            )


def written(asked: Request, rewards: Sequence[Reward]) -> Mapping[str, object]:
    """The reply to a request.

    Args:
        asked: The request.
        rewards: What its rollouts earned; in CapRL's and OpenRLHF's forms none may be missing.
    """
    if asked.form == "own":
        return {"rewards": [one.told() for one in rewards]}
    rows = [numbers(one, missing=None) for one in rewards]
    if asked.form == "openrlhf":
        return logged(rows)
    return {"rewards": [row["score"] for row in rows], "qa_rewards": [row["accuracy"] for row in rows]}


def _own(place: int, one: object) -> Rollout:
    match one:
        case {"caption": str(caption), "questions": questions, **others}:
            image, tokens = others.get("image", ""), others.get("tokens")
            if not isinstance(image, str) or not (tokens is None or (isinstance(tokens, int) and tokens >= 0)):
                raise DataError(f"rollouts[{place}]: image is a text, tokens a whole number")
            return Rollout(caption=caption, questions=questions, image=image, tokens=tokens)
        case _:
            raise DataError(f"rollouts[{place}] has no caption (a text) or no questions")


def _pair(place: int, one: object) -> Rollout:
    match one:
        case [str(caption), questions]:
            return Rollout(caption=caption, questions=questions, image=f"prompts[{place}]")
        case _:
            raise DataError(f"prompts[{place}] is no pair of a caption and its questions")
