"""The verdict table of a run folder, read into what a leaderboard needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prism_eval.errors import RunError
from prism_eval.leaderboard.positions import Positions
from prism_eval.schema import Outcome
from prism_eval.statistics import connected

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERDICTS = "verdicts.parquet"

_COLUMNS = (
    "captioner",
    "reasoner",
    "benchmark",
    "item",
    "images",
    "sample",
    "cluster",
    "outcome",
    "score",
    "caption_words",
    "caption_truncated",
    "kind",
    "options",
    "extracted",
    "chosen_position",
)


@dataclass(slots=True)
class CaptionLengths:
    """The captions of one captioner, each counted once however many questions were asked about it.

    Attributes:
        words: Words of each caption, by its images and sample.
        truncated: How many hit the limit on their length.
    """

    words: dict[tuple[Any, ...], int] = field(default_factory=dict)
    truncated: int = 0

    def add(self, row: Mapping[str, Any]) -> None:
        """Count the caption behind a verdict, unless it was counted or failed."""
        key = (*(row["images"] or (row["benchmark"], row["item"])), row["sample"])
        if row["caption_words"] is None or key in self.words:
            return
        self.words[key] = row["caption_words"]
        self.truncated += bool(row["caption_truncated"])


@dataclass(slots=True)
class Ledger:
    """What the verdicts of a run say, captioner by captioner and item by item.

    Attributes:
        reasoners: The reasoners met.
        captioners: Captioners in order of appearance, with the lengths of their captions.
        items: Items as (benchmark, id) in order of appearance, each with the keys that link it to others.
        sums: For each captioner, the sum and the number of an item's scores over samples and orders; failed
            ones left out.
        outcomes: Verdicts by captioner, benchmark and outcome.
        positions: For each captioner, which positions its answers picked.
    """

    reasoners: set[str] = field(default_factory=set)
    captioners: dict[str, CaptionLengths] = field(default_factory=dict)
    items: dict[tuple[str, str], tuple[Any, ...]] = field(default_factory=dict)
    sums: dict[tuple[str, tuple[str, str]], tuple[float, int]] = field(default_factory=dict)
    outcomes: Counter[tuple[str, str, Outcome]] = field(default_factory=Counter)
    positions: dict[str, Positions] = field(default_factory=dict)

    def add(self, row: Mapping[str, Any]) -> None:
        """Enter one verdict.

        Raises:
            RunError: The outcome is unknown, or the score does not go with it.
        """
        captioner, benchmark, item = row["captioner"], row["benchmark"], (row["benchmark"], row["item"])
        outcome = _outcome(row)
        self.reasoners.add(row["reasoner"])
        self.captioners.setdefault(captioner, CaptionLengths()).add(row)
        if item not in self.items:
            self.items[item] = ((benchmark, row["cluster"]), *(row["images"] or ()))
        self.outcomes[captioner, benchmark, outcome] += 1
        self.positions.setdefault(captioner, Positions()).add(row)
        if outcome is not Outcome.FAILED:
            total, count = self.sums.get((captioner, item), (0.0, 0))
            self.sums[captioner, item] = (total + row["score"], count + 1)

    def clusters(self) -> list[int]:
        """For each item its cluster: items that share an image, across benchmarks too, are in one."""
        return connected(list(self.items.values()))

    def matrix(self) -> NDArray[np.float64]:
        """Shape (captioners, items): an item's mean over samples and orders, NaN where all failed or are missing."""
        import numpy as np

        scores = np.full((len(self.captioners), len(self.items)), np.nan)
        columns = {item: column for column, item in enumerate(self.items)}
        rows = {captioner: row for row, captioner in enumerate(self.captioners)}
        for (captioner, item), (total, count) in self.sums.items():
            scores[rows[captioner], columns[item]] = total / count
        return scores


def read_ledger(folder: Path) -> Ledger:
    """Read the verdict table of a run folder, a batch at a time.

    Raises:
        RunError: The table is missing, damaged, lacks a column or holds a verdict that makes no sense.
    """
    ledger = Ledger()
    for row in read_rows(folder, _COLUMNS):
        ledger.add(row)
    return ledger


def read_rows(
    folder: Path, columns: Sequence[str], *, items: Collection[str] | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the verdict table's rows with these columns only, in bounded memory.

    Args:
        folder: The run folder.
        columns: The columns to read.
        items: Leave out rows whose item has another id.

    Raises:
        RunError: The table is missing or damaged, or lacks a column.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    path = folder / VERDICTS
    try:
        with pq.ParquetFile(path) as table:
            lacking = [name for name in columns if name not in table.schema_arrow.names]
            if lacking:
                raise RunError(
                    f"{path}: no column {', '.join(lacking)}; score the run again: prism-eval score {folder}"
                )
            for batch in table.iter_batches(batch_size=4096, columns=list(columns)):
                kept = batch if items is None else batch.filter(pc.is_in(batch["item"], value_set=pa.array(items)))
                yield from kept.to_pylist()
    except FileNotFoundError as error:
        raise RunError(f"{path} does not exist; score the run first: prism-eval score {folder}") from error
    except (OSError, pa.ArrowInvalid) as error:
        reason = " ".join(str(error).split())
        raise RunError(f"{path} cannot be read ({reason}); score the run again: prism-eval score {folder}") from error


def _outcome(row: Mapping[str, Any]) -> Outcome:
    name, score = row["outcome"], row["score"]
    if name not in Outcome.__members__.values():
        raise RunError(f"{VERDICTS}: {row['benchmark']} item {row['item']!r} has the unknown outcome {name!r}")
    outcome = Outcome(name)
    if outcome is not Outcome.FAILED and (score is None or not 0 <= score <= 1):
        raise RunError(f"{VERDICTS}: {row['benchmark']} item {row['item']!r} is {name} with the score {score}")
    return outcome
