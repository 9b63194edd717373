"""From what a metric says of one answer to a score in [0, 1]."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from prism_eval.files.jsonable import jsonable

# Some tasks score in per cent, and no metric says which it does: a number over 1 can only be one of these.
_PERCENT = 100.0


def score_of(value: object, *, score_key: str | None, alone: Callable[[], object]) -> float | None:
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
    # One answer alone: what the aggregation makes of it is its score, if it is a number.
    if number is None:
        number = _number(alone())
    if number is None or not 0 <= number <= _PERCENT:
        return None
    return number / _PERCENT if number > 1 else number


def _number(value: object) -> float | None:
    plain = jsonable(value)
    return float(plain) if isinstance(plain, bool | int | float) else None
