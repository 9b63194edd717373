"""Shares of gaps: what captions carry of what a model sees, and what an entry closes of a small model's lag."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from prism_eval.leaderboard.rows import GapClosed, Row
from prism_eval.leaderboard.scores import Scores
from prism_eval.leaderboard.writing import listed


def with_recovery(
    rows: Sequence[Row], blind: str | None, direct: Mapping[str, str], scores: Scores, common: Sequence[str]
) -> tuple[Row, ...]:
    """The rows, each with how far its captions reach from no caption to the image itself, as its own model sees it.

    Args:
        rows: The entries.
        blind: The label of the control that reads no caption; ``None`` where there is none.
        direct: By an entry's label, that of the control that shows its own model the image.
        scores: Their scores.
        common: The benchmarks that they are compared on.
    """
    if blind is None:
        return tuple(rows)
    lower = scores.number(blind)
    return tuple(
        replace(row, recovery=scores.gap_closed(scores.number(row.captioner), (lower, scores.number(seen)), common))
        if (seen := direct.get(row.captioner))
        else row
        for row in rows
    )


def with_gaps(rows: Sequence[Row], scores: Scores, common: Sequence[str]) -> tuple[Row, ...]:
    """The rows, each but the two ends with the share of the gap that it closes.

    Args:
        rows: The entries, best first.
        scores: Their scores.
        common: The benchmarks that they are compared on.
    """
    if (ends := _ends(rows)) is None:
        return tuple(rows)
    numbers = scores.number(ends[0].captioner), scores.number(ends[1].captioner)

    def one(row: Row) -> GapClosed | None:
        if row.unranked or row in ends:
            return None
        share = scores.gap_closed(scores.number(row.captioner), numbers, common)
        return GapClosed(lower=ends[0].captioner, share=share) if share else None

    return tuple(replace(row, gap=one(row)) for row in rows)


def gaps_not_shown(rows: Sequence[Row], blind: str | None, direct: Mapping[str, str]) -> Iterator[str]:
    """Why shares that a reader may look for are not told: a ratio to what may be nothing has no bounds.

    Args:
        rows: The entries, with their shares.
        blind: As for `with_recovery`.
        direct: Likewise.
    """
    if lacking := [row.captioner for row in rows if blind and row.captioner in direct and row.recovery is None]:
        yield f"No recovery for {listed(lacking)}: that the images help the model that captions them is not shown."
    ends = _ends(rows)
    if ends and any(row.gap is None for row in rows if not row.unranked and row not in ends):
        lower, upper = (row.captioner for row in ends)
        yield f"Nobody closes a share of the gap from {lower} to {upper}: that there is one is not shown."


def _ends(rows: Sequence[Row]) -> tuple[Row, Row] | None:
    """Where the gap begins and where it ends; ``None`` where sizes are not known, so that nobody is between anything.

    The upper end is the baseline; the lower one is the ranked entry with the smallest model, the worst of equals, if
    that is smaller than the baseline's.
    """
    upper = next((row for row in rows if row.baseline and row.size and not row.unranked), None)
    sized = [row for row in reversed(rows) if row.size and not row.unranked and row is not upper]
    lower = min(sized, key=lambda row: row.size.params_b or 0, default=None)
    if upper is None or lower is None or (lower.size.params_b or 0) >= (upper.size.params_b or 0):
        return None
    return lower, upper
