"""The verdict tables of runs as columns of numbers, and what can be counted from them.

A label (a captioner, an outcome, an item) is a number from 0 wherever there is one a row, so that millions of verdicts
fit in memory and numpy can count them; its text is kept once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from prism_eval.errors import Cause
from prism_eval.leaderboard.joined import JoinedTable
from prism_eval.leaderboard.numbering import with_places
from prism_eval.schema import Outcome

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

OUTCOMES = tuple(Outcome)
"""The outcome that a number in `Verdicts.outcome` stands for."""
CAUSES = tuple(Cause)
"""Whose doing a failure is, as a number in `Verdicts.cause` says."""


# Without slots, since `cached_property` keeps what it worked out in the object's dictionary.
@dataclass(frozen=True, eq=False)
class Verdicts:
    """What the verdicts of a run say. Arrays of shape (verdicts,) are in the table's order.

    Attributes:
        table: The table they are from, for what is read later: the texts of a few rows.
        captioners: The captioners' labels, in order of appearance.
        benchmarks: The benchmarks' names, likewise.
        reasoners: The reasoners' labels, likewise.
        captioner: Shape (verdicts,): a number of ``captioners``.
        reasoner: Shape (verdicts,): a number of ``reasoners``.
        item: Shape (verdicts,): a number of an item; items are numbered in order of appearance.
        outcome: Shape (verdicts,): a number of `OUTCOMES`.
        cause: Shape (verdicts,): of a failure, a number of `CAUSES`; -1 of all else, and where the table does not say.
        score: Shape (verdicts,), in [0, 1]; NaN exactly where the call failed.
        sample: Shape (verdicts,): which of the captions of an image, from 0.
        order: Shape (verdicts,): which order of the options, from 0.
        position: Shape (verdicts,): the position of the option that was chosen, from 0; NaN where none was.
        words: Shape (verdicts,): the length of the caption; NaN where there is none.
        truncated: Shape (verdicts,): whether the caption hit the limit on its length.
        items: What is said once an item.
    """

    table: JoinedTable
    captioners: tuple[str, ...]
    benchmarks: tuple[str, ...]
    reasoners: tuple[str, ...]
    captioner: NDArray[np.int64]
    reasoner: NDArray[np.int64]
    item: NDArray[np.int64]
    outcome: NDArray[np.int64]
    cause: NDArray[np.int64]
    score: NDArray[np.float64]
    sample: NDArray[np.int64]
    order: NDArray[np.int64]
    position: NDArray[np.float64]
    words: NDArray[np.float64]
    truncated: NDArray[np.bool_]
    items: Items

    def check_once(self) -> None:
        """Make sure that no verdict is there twice.

        Raises:
            RunError: One is; the message names it.
        """
        import numpy as np

        # One number for all that tells verdicts apart.
        key = (self.captioner * len(self.reasoners) + self.reasoner) * len(self.items) + self.item
        for places in (self.sample, self.order):
            if places.any():
                key = with_places(key, places)
        # Sorted and not hashed: of five million keys a hash table is a gigabyte.
        ordered = np.sort(key)
        again = ordered[1:][ordered[1:] == ordered[:-1]]
        if not again.size:
            return
        row = int(np.flatnonzero(key == again[0])[1])
        (said,) = self.table.take(np.array([row]), ("captioner", "benchmark", "item")).to_pylist()
        raise self.table.spoilt(
            f"holds two verdicts of {said['captioner']!r} on {said['benchmark']} item {said['item']!r}, "
            f"sample {self.sample[row]}, order {self.order[row]}",
            row,
        )

    @cached_property
    def matrix(self) -> NDArray[np.float64]:
        """Shape (captioners, items): an item's mean over samples and orders, NaN where all failed or are missing."""
        import numpy as np

        shape = len(self.captioners), len(self.items)
        # A failed call is infrastructure: counted as 0 it would make a server's bad night a captioner's bad score.
        scored = ~np.isnan(self.score)
        # One flat index, counted once: a loop over captioners would walk millions of rows for each.
        return means_by((self.captioner * shape[1] + self.item)[scored], self.score[scored], shape)

    @cached_property
    def causes(self) -> NDArray[np.int64]:
        """Shape (captioners, causes): how many failures there are of each that the table tells."""
        import numpy as np

        told = self.cause >= 0
        place = self.captioner[told] * len(CAUSES) + self.cause[told]
        counts = np.bincount(place, minlength=len(self.captioners) * len(CAUSES))
        return counts.reshape(len(self.captioners), len(CAUSES))

    def charged(self, number: int) -> NDArray[np.float64]:
        """Shape (items,): a captioner's row of `matrix`, with 0 for what it failed at itself, and for empty captions.

        Whoever has a caption only where it scores has a mean over what it chose; this is the mean over what was asked.
        """
        import numpy as np

        rows = np.flatnonzero(self.captioner == number)
        own = [place for place, cause in enumerate(CAUSES) if cause.of_captioner]
        lost = np.isin(self.cause[rows], own) | (self.words[rows] == 0)
        score = np.where(lost, 0.0, self.score[rows])
        scored = ~np.isnan(score)
        return means_by(self.item[rows][scored], score[scored], (len(self.items),))

    @cached_property
    def draws(self) -> NDArray[np.float64]:
        """Shape (captioners, samples, items): each caption's mean over orders, NaN where there is none."""
        import numpy as np

        samples, sample = np.unique(self.sample, return_inverse=True)
        shape = len(self.captioners), int(samples.size), len(self.items)
        scored = ~np.isnan(self.score)
        cell = (self.captioner * shape[1] + sample) * shape[2] + self.item
        return means_by(cell[scored], self.score[scored], shape)

    @cached_property
    def best(self) -> NDArray[np.float64] | None:
        """Shape (captioners, items): the best of an item's samples; ``None`` where no item has several."""
        import numpy as np

        return None if self.draws.shape[1] < 2 else np.fmax.reduce(self.draws, axis=1)

    @cached_property
    def outcomes(self) -> NDArray[np.int64]:
        """Shape (captioners, benchmarks, outcomes): how many verdicts there are of each."""
        import numpy as np

        shape = len(self.captioners), len(self.benchmarks), len(OUTCOMES)
        place = self.captioner * shape[1] + self.items.benchmark[self.item]
        counts = np.bincount(place * shape[2] + self.outcome, minlength=shape[0] * shape[1] * shape[2])
        return counts.reshape(shape)


