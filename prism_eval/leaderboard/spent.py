"""What a captioner's work took, as the manifest tells it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What the captions of an entry took, or the answers of a `direct` control, which writes none.

    Attributes:
        tokens_mean: Mean length in tokens, as its server counted them; ``None`` where none did.
        seconds: The sum of the calls' times; they go out side by side, so nobody waited as long.
        cost: In the currency of the prices that were given; ``None`` without prices.
        seconds_mean: How long one caption took, of those whose time is known; ``None`` of answers.
        cost_mean: What one caption cost, of those whose tokens were counted; ``None`` of answers.
        cached: The share of what was read, for captions and answers, that a prefix cache held; ``None`` where no server
            says.
    """

    tokens_mean: float | None = None
    seconds: float | None = None
    cost: float | None = None
    seconds_mean: float | None = None
    cost_mean: float | None = None
    cached: float | None = None


def spent_on(entry: Mapping[str, object], reasoner: str, *, answers: bool) -> Spent:
    """What an entry's texts took.

    Args:
        entry: What ``counts.entries`` says of it; nothing, in runs of an older prism-eval.
        reasoner: Whose answers are looked at.
        answers: Whether its answers are its work, and not its captions.
    """
    by_reasoner = entry.get("answers")
    answered = by_reasoner.get(reasoner) if isinstance(by_reasoner, Mapping) else None
    said = answered if answers else entry
    if not isinstance(said, Mapping):
        return Spent()
    seconds, cost = _number(said, "seconds"), _number(said, "cost")
    counted = _number(said, "counted")
    return Spent(
        tokens_mean=_each(_number(said, "completion_tokens"), counted),
        seconds=seconds,
        cost=cost,
        # An answer is no caption: the two stand on no common scale.
        seconds_mean=None if answers else _each(seconds, _number(said, "timed")),
        cost_mean=None if answers else _each(cost, counted),
        # Where the cache pays is in the answers, which share a caption: those of a captioner are part of it.
        cached=_cached([entry, answered if isinstance(answered, Mapping) else {}]),
    )


def _cached(told: Sequence[Mapping[str, object]]) -> float | None:
    held, read = (sum(_number(one, key) or 0.0 for one in told) for key in ("cached_tokens", "cacheable_tokens"))
    return _each(held, read)


def _each(whole: float | None, number: float | None) -> float | None:
    return None if whole is None or not number else whole / number


def _number(said: Mapping[str, object], key: str) -> float | None:
    value = said.get(key)
    return float(value) if isinstance(value, int | float) else None
