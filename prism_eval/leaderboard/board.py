"""What a leaderboard is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from prism_eval.schema import Outcome
from prism_eval.statistics import Comparison, Estimate, RankRange

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One captioner on one benchmark.

    Attributes:
        estimate: The mean score and its interval; ``None`` if nothing could be scored.
        outcomes: Verdicts by outcome, every outcome present.
    """

    estimate: Estimate | None
    outcomes: Mapping[Outcome, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionShare:
    """How often a position was picked, as a share of all picks, and how often it would be if no lean were there."""

    picked: float
    even: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionBias:
    """Whether answers lean towards a position among the options.

    Attributes:
        shares: By position as shown, the first is A.
        deviation: The largest distance between a share and its even one; 0 for no lean.
        consistency: Share of the questions on which every order led to the same option.
        questions: Questions, times samples, that were asked under several orders.
    """

    shares: tuple[PositionShare, ...]
    deviation: float
    consistency: float
    questions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One captioner on the leaderboard.

    Attributes:
        captioner: Its label.
        rank: The places the data do not rule out.
        mean: The mean over benchmarks, each weighing the same; ``None`` if nothing could be scored.
        complete: Whether the mean is over every benchmark of the leaderboard.
        cells: By benchmark.
        items: Items with a score.
        answers: Verdicts, failed ones included: items times samples and orders.
        outcomes: Verdicts by outcome, every outcome present.
        captions: Captions read, each counted once.
        truncated: Captions that hit the limit on their length.
        words_median: Median length of a caption in words; ``None`` without captions.
        words_mean: Mean length of a caption in words.
        positions: The lean towards a position; ``None`` where no question was asked under several orders.
    """

    captioner: str
    rank: RankRange
    mean: Estimate | None
    complete: bool
    cells: Mapping[str, Cell]
    items: int
    answers: int
    outcomes: Mapping[Outcome, int]
    captions: int
    truncated: int
    words_median: float | None
    words_mean: float | None
    positions: PositionBias | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaderboard:
    """Captioners that shared a protocol, a reasoner and benchmarks, best first.

    Attributes:
        rows: One for each captioner, by falling mean.
        benchmarks: Names in the manifest's order.
        comparisons: Every two rows compared, Holm-corrected; the indices are places in ``rows``.
        warnings: What a reader must know before reading the scores.
        finished: Whether the run came to its end.
        manifest: The run's manifest.
    """

    rows: tuple[Row, ...]
    benchmarks: tuple[str, ...]
    comparisons: tuple[Comparison, ...]
    warnings: tuple[str, ...]
    finished: bool
    manifest: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Plain values that JSON can say."""
        return {
            "finished": self.finished,
            "warnings": list(self.warnings),
            "benchmarks": list(self.benchmarks),
            "rows": [asdict(row) for row in self.rows],
            "comparisons": [asdict(comparison) for comparison in self.comparisons],
        }

    def to_pandas(self) -> pd.DataFrame:
        """One row for each captioner: scores as ``NAME`` with ``NAME_low`` and ``NAME_high``, then the counts."""
        import pandas as pd

        return pd.DataFrame([self._record(row) for row in self.rows])

    def _record(self, row: Row) -> dict[str, Any]:
        record: dict[str, Any] = {"captioner": row.captioner, "rank_best": row.rank.best, "rank_worst": row.rank.worst}
        estimates = {"mean": row.mean} | {name: row.cells[name].estimate for name in self.benchmarks}
        for name, estimate in estimates.items():
            for suffix, attribute in (("", "value"), ("_low", "low"), ("_high", "high")):
                record[name + suffix] = None if estimate is None else getattr(estimate, attribute)
        counts = {name: getattr(row, name) for name in ("items", "answers", "captions", "truncated")}
        lengths = {"words_median": row.words_median, "words_mean": row.words_mean}
        return record | counts | {f"answers_{outcome}": row.outcomes[outcome] for outcome in Outcome} | lengths
