"""The leaderboard: rows, and the columns that say what is in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from prism_eval.leaderboard.agreement import Readers, read_readers
from prism_eval.leaderboard.answer import answer
from prism_eval.leaderboard.column import AnyColumn, Datum, Place
from prism_eval.leaderboard.losses.boards import losses_on
from prism_eval.leaderboard.losses.judged import judged
from prism_eval.leaderboard.losses.losses import Losses
from prism_eval.leaderboard.own import OwnNumbers
from prism_eval.leaderboard.published import PublishedRow
from prism_eval.leaderboard.rows import Row
from prism_eval.leaderboard.verdicts import Verdicts
from prism_eval.run.reading import Manifest
from prism_eval.statistics import Comparison

if TYPE_CHECKING:
    import pandas as pd

_BEST = (
    "Best of n is a diagnostic: the highest score that one of an image's captions gets, question by question; only the "
    "gold can choose so, and no rank or test rests on it."
)


# Without slots, since `cached_property` keeps what it worked out in the object's dictionary.
@dataclass(frozen=True, kw_only=True)
class Leaderboard:
    """Captioners that shared a protocol, a reasoner and benchmarks, best first.

    Attributes:
        rows: The entries: those with a rank, by falling mean, then those without one.
        controls: The controls, by falling mean; they are never ranked, and in no comparison.
        baseline: The label of the entry that the others are compared with; ``None`` where there is none.
        benchmarks: Names in the manifests' order.
        common: Those that every ranked entry has a score on: the means and comparisons are over these.
        scores: The columns of the benchmarks' scores, in the same order.
        columns: Every other column, those of installed packages last.
        comparisons: Every two ranked rows compared, Holm-corrected; the indices are places in ``rows``.
        measured: What was measured, in a few words each; they stand above the numbers.
        failed: How many answers are in no score; empty where all are in one.
        unscored: Why there is no score at all, to stand where scores would; empty where there is one.
        warnings: What a reader must know before reading the scores.
        own: Numbers that benchmarks make by a rule of their own.
        published: What papers print, for whoever wants it beside; it is in no rank.
        folders: The run folders.
        manifests: Their manifests, in the same order; a row's ``run`` is a place in both.
        manifest: What they say together: what they share, and every benchmark and captioner.
        verdicts: What the rows were made from.
        losses_judge: Who decides of lost points what rules cannot, as a spec; ``None`` for nobody.
        store: Where its decisions are kept; ``None`` for the user's generation store.
    """

    rows: tuple[Row, ...]
    controls: tuple[Row, ...]
    baseline: str | None
    benchmarks: tuple[str, ...]
    common: tuple[str, ...]
    scores: tuple[AnyColumn, ...]
    columns: tuple[AnyColumn, ...]
    comparisons: tuple[Comparison, ...]
    measured: tuple[str, ...]
    failed: str
    unscored: str
    warnings: tuple[str, ...]
    own: tuple[OwnNumbers, ...]
    published: tuple[PublishedRow, ...]
    folders: tuple[Path, ...]
    manifests: tuple[Manifest, ...]
    manifest: Manifest
    # Handed on so that the page picks its examples from what is in memory, and reads the table for their texts alone.
    verdicts: Verdicts = field(repr=False, compare=False)
    losses_judge: str | None = None
    store: Path | None = None

    @property
    def ranked(self) -> tuple[Row, ...]:
        """The entries with a rank."""
        return tuple(row for row in self.rows if not row.unranked)

    @cached_property
    def losses(self) -> Losses:
        """Whose doing each answer is that is not right; the captions are searched when it is first asked for.

        Raises:
            RunError: The verdict tables cannot be read, or hold golds or options that are no lists.
            UsageError: There is no such judge.
            FatalError: The judge can answer no further call; its decisions so far are in the store.
        """
        found = losses_on(self.verdicts, self.manifest, [row.captioner for row in self.controls], self.common)
        return judged(found, self.losses_judge, store=self.store) if self.losses_judge else found

    @cached_property
    def readers(self) -> Readers | None:
        """The entries with each of several reasoners, read when it is first asked for; ``None`` where there is one.

        Raises:
            RunError: The verdict tables cannot be read.
        """
        return read_readers(self.folders, self.manifests, self.verdicts, [row.captioner for row in self.rows])

    @property
    def everyone(self) -> tuple[Row, ...]:
        """Entries and controls."""
        return (*self.rows, *self.controls)

    @property
    def answer(self) -> str:
        """The answer to what a leaderboard is asked, in a sentence or two, with its numbers."""
        return self.answer_with({})

    def answer_with(self, names: Mapping[str, str]) -> str:
        """The same with other names for some labels: a table has shorter ones."""
        return " ".join(self.sentences_with(names))

    def sentences_with(self, names: Mapping[str, str]) -> tuple[str, ...]:
        """Likewise, sentence by sentence; the first holds by itself."""
        return answer(self.rows, self.comparisons, names)

    @property
    def on_best(self) -> str:
        """What best of n is, where images have several captions; else empty."""
        return _BEST if any(row.best for row in self.everyone) else ""

    def shown_in(self, place: Place) -> tuple[AnyColumn, ...]:
        """The columns, those of benchmarks aside, that stand in a table."""
        return tuple(column for column in self.columns if place in column.shown)

    def to_dict(self) -> dict[str, object]:
        """Plain values that JSON can say."""
        return {
            # Manifest and verdicts are files of the run folder already.
            "answer": self.answer,
            "baseline": self.baseline,
            "measured": list(self.measured),
            "failed": self.failed,
            "unscored": self.unscored,
            "warnings": list(self.warnings),
            "benchmarks": list(self.benchmarks),
            "common": list(self.common),
            "rows": [asdict(row) for row in self.rows],
            "controls": [asdict(row) for row in self.controls],
            "comparisons": [asdict(comparison) for comparison in self.comparisons],
            "published": [asdict(row) for row in self.published],
            "own": [asdict(numbers) for numbers in self.own],
        }

    def to_pandas(self) -> pd.DataFrame:
        """One row for each captioner, every column in it: scores as ``NAME`` with ``NAME_low`` and ``NAME_high``."""
        import pandas as pd

        return pd.DataFrame([{"captioner": row.captioner, **dict(self._numbers(row))} for row in self.everyone])

    def _numbers(self, row: Row) -> Iterator[tuple[str, Datum]]:
        for column in (*self.scores, *self.columns):
            yield from column.record(row).items()
