"""Why a leaderboard holds no score at all: what stands where its scores would."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from prism_eval.benchmarks.rows import short
from prism_eval.leaderboard.rows import Row
from prism_eval.leaderboard.verdicts import OUTCOMES, Verdicts
from prism_eval.leaderboard.writing import counted
from prism_eval.run.reading import LABEL
from prism_eval.schema import Outcome

_LONGEST = 300


def why_unscored(rows: Iterable[Row], verdicts: Verdicts) -> str:
    """What made the answers fail, the most frequent reason in its own words; empty where one answer has a score.

    Raises:
        RunError: The verdict table cannot be read.
    """
    if any(row.mean for row in rows):
        return ""
    import pyarrow as pa

    failed = verdicts.outcome == OUTCOMES.index(Outcome.FAILED)
    if not failed.any():
        return "There is no score: no answer is in the run."
    notes = verdicts.table.columns({"note": LABEL})["note"].filter(pa.array(failed)).combine_chunks()
    reasons = Counter({one["values"]: one["counts"] for one in notes.value_counts().to_pylist() if one["values"]})
    if not reasons:
        return "There is no score: every answer failed, and the run does not say why."
    ((reason, times),) = reasons.most_common(1)
    more = f"; and {counted(len(reasons) - 1, 'other reason')}" if len(reasons) > 1 else ""
    said = short(reason, _LONGEST).rstrip(".")
    return f"There is no score: every answer failed, {counted(times, 'time')} with: {said}{more}."
