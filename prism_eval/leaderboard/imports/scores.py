"""The score of one document, out of the three shapes in which lmms-eval's tasks leave it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from prism_eval.errors import DataError


class NoScore(DataError):
    """A metric says nothing of a single document: only of all together, once somebody has judged them."""


def _same(first: object, second: object) -> bool:
    return str(first).strip().lower() == str(second).strip().lower()


def _mme_realworld(value: Mapping[str, Any]) -> bool:
    # As its aggregation counts: the letter somewhere in what was extracted is enough.
    return str(value["answer"]).lower() in str(value["pred_answer"]).lower()


def _mmmu(value: Mapping[str, Any]) -> bool:
    # One reply that is right is enough; a judge's words stand in place of a score.
    if "score" in value:
        return any("1" in str(said) for said in _several(value["score"]))
    golds, replies = _several(value["answer"]), _several(value["parsed_pred"])
    if value.get("question_type") == "open":
        return any(_said_in(str(gold), reply) for gold in golds for reply in replies)
    return any(reply in golds for reply in replies)


def _mmmu_pro(value: Mapping[str, Any]) -> bool | float:
    gold, reply = value["answer"], value["parsed_pred"]
    if isinstance(gold, list) and isinstance(reply, list) and gold:
        return sum(map(_same, gold, reply)) / len(gold)
    return bool(gold == reply)


def _said_in(gold: str, reply: object) -> bool:
    """Whether a reply to an open question of MMMU, of which lmms-eval keeps numbers as such, has the gold."""
    text = gold.strip().lower()
    try:
        number = round(float(text.replace(",", "")), 2)
    except ValueError:
        # A letter alone is in nearly every text: a blank must stand beside it.
        forms = [f" {text}", f"{text} "] if len(text) == 1 else [text]
        return isinstance(reply, str) and any(form in reply for form in forms)
    return isinstance(reply, int | float) and reply == number


def _several(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


ADAPTERS: Mapping[str, Callable[[Mapping[str, Any]], object]] = {
    "seedbench_2_plus": lambda value: _same(value["pred"], value["answer"]),
    "mmerealworld": _mme_realworld,
    "mathvista": lambda value: value["true_false"],
    "mathvision": lambda value: value["scores"][0],
    "mmmu_pro": _mmmu_pro,
    "mmmu": _mmmu,
    "wemath": lambda value: value["acc_score"] == 1,
}
"""By the beginning of a task's name, how its aggregation tells right from wrong where there is no score."""


def score_of(task: str, metric: str, value: object) -> float | None:
    """The score of a document, in [0, 1]; ``None`` where a judge failed to give one.

    Args:
        task: The task's name.
        metric: The metric's name, for messages.
        value: What the metric holds: a number, an object with ``score``, or one that an adapter knows.

    Raises:
        NoScore: It holds no score of the document.
        DataError: The score is no share of 1.
    """
    found = _found(task, metric, value)
    # Charts that nobody could judge are -1, and a judge that is away leaves nothing: no answer was wrong.
    if found is None or (isinstance(found, float | int) and (math.isnan(found) or found == -1)):
        return None
    if not isinstance(found, float | int) or not 0 <= found <= 1:
        raise DataError(f"{metric} is {found!r}, which is no score from 0 to 1")
    return float(found)


def _found(task: str, metric: str, value: object) -> object:
    if not isinstance(value, Mapping):
        return value
    own = next((adapter for name, adapter in ADAPTERS.items() if task.startswith(name)), None)
    if own:
        try:
            return own(value)
        except (LookupError, TypeError) as error:
            if "score" not in value:
                raise DataError(f"{metric} is not as lmms-eval writes it: {error}") from error
    if "score" in value:
        return value["score"]
    raise NoScore(f"its {metric} holds no score of a single document")
