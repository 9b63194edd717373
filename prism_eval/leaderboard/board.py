"""The leaderboard: rows, and the columns that say what is in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from prism_eval.leaderboard.columns import AnyColumn, Number, Place
from prism_eval.leaderboard.own import OwnNumbers
from prism_eval.leaderboard.rows import Row
from prism_eval.leaderboard.verdicts import Verdicts
from prism_eval.run.reading import Manifest
from prism_eval.statistics import Comparison

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaderboard:
    """Captioners that shared a protocol, a reasoner and benchmarks, best first.

    Attributes:
        rows: One for each captioner, by falling mean.
        benchmarks: Names in the manifest's order.
        scores: The columns of the benchmarks' scores, in the same order.
        columns: Every other column, those of installed packages last.
        comparisons: Every two rows compared, Holm-corrected; the indices are places in ``rows``.
        measured: What was measured, in a few words each; they stand above the numbers.
        failed: How many answers are in no score; empty where all are in one.
        warnings: What a reader must know before reading the scores.
        own: Numbers that benchmarks make by a rule of their own.
        manifest: The run's manifest.
        verdicts: What the rows were made from.
    """

    rows: tuple[Row, ...]
    benchmarks: tuple[str, ...]
    scores: tuple[AnyColumn, ...]
    columns: tuple[AnyColumn, ...]
    comparisons: tuple[Comparison, ...]
    measured: tuple[str, ...]
    failed: str
    warnings: tuple[str, ...]
    own: tuple[OwnNumbers, ...]
    manifest: Manifest
    # Handed on so that the page picks its examples from what is in memory, and reads the table for their texts alone.
    verdicts: Verdicts = field(repr=False, compare=False)

    def shown_in(self, place: Place) -> tuple[AnyColumn, ...]:
        """The columns, those of benchmarks aside, that stand in a table."""
        return tuple(column for column in self.columns if place in column.shown)

    def to_dict(self) -> dict[str, object]:
        """Plain values that JSON can say."""
        return {
            # Manifest and verdicts are files of the run folder already.
            "measured": list(self.measured),
            "failed": self.failed,
            "warnings": list(self.warnings),
            "benchmarks": list(self.benchmarks),
            "rows": [asdict(row) for row in self.rows],
            "comparisons": [asdict(comparison) for comparison in self.comparisons],
            "own": [asdict(numbers) for numbers in self.own],
        }

    def to_pandas(self) -> pd.DataFrame:
        """One row for each captioner, every column in it: scores as ``NAME`` with ``NAME_low`` and ``NAME_high``."""
        import pandas as pd

        return pd.DataFrame([{"captioner": row.captioner, **dict(self._numbers(row))} for row in self.rows])

    def _numbers(self, row: Row) -> Iterator[tuple[str, Number]]:
        for column in (*self.scores, *self.columns):
            yield from column.record(row).items()
