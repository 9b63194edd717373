"""The verdict tables of runs as columns of numbers, and what can be counted from them.

A label (a captioner, an outcome, an item) is a number from 0 wherever there is one a row, so that millions of verdicts
fit in memory and numpy can count them; its text is kept once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from prism_eval.leaderboard.joined import JoinedTable
from prism_eval.leaderboard.numbering import label_numbers, numbered
from prism_eval.run.reading import LABEL
from prism_eval.schema import Outcome
from prism_eval.statistics import connected

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

OUTCOMES = tuple(Outcome)
"""The outcome that a number in `Verdicts.outcome` stands for."""

_KINDS = {
    **dict.fromkeys(("captioner", "reasoner", "benchmark", "item", "outcome"), LABEL),
    **dict.fromkeys(("sample", "order"), "int64"),
    # An empty cell becomes NaN, which whole numbers do not have.
    **dict.fromkeys(("score", "caption_words", "chosen_position"), "double"),
    "caption_truncated": "bool",
}
# An empty label has the number -1, and in numpy -1 is the last: the verdict would count for somebody else.
_NEVER_EMPTY = ("captioner", "reasoner", "benchmark", "item", "outcome", "sample", "order")
_NEVER_NEGATIVE = ("sample", "order", "caption_words", "chosen_position")
# These are the same in every row of an item, and long: they are read once an item, not once a verdict.
_OF_ITEMS = ("cluster", "images", "kind", "options")


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

        # One number for all that tells verdicts apart. Whoever wrote the table may have numbered from anywhere.
        key = (self.captioner * len(self.reasoners) + self.reasoner) * len(self.items) + self.item
        for numbers in (self.sample, self.order):
            if numbers.any():
                places = numbered(numbers).numbers
                key = key * (places.max() + 1) + places
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
        cell = (self.captioner * shape[1] + self.item)[scored]
        sums = np.bincount(cell, weights=self.score[scored], minlength=shape[0] * shape[1])
        counts = np.bincount(cell, minlength=shape[0] * shape[1])
        means = np.full(sums.size, np.nan)
        np.divide(sums, counts, out=means, where=counts > 0)
        return means.reshape(shape)

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


def read_verdicts(table: JoinedTable) -> Verdicts:
    """Read the verdict tables of run folders.

    Raises:
        RunError: A table is missing, damaged, lacks a column or holds a verdict that makes no sense.
    """
    columns = table.columns(_KINDS)
    _check(table, columns)
    captioner, captioners = _labels(columns["captioner"])
    reasoner, reasoners = _labels(columns["reasoner"])
    benchmark, benchmarks = _labels(columns["benchmark"])
    # Ids are unique within a benchmark only. One chunk: `Table.columns` has made the row groups' dictionaries one.
    id_number, ids = label_numbers(columns["item"].combine_chunks()), columns["item"].chunk(0).dictionary
    item, first = numbered(benchmark * len(ids) + id_number)
    outcome, score = _outcomes(table, columns)
    return Verdicts(
        table=table,
        captioners=captioners,
        benchmarks=benchmarks,
        reasoners=reasoners,
        captioner=captioner,
        reasoner=reasoner,
        item=item,
        outcome=outcome,
        score=score,
        sample=columns["sample"].to_numpy(),
        order=columns["order"].to_numpy(),
        position=columns["chosen_position"].to_numpy(),
        words=columns["caption_words"].to_numpy(),
        truncated=columns["caption_truncated"].to_numpy().astype(bool),
        items=_items(table, first, benchmark[first]),
    )


def _check(table: JoinedTable, columns: pa.Table) -> None:
    import pyarrow.compute as pc

    for name in _NEVER_EMPTY:
        if columns[name].null_count:
            row = pc.index(columns[name].is_null(), value=True).as_py()
            raise table.spoilt(f"has an empty cell in column {name}", row)
    for name in _NEVER_NEGATIVE:
        least = pc.min(columns[name]).as_py()
        if least is not None and least < 0:
            raise table.spoilt(f"has {least:g} in column {name}", pc.index(columns[name], value=least).as_py())


def _labels(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    coded = column.chunk(0)
    # A dictionary may hold labels that no row has, in an order of its own: number again what is there.
    numbers, first = numbered(label_numbers(coded))
    return numbers, tuple(coded.take(first).to_pylist())


def _outcomes(table: JoinedTable, columns: pa.Table) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Outcomes as numbers of `OUTCOMES`, and scores, NaN exactly where a call failed."""
    import numpy as np

    numbers, names = _labels(columns["outcome"])
    known = np.array([OUTCOMES.index(Outcome(name)) if name in OUTCOMES else -1 for name in names], dtype=np.int64)
    outcome, score = known[numbers], columns["score"].to_numpy()
    failed = outcome == OUTCOMES.index(Outcome.FAILED)
    # Rounded to 0 or left out, such a verdict would change a score unseen.
    for strange in np.flatnonzero(~failed & ~((score >= 0) & (score <= 1)) | (outcome < 0))[:1].tolist():
        row = {name: columns[name][strange].as_py() for name in ("benchmark", "item", "outcome", "score")}
        where = f"holds a verdict that makes no sense: {row['benchmark']} item {row['item']!r}"
        if outcome[strange] < 0:
            raise table.spoilt(f"{where} has the unknown outcome {row['outcome']!r}", strange)
        raise table.spoilt(f"{where} is {row['outcome']} with the score {row['score']}", strange)
    return outcome, np.where(failed, np.nan, score)


def _items(table: JoinedTable, first: NDArray[np.int64], benchmark: NDArray[np.int64]) -> Items:
    import numpy as np
    import pyarrow.compute as pc

    said = table.take(first, _OF_ITEMS).combine_chunks()
    cluster, images, kind, options = (said[name].combine_chunks() for name in _OF_ITEMS)
    everyone = np.arange(first.size)
    # Two benchmarks may call different things by one cluster name; an image's digest means one thing everywhere.
    named = label_numbers(cluster)
    # Two more than the largest: the -1 of an item without a cluster would be the last of the benchmark before.
    own = numbered(benchmark * (named.max(initial=0) + 2) + named).numbers
    shown = own.max(initial=-1) + 1 + label_numbers(pc.list_flatten(images))
    showing = pc.list_parent_indices(images).to_numpy()
    # Digests hold no zero byte, so that joined lists are equal only where the lists are.
    together = label_numbers(pc.binary_join(images, "\0"))
    # An item without an image shares nothing: it has a caption of its own.
    bare = pc.list_value_length(images).fill_null(0).to_numpy() == 0
    image_set = np.where(bare, together.max(initial=0) + 1 + everyone, together)
    return Items(
        first=first,
        benchmark=benchmark,
        cluster=connected(np.concatenate([everyone, showing]), np.concatenate([own, shown])),
        image_set=numbered(image_set).numbers,
        choice=pc.equal(kind, "choice").fill_null(False).to_numpy(zero_copy_only=False),
        options=options,
    )
