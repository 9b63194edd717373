"""From what a metric says of one answer to a score in [0, 1]."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_PERCENT = 100.0


def score_of(value: Any, *, score_key: str | None, alone: Callable[[], Any]) -> float | None:
    """The score of one answer; ``None`` if there is no telling.

    A number is its own score. A mapping's score is the entry that lmms-eval's own standard errors use
    (``score_key``, by default ``score``); without one it is what the task's aggregation makes of this answer alone.

    Args:
        value: What `process_results` gave for the metric.
        score_key: The task's name for the entry that holds the score.
        alone: Aggregates the one answer.
    """
    if isinstance(value, Mapping) and _number(value.get(score_key or "score")) is not None:
        value = value[score_key or "score"]
    number = _number(value)
    if number is None:
        number = _number(alone())
    if number is None or number > _PERCENT:
        return None
    return number / _PERCENT if number > 1 else number


def _number(value: Any) -> float | None:
    if isinstance(value, bool | int | float):
        return float(value)
    # numpy's scalars, without importing numpy
    item = getattr(value, "item", None)
    return float(item()) if callable(item) and getattr(value, "ndim", None) == 0 else None
