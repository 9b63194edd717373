"""Which entry the others are compared with, and each of them compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from prism_eval.leaderboard.against import Against, against
from prism_eval.leaderboard.ranking import why_no_verdict
from prism_eval.leaderboard.rows import Row
from prism_eval.leaderboard.runs import benchmark_titles
from prism_eval.leaderboard.scores import Scores
from prism_eval.run.boundary import BENCHMARK_MARGIN, SUITE_MARGIN, boundary_of
from prism_eval.run.entries import baseline_named
from prism_eval.run.reading import Manifest


def chosen_baseline(rows: Sequence[Row], controls: Sequence[Row], manifest: Manifest, name: str | None) -> Row | None:
    """The entry that the others are compared with.

    Args:
        rows: The entries, best first.
        controls: The controls.
        manifest: The manifest; of a run that ended when it was decided, it says against whom.
        name: Its label, or a part of one that no other has; ``None`` for such a run's, else the largest.

    Returns:
        ``None`` where nobody names one, and no model is known to be larger than another.

    Raises:
        UsageError: The name fits none, or several.
    """
    name = (manifest.get("looks") or {}).get("baseline") if name is None else name
    if name is None:
        return _largest(rows)
    label = baseline_named(name, [row.captioner for row in rows], [row.captioner for row in controls])
    return next(row for row in rows if row.captioner == label)


def compared(
    rows: Sequence[Row],
    baseline: Row,
    scores: Scores,
    common: Sequence[str],
    *,
    manifest: Manifest,
    margin: float | None,
) -> tuple[Row, ...]:
    """The rows, each with what sets it apart from the baseline.

    Args:
        rows: The entries.
        baseline: The one that the others are compared with.
        scores: Their scores.
        common: The benchmarks that every ranked entry has.
        manifest: The manifest, which knows the benchmarks' titles, and at which look the run ended.
        margin: The difference that counts as none, in points; ``None`` for the run's own, or the usual one.

    Raises:
        RunError: The manifest does not say at which of how many looks the run ended.
    """
    boundary, titles = boundary_of(manifest), benchmark_titles(manifest)
    margin = margin or (manifest.get("looks") or {}).get("margin")

    def one(row: Row) -> Against:
        both = scored_on(row) & scored_on(baseline)
        # On what the ranks are about; without a rank, an entry may lack some of it.
        shared = common if common and both.issuperset(common) else [name for name in scores.benchmarks if name in both]
        pair = scores.number(row.captioner), scores.number(baseline.captioner)
        cells = {titles.get(name, name): scores.difference(*pair, [name]) for name in shared}
        counts = margin / 100 if margin else SUITE_MARGIN if len(shared) > 1 else BENCHMARK_MARGIN
        return against(
            baseline.captioner,
            scores.difference(*pair, shared, alpha=boundary.alpha),
            {name: found for name, found in cells.items() if found is not None},
            margin=counts,
            boundary=boundary,
            missing=why_no_verdict(*map(scores.losses, pair)),
            apart=not common,
        )

    return tuple(
        replace(row, baseline=True) if row.captioner == baseline.captioner else replace(row, against=one(row))
        for row in rows
    )


def scored_on(row: Row) -> frozenset[str]:
    """The benchmarks on which a row has a score."""
    return frozenset(name for name, cell in row.cells.items() if cell.estimate is not None)


def _largest(rows: Sequence[Row]) -> Row | None:
    """The ranked entry with the largest model, the better one of two; ``None`` where no size is larger than another."""
    sized = [row for row in rows if row.size and not row.unranked]
    sizes = {row.size.params_b for row in sized}
    # Rows stand best first, and `max` takes the first of equals.
    return max(sized, key=lambda row: row.size.params_b or 0) if len(sizes) > 1 else None
