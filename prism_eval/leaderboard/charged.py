"""What entries failed at themselves, and their means with 0 for it, where that is another number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from prism_eval.leaderboard.rows import Row
from prism_eval.leaderboard.scores import Scores
from prism_eval.leaderboard.writing import score


def with_own_failures(rows: Sequence[Row], scores: Scores, common: Sequence[str]) -> tuple[Row, ...]:
    """The rows, each with the mean that it has where what its captioner failed at counts as 0.

    All have it as soon as one's is another than its mean; where nobody's is, a column of it would say nothing.

    Args:
        rows: The entries.
        scores: Their scores.
        common: The benchmarks that they are compared on.
    """
    told = []
    for row in rows:
        number = scores.number(row.captioner)
        own = scores.own_failures(number)
        mean = None if own is None else scores.charged(number, common or scores.benchmarks)
        told.append(replace(row, own_failures=own, charged=mean))
    if any(row.charged and score(row.charged) != score(row.mean) for row in told):
        return tuple(told)
    return tuple(replace(row, charged=None) for row in told)
