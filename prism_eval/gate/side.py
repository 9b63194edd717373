"""One side of a comparison: what an entry of a run scored on each item."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from prism_eval.errors import UsageError
from prism_eval.leaderboard.numbering import label_numbers
from prism_eval.leaderboard.runs import Runs, benchmark_titles, read_runs, unusable_items
from prism_eval.leaderboard.spent import Spent
from prism_eval.leaderboard.tables import clusters
from prism_eval.leaderboard.verdicts import OUTCOMES, Verdicts
from prism_eval.leaderboard.writing import listed
from prism_eval.run.boundary import look_of
from prism_eval.run.comparable import Fields, comparable, ended_early
from prism_eval.schema import Outcome

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

_QUESTION = ["kind", "question", "options", "gold"]
"""The columns of verdicts that say what is asked, beside the images."""
LOSSES = (Outcome.FAILED, Outcome.UNPARSED, Outcome.REFUSED, Outcome.TRUNCATED, Outcome.ABSTAINED)
"""The outcomes that `Side.items` counts, each in a column of its name."""


@dataclass(frozen=True, eq=False)
class Side:
    """An entry of a run, or a baseline that was saved of one.

    Attributes:
        label: The entry's label.
        where: The folder or file, as it was named.
        fields: What the scores depend on beside the captioner, as `prism_eval.run.comparable.comparable` says; to a
            benchmark's belongs at which look the run ended.
        look: At which of how many planned looks the run ended; ``None`` where nobody looked before its end.
        titles: By benchmark, what it is called.
        unusable: By benchmark, how many of its items cannot be asked of anybody.
        spent: What the captions took.
        items: A row an item, in the order of the run: ``benchmark``, ``item``, ``images`` (their digests) and
            ``cluster``; ``asked``, a checksum of question, options and gold; ``score``, the mean over captions and
            orders of options, empty where all failed; ``verdicts`` and how many of them are of each outcome of
            `LOSSES`; ``words``, the mean length of its captions, empty where there is none; ``empty`` and ``cut``, the
            shares of them that say nothing or hit the limit.
    """

    label: str
    where: str
    fields: Mapping[str, Fields]
    titles: Mapping[str, str]
    unusable: Mapping[str, int]
    spent: Spent
    items: pa.Table
    look: tuple[int, int] | None = None

    @property
    def scored(self) -> pa.Table:
        """The items that it has a score on."""
        return self.items.filter(self.items["score"].is_valid())

    def counts(self, *, scored: bool = False) -> dict[str, int]:
        """By benchmark, how many items it was asked, or has a score on."""
        import pyarrow.compute as pc

        rows = self.scored if scored else self.items
        counted = pc.value_counts(rows["benchmark"].cast("string"))
        return {entry["values"]: entry["counts"] for entry in counted.to_pylist()}


def keys(items: pa.Table) -> pa.ChunkedArray:
    """What tells each item from all others, its benchmark and its id there."""
    import pyarrow.compute as pc

    # An id is unique within its benchmark only; neither holds a zero byte that the other could be taken for.
    return pc.binary_join_element_wise(*(items[name].cast("string") for name in ("benchmark", "item")), "\0")


def tied(items: pa.Table) -> NDArray[np.int64]:
    """Shape (items,): items that a chain of shared images or groups ties have one number."""
    cluster, images = (items[name].combine_chunks() for name in ("cluster", "images"))
    return clusters(label_numbers(items["benchmark"].combine_chunks()), cluster, images)


def side_of_run(path: Path, entry: str | None = None, *, like: str | None = None, captions: bool = False) -> Side:
    """Read an entry of a run folder.

    Args:
        path: The run folder.
        entry: The entry's label, or a part of it that no other has; ``None`` where the run has one.
        like: The label that is meant where nobody names one, if the run has it: the other side's.
        captions: Whether each item's row is to have its ``caption``, of several the first.

    Raises:
        UsageError: The run has several entries or none of that label.
        RunError: The run cannot be read, or holds verdicts that its manifest does not know of.
    """
    runs = read_runs([path])
    return _side(runs, path, chosen(runs.verdicts.captioners, path, entry, like), captions=captions)


def sides_of_run(path: Path, entries: Sequence[str]) -> list[Side]:
    """Several entries of a run folder, which is read once; see `side_of_run`."""
    runs = read_runs([path])
    labels = runs.verdicts.captioners
    return [_side(runs, path, chosen(labels, path, entry)) for entry in entries]


def _side(runs: Runs, path: Path, label: str, *, captions: bool = False) -> Side:
    (manifest,) = runs.manifests
    number, ended = runs.verdicts.captioners.index(label), ended_early(manifest)
    items = _items(runs.verdicts, number)
    titles = benchmark_titles(manifest)
    # Of those nobody knows what they depend on: they would be compared with anything.
    if unknown := [name for name in runs.verdicts.benchmarks if name not in titles]:
        problem = f"has verdicts of {listed(unknown)}, which the manifest beside it does not name"
        raise runs.verdicts.table.spoilt(problem)
    return Side(
        label=label,
        where=str(path),
        fields={part: {**ended.get(part, {}), **fields} for part, fields in comparable(manifest).items()},
        titles=titles,
        unusable=unusable_items(manifest),
        spent=runs.spent(label),
        look=look_of(manifest),
        items=items.append_column("caption", _captions(runs.verdicts, number)) if captions else items,
    )


def chosen(labels: Sequence[str], path: Path, entry: str | None, like: str | None = None) -> str:
    """The label of the entry that is meant.

    Args:
        labels: Those that there are.
        path: Where, for messages.
        entry: What was named: a label or a part of it that no other has.
        like: The label that is meant where nobody names one, if it is there.

    Raises:
        UsageError: None is, or several are.
    """
    if not labels:
        raise UsageError(f"{path} holds no verdict: nothing can be compared")
    named = entry if entry is not None else like if like in labels else None
    if named is None:
        if len(labels) == 1:
            return labels[0]
        raise UsageError(f"{path} has several entries, name one: {', '.join(labels)}")
    found = [label for label in labels if label == named] or [
        label for label in labels if named.strip().lower() in label.lower()
    ]
    if len(found) == 1:
        return found[0]
    problem = f"{named!r} fits {', '.join(found)}: name one" if found else f"{named!r} is no entry"
    raise UsageError(f"{path}: {problem}; its entries are {', '.join(labels)}")


def _items(verdicts: Verdicts, number: int) -> pa.Table:
    import numpy as np
    import pyarrow as pa

    own = np.flatnonzero(verdicts.captioner == number)
    item = verdicts.item[own]
    counts = np.bincount(item, minlength=len(verdicts.items))
    asked = np.flatnonzero(counts)
    said = verdicts.table.take(verdicts.items.first[asked], ("benchmark", "item", "images", "cluster", *_QUESTION))

    def mean(values: NDArray[np.float64]) -> pa.Array:
        """Each item's mean of what is known of it, empty where nothing is."""
        known = ~np.isnan(values)
        number = np.bincount(item[known], minlength=counts.size)[asked]
        total = np.bincount(item[known], weights=values[known], minlength=counts.size)[asked]
        return pa.array(np.divide(total, number, out=np.zeros(asked.size), where=number > 0), mask=number == 0)

    words = verdicts.words[own]
    cut = np.where(np.isnan(words), np.nan, verdicts.truncated[own])
    columns = {
        "asked": _checksums(said.select(_QUESTION)),
        "score": mean(verdicts.score[own]),
        "verdicts": pa.array(counts[asked]),
        **{
            outcome.value: pa.array(
                np.bincount(item[verdicts.outcome[own] == OUTCOMES.index(outcome)], minlength=counts.size)[asked]
            )
            for outcome in LOSSES
        },
        "words": mean(words),
        "empty": mean(np.where(np.isnan(words), np.nan, (words == 0) & (cut == 0))),
        "cut": mean(cut),
    }
    said = said.drop_columns(_QUESTION)
    for name, column in columns.items():
        said = said.append_column(name, column)
    return said.replace_schema_metadata(None)


def _checksums(questions: pa.Table) -> pa.Array:
    import pyarrow as pa

    rows = zip(*(column.to_pylist() for column in questions.columns), strict=True)
    return pa.array([zlib.crc32(repr(row).encode("utf-8", "surrogatepass")) for row in rows], pa.uint32())


def _captions(verdicts: Verdicts, number: int) -> pa.ChunkedArray:
    """The caption that each item of a captioner was answered from, of several the first."""
    import numpy as np

    own = np.flatnonzero(verdicts.captioner == number)
    _, first = np.unique(verdicts.item[own], return_index=True)
    # Rows are read by rising place, and other captioners' rows may have numbered the items in another order.
    rows = own[first]
    places = np.argsort(np.argsort(rows))
    return verdicts.table.take(rows, ("caption",))["caption"].take(places)
