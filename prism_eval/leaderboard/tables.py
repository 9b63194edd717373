"""The verdict tables of run folders read as columns of numbers; a cell that makes no sense is told with its table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prism_eval.errors import Cause
from prism_eval.leaderboard.joined import JoinedTable
from prism_eval.leaderboard.numbering import label_numbers, numbered
from prism_eval.leaderboard.verdicts import CAUSES, OUTCOMES, Items, Verdicts
from prism_eval.run.reading import LABEL
from prism_eval.schema import Outcome
from prism_eval.statistics import connected

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

_KINDS = {
    **dict.fromkeys(("captioner", "reasoner", "benchmark", "item", "outcome", "cause"), LABEL),
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
        cause=_causes(columns["cause"], outcome),
        score=score,
        sample=columns["sample"].to_numpy(),
        order=columns["order"].to_numpy(),
        position=columns["chosen_position"].to_numpy(),
        words=columns["caption_words"].to_numpy(),
        truncated=columns["caption_truncated"].to_numpy().astype(bool),
        items=_items(table, first, benchmark[first]),
    )


def clusters(benchmark: NDArray[np.int64], cluster: pa.Array, images: pa.Array) -> NDArray[np.int64]:
    """Number items by what ties them: a chain of shared images, or of the benchmarks' own groups.

    Args:
        benchmark: Shape (items,): a number of each item's benchmark.
        cluster: Length (items,): the name of its group there; may be empty.
        images: Length (items,): the digests of its images, a list.
    """
    import numpy as np
    import pyarrow.compute as pc

    everyone = np.arange(benchmark.size)
    # Two benchmarks may call different things by one cluster name; an image's digest means one thing everywhere.
    named = label_numbers(cluster)
    # Two more than the largest: the -1 of an item without a cluster would be the last of the benchmark before.
    own = numbered(benchmark * (named.max(initial=0) + 2) + named).numbers
    shown = own.max(initial=-1) + 1 + label_numbers(pc.list_flatten(images))
    showing = pc.list_parent_indices(images).to_numpy()
    return connected(np.concatenate([everyone, showing]), np.concatenate([own, shown]))


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


def _causes(column: pa.ChunkedArray, outcome: NDArray[np.int64]) -> NDArray[np.int64]:
    """Whose doing failures are, as numbers of `CAUSES`; -1 where nothing failed, or where the table does not say."""
    import numpy as np

    coded = column.chunk(0)
    # One more for empty cells, which have the number -1. A word of a later version says nothing here.
    words = [*coded.dictionary.to_pylist(), None]
    known = np.array([CAUSES.index(Cause(word)) if word in CAUSES else -1 for word in words], dtype=np.int64)
    return np.where(outcome == OUTCOMES.index(Outcome.FAILED), known[label_numbers(coded)], -1)


def _items(table: JoinedTable, first: NDArray[np.int64], benchmark: NDArray[np.int64]) -> Items:
    import numpy as np
    import pyarrow.compute as pc

    said = table.take(first, _OF_ITEMS).combine_chunks()
    cluster, images, kind, options = (said[name].combine_chunks() for name in _OF_ITEMS)
    everyone = np.arange(first.size)
    # Digests hold no zero byte, so that joined lists are equal only where the lists are.
    together = label_numbers(pc.binary_join(images, "\0"))
    # An item without an image shares nothing: it has a caption of its own.
    bare = pc.list_value_length(images).fill_null(0).to_numpy() == 0
    image_set = np.where(bare, together.max(initial=0) + 1 + everyone, together)
    return Items(
        first=first,
        benchmark=benchmark,
        cluster=clusters(benchmark, cluster, images),
        image_set=numbered(image_set).numbers,
        choice=pc.equal(kind, "choice").fill_null(False).to_numpy(zero_copy_only=False),
        options=options,
    )