@dataclass(frozen=True, eq=False)
class Items:
    """What is said once an item, read where it appears first.

    Attributes:
        first: Shape (items,): the row of the table where that is.
        benchmark: Shape (items,): a number of the verdicts' ``benchmarks``.
        cluster: Shape (items,): items that share an image, across benchmarks too, have one number.
        image_set: Shape (items,): items that show the very same images have one number.
        choice: Shape (items,): whether the item is a multiple-choice question.
        options: Length (items,): its options, a JSON list.
    """

    first: NDArray[np.int64]
    benchmark: NDArray[np.int64]
    cluster: NDArray[np.int64]
    image_set: NDArray[np.int64]
    choice: NDArray[np.bool_]
    options: pa.Array

    def __len__(self) -> int:
        return int(self.benchmark.size)


def means_by(cell: NDArray[np.int64], score: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """The mean score of each cell of a table, NaN where it has none.

    Args:
        cell: Shape (scores,): the cell of each, its rows counted one after the other.
        score: Shape (scores,).
        shape: The table's.
    """
    import numpy as np

    size = math.prod(shape)
    sums, counts = np.bincount(cell, weights=score, minlength=size), np.bincount(cell, minlength=size)
    means = np.full(size, np.nan)
    np.divide(sums, counts, out=means, where=counts > 0)
    return means.reshape(shape)
