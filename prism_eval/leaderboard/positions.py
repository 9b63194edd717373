"""Whether the reasoner leans towards a position among the options, seen by asking under several orders."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prism_eval.leaderboard.numbering import label_numbers, numbered, with_places
from prism_eval.leaderboard.rows import PositionBias
from prism_eval.leaderboard.verdicts import OUTCOMES, Verdicts
from prism_eval.schema import Outcome
from prism_eval.statistics import lean

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


def position_biases(verdicts: Verdicts) -> list[PositionBias | None]:
    """The lean of each captioner's answers, in the verdicts' order of captioners.

    Failed answers say nothing. ``None`` stands where no question was asked under several orders, or no option was ever
    picked.

    Raises:
        RunError: The options of a question are no list, or a position is not among them.
    """
    import numpy as np

    # Most runs ask in one order only; the columns below are then not even read.
    if not verdicts.order.any():
        return [None] * len(verdicts.captioners)
    asked = verdicts.items.choice[verdicts.item] & (verdicts.outcome != OUTCOMES.index(Outcome.FAILED))
    rows, question = _in_several_orders(verdicts, np.flatnonzero(asked))
    said = verdicts.table.take(rows, ("extracted", "gold_position"))
    steady = _steady(verdicts, rows, question, said["extracted"].combine_chunks())
    # Numbers that a double cannot hold are among no options.
    gold = said["gold_position"].cast("double", safe=False).to_numpy()
    options = _options_shown(verdicts, verdicts.item[rows])
    owner, asker = verdicts.captioner[rows], verdicts.captioner[rows[numbered(question).first]]
    return [
        _bias(verdicts, rows[own], gold[own], options[own], steady[asker == number])
        for number, own in ((number, owner == number) for number in range(len(verdicts.captioners)))
    ]


def unknown_positions(verdicts: Verdicts) -> Iterator[str]:
    """One sentence for each run of which nobody can say where its right options stood, though it would matter."""
    if verdicts.order.any():
        for table in verdicts.table.tables:
            if table.lacks("gold_position"):
                yield (
                    f"No lean towards a position is told of {table.folder}, which an older version scored: "
                    f"prism-eval score {table.folder} adds where the right options stood."
                )


def _bias(
    verdicts: Verdicts,
    rows: NDArray[np.int64],
    gold: NDArray[np.float64],
    options: NDArray[np.int64],
    steady: NDArray[np.bool_],
) -> PositionBias | None:
    import numpy as np

    # With two right options, or none, nobody can say where a reader without a lean would look.
    known = ~np.isnan(gold)
    rows, gold, options = rows[known], gold[known], options[known]
    picked = verdicts.position[rows]
    for strange in rows[(np.fmax(picked, gold) >= options) | (gold < 0)][:1].tolist():
        raise verdicts.table.spoilt("has a position that is not among the options", strange)
    found = lean(picked, gold, options, verdicts.items.cluster[verdicts.item[rows]])
    if found is None:
        return None
    return PositionBias(lean=found, consistency=float(steady.mean()), questions=steady.size)


def _options_shown(verdicts: Verdicts, item: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many options each of these items has."""
    import numpy as np

    items, place = np.unique(item, return_inverse=True)
    # Each different list is parsed once: where options are "yes" and "no", that is one for thousands of questions.
    coded = verdicts.items.options.take(items).fill_null("[]").dictionary_encode()
    lists, first = numbered(label_numbers(coded))
    rows = verdicts.items.first[items[first]].tolist()
    texts = zip(coded.dictionary.to_pylist(), rows, strict=True)
    sizes = np.array([len(verdicts.table.texts(cell, row)) for cell, row in texts], dtype=np.int64)
    return sizes[lists][place]


def _in_several_orders(verdicts: Verdicts, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Those of the rows whose question, and sample, a captioner was asked under several orders; and that question."""
    import numpy as np

    # A question and a sample of each captioner; what is left to differ within one number is the order.
    pair = verdicts.captioner[rows] * len(verdicts.items) + verdicts.item[rows]
    question = numbered(with_places(pair, verdicts.sample[rows])).numbers
    several = np.bincount(question)[question] > 1
    return rows[several], numbered(question[several]).numbers


def _steady(
    verdicts: Verdicts, rows: NDArray[np.int64], question: NDArray[np.int64], extracted: pa.Array
) -> NDArray[np.bool_]:
    """By question, whether all orders led to one same option."""
    import numpy as np

    first, chosen = numbered(question).first, label_numbers(extracted)
    # An answer that chose nothing is as unsteady as one that chose another option.
    differs = np.isnan(verdicts.position[rows]) | (chosen != chosen[first][question])
    steady: NDArray[np.bool_] = np.bincount(question, weights=differs) == 0
    return steady
