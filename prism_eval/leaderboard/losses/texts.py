"""The texts that a search needs, read from the verdict table: captions, and what is said once an item."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from prism_eval.leaderboard.numbering import label_numbers, numbered, with_places
from prism_eval.leaderboard.verdicts import Verdicts
from prism_eval.schema import ItemKind

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


class Captions(NamedTuple):
    """The captions that some verdicts are about, each captioner's of an item once.

    Attributes:
        pair: Shape (rows,): which of the pairs below a verdict is about.
        item: Shape (pairs,): the pair's item.
        caption: Shape (pairs,): a number of ``texts``.
        texts: The different captions; a caption that is not there is an empty one.
    """

    pair: NDArray[np.int64]
    item: NDArray[np.int64]
    caption: NDArray[np.int64]
    texts: pa.Array


class Asked(NamedTuple):
    """What is said once an item."""

    kind: ItemKind
    question: str
    golds: list[str]
    options: list[str]


def read_captions(verdicts: Verdicts, rows: NDArray[np.int64]) -> Captions:
    """The captions of verdicts; orders of options and readers share one.

    Args:
        verdicts: The verdicts.
        rows: Shape (rows,): by rising place.

    Raises:
        RunError: The table cannot be read.
    """
    entry = verdicts.captioner[rows] * len(verdicts.items) + verdicts.item[rows]
    pair, first = numbered(with_places(entry, verdicts.sample[rows]))
    # By rising place, as the table gives them: what appears first stands before what appears later.
    once = rows[first]
    captions = verdicts.table.take(once, ("caption",))["caption"].combine_chunks().fill_null("").dictionary_encode()
    return Captions(pair, verdicts.item[once], label_numbers(captions), captions.dictionary)


def read_items(verdicts: Verdicts, items: NDArray[np.int64]) -> dict[int, Asked]:
    """What is said once an item, by item.

    Raises:
        RunError: The table cannot be read, or holds golds or options that are no lists.
    """
    import numpy as np

    places = verdicts.items.first[items]
    # By rising place, as the table gives them.
    ordered, places = items[np.argsort(places)], np.sort(places)
    said = verdicts.table.take(places, ("question", "gold")).to_pylist()
    options = verdicts.items.options.take(ordered).to_pylist()
    choice = verdicts.items.choice[ordered].tolist()
    return {
        item: Asked(
            ItemKind.CHOICE if letters else ItemKind.SHORT,
            row["question"] or "",
            verdicts.table.texts(row["gold"], place),
            verdicts.table.texts(listing, place),
        )
        for item, place, row, listing, letters in zip(ordered.tolist(), places, said, options, choice, strict=True)
    }
