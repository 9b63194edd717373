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


ADAPTERS: Mapping[str, Callable[[Mapping[str, Any]], object]] = {
    "seedbench_2_plus": lambda value: _same(value["pred"], value["answer"]),
    "mmerealworld": _mme_realworld,
    "mathvista": lambda value: value["true_false"],
}
"""By the beginning of a task's name, how its aggregation tells right from wrong where it keeps no score."""


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
    if "score" in value:
        return value["score"]
    for name, adapter in ADAPTERS.items():
        if task.startswith(name):
            try:
                return adapter(value)
            except KeyError as error:
                raise DataError(f"{metric} has no {error}") from error
    raise NoScore(f"its {metric} holds no score of a single document")
