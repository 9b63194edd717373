"""How much of the gap between the smallest entry and the baseline each of the others closes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from prism_eval.leaderboard.rows import GapClosed, Row
from prism_eval.leaderboard.scores import Scores


def with_gaps(rows: Sequence[Row], scores: Scores, common: Sequence[str]) -> tuple[Row, ...]:
    """The rows, each but the two ends with the share of the gap that it closes.

    The upper end is the baseline; the lower one is the ranked entry with the smallest model, the worst of equals, if
    that is smaller than the baseline's. Where sizes are not known nobody is between anything.

    Args:
        rows: The entries, best first.
        scores: Their scores.
        common: The benchmarks that they are compared on.
    """
    upper = next((row for row in rows if row.baseline and row.size and not row.unranked), None)
    sized = [row for row in reversed(rows) if row.size and not row.unranked and row is not upper]
    lower = min(sized, key=lambda row: row.size.params_b or 0, default=None)
    if upper is None or lower is None or (lower.size.params_b or 0) >= (upper.size.params_b or 0):
        return tuple(rows)
    ends = scores.number(lower.captioner), scores.number(upper.captioner)

    def one(row: Row) -> GapClosed | None:
        if row is upper or row is lower or row.unranked:
            return None
        share = scores.gap_closed(scores.number(row.captioner), ends, common)
        return GapClosed(lower=lower.captioner, share=share) if share else None

    return tuple(replace(row, gap=one(row)) for row in rows)
