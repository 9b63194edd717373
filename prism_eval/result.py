"""How far a run has come, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from prism_eval.calls import Tally
from prism_eval.runs import RunFolder
from prism_eval.runs.manifest import Counts

if TYPE_CHECKING:
    import pandas as pd

    from prism_eval.leaderboard import Leaderboard


@dataclass
class State:
    """How far a run has come, for whoever watches.

    Attributes:
        counts: What was counted so far.
        tallies: Calls by stage.
        total: Verdicts there will be, where that is known.
    """

    counts: Counts
    tallies: Mapping[str, Tally]
    total: int | None


@dataclass(frozen=True)
class Result:
    """What a run leaves behind.

    Attributes:
        folder: The run folder.
        counts: Outcomes, failures and items by benchmark.
        tallies: Calls by stage: found in the store, made, failed.
    """

    folder: RunFolder
    counts: Counts
    tallies: Mapping[str, Tally]

    @property
    def html(self) -> Path:
        """The leaderboard's page."""
        return self.folder.html_file

    @property
    def failed(self) -> int:
        """Items, times arms and samples, that infrastructure failed."""
        return sum(self.counts.failures.values())

    @property
    def leaderboard(self) -> Leaderboard:
        """The leaderboard, read from the run folder."""
        from prism_eval.leaderboard import build

        return build(self.folder.path)

    def to_pandas(self) -> pd.DataFrame:
        """The verdicts, a row per captioner, item and sample."""
        import pandas as pd

        return pd.read_parquet(self.folder.table("verdicts"))
