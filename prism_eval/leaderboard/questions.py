"""Each question's mean, best and standard error over the captions of its images: what a score is made of."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from prism_eval.files.folders import user_path
from prism_eval.leaderboard.runs import read_runs

if TYPE_CHECKING:
    import pandas as pd


def question_scores(folders: Path | str | Sequence[Path | str], reasoner: str | None = None) -> pd.DataFrame:
    """What each captioner got for each question, over the captions that were drawn: one row for the two.

    The mean of ``mean`` over a benchmark's rows is its score on the leaderboard, and that of ``best`` its best of n.

    Args:
        folders: A run folder, or several whose runs can be compared.
        reasoner: The label of the reasoner whose verdicts count; by default the plan's first.

    Returns:
        The columns ``captioner``, ``benchmark``, ``item``, ``captions`` (how many have a score), ``mean``, ``best``,
        and ``error``, the standard error of the mean over captions; NaN where there is only one. Scores are in [0, 1].
        A question on which every call failed has no row.

    Raises:
        UsageError: Runs cannot be compared, or share an entry.
        RunError: A manifest or verdict table cannot be read.
    """
    import numpy as np
    import pandas as pd

    given = [folders] if isinstance(folders, Path | str) else folders
    verdicts = read_runs([user_path(folder) for folder in given], reasoner).verdicts
    captioner, item = np.nonzero((~np.isnan(verdicts.draws)).any(axis=1))
    # As a table of draws, which skips what is missing in all three.
    drawn = pd.DataFrame(verdicts.draws[captioner, :, item])
    items = verdicts.items
    ids = verdicts.table.take(items.first, ("item",)).column("item").to_pylist()
    return pd.DataFrame(
        {
            "captioner": np.array(verdicts.captioners, dtype=object)[captioner],
            "benchmark": np.array(verdicts.benchmarks, dtype=object)[items.benchmark[item]],
            "item": np.array(ids, dtype=object)[item],
            "captions": drawn.count(axis=1),
            "mean": drawn.mean(axis=1),
            "best": drawn.max(axis=1),
            "error": drawn.sem(axis=1),
        }
    )
