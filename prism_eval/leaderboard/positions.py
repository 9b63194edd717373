"""Whether the reasoner leans towards a position among the options, seen by asking under several orders."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from prism_eval.leaderboard.numbering import label_numbers, numbered
from prism_eval.leaderboard.rows import PositionBias, PositionShare
from prism_eval.leaderboard.verdicts import OUTCOMES, Verdicts
from prism_eval.schema import Outcome

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def position_biases(verdicts: Verdicts) -> list[PositionBias | None]:
    """The lean of each captioner's answers, in the verdicts' order of captioners.

    Failed answers say nothing. ``None`` stands where no question was asked under several orders, or no option was ever
    picked.

    Raises:
        RunError: The options of a question are no list.
    """
    import numpy as np

    # Most runs ask in one order only; the columns below are then not even read.
    nobody: list[PositionBias | None] = [None] * len(verdicts.captioners)
    if not verdicts.order.any():
        return nobody
    asked = verdicts.items.choice[verdicts.item] & (verdicts.outcome != OUTCOMES.index(Outcome.FAILED))
    rows = np.flatnonzero(asked)
    shares = _shares(verdicts, rows[~np.isnan(verdicts.position[rows])])
    return [
        _bias(own, steady) if own and steady.size else None
        for own, steady in zip(shares, _steady(verdicts, rows), strict=True)
    ]


def _bias(shares: tuple[PositionShare, ...], steady: NDArray[np.bool_]) -> PositionBias:
    return PositionBias(
        shares=shares,
        deviation=max(abs(share.picked - share.even) for share in shares),
        consistency=float(steady.mean()),
        questions=steady.size,
    )


def _shares(verdicts: Verdicts, rows: NDArray[np.int64]) -> list[tuple[PositionShare, ...]]:
    """By captioner, how often each position was picked, of all picks; and how often if all shown were picked alike."""
    import numpy as np

    shown = _options_shown(verdicts, verdicts.item[rows])
    shares = []
    for number in range(len(verdicts.captioners)):
        own = verdicts.captioner[rows] == number
        lists = np.bincount(shown[own])
        each = lists / np.maximum(np.arange(lists.size), 1)
        # A position is among the options of every list that is longer than its place.
        even = np.cumsum(each[::-1])[::-1][1:] / max(own.sum(), 1)
        picked = np.bincount(verdicts.position[rows[own]].astype(np.int64), minlength=even.size) / max(own.sum(), 1)
        pairs = zip(picked.tolist(), even.tolist(), strict=False)
        shares.append(tuple(PositionShare(picked=often, even=due) for often, due in pairs))
    return shares


def _options_shown(verdicts: Verdicts, item: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many options each of these items has."""
    import numpy as np

    items, place = np.unique(item, return_inverse=True)
    # Each different list is parsed once: where options are "yes" and "no", that is one for thousands of questions.
    coded = verdicts.items.options.take(items).dictionary_encode()
    try:
        sizes = np.array([len(json.loads(text)) for text in coded.dictionary.to_pylist()], dtype=np.int64)
    except (TypeError, ValueError) as error:
        raise verdicts.table.spoilt("has options that are no JSON list of texts") from error
    return sizes[label_numbers(coded)][place]


def _steady(verdicts: Verdicts, rows: NDArray[np.int64]) -> list[NDArray[np.bool_]]:
    """By captioner, for each question and sample asked under several orders: whether all led to one same option."""
    import numpy as np

    sample = verdicts.sample[rows]
    # A question and a sample of each captioner; what is left to differ within one number is the order.
    pair = verdicts.captioner[rows] * len(verdicts.items) + verdicts.item[rows]
    question = numbered(pair * (sample.max(initial=0) + 1) + sample).numbers
    several = np.bincount(question)[question] > 1
    rows = rows[several]
    question, first = numbered(question[several])
    chosen = label_numbers(verdicts.table.take(rows, ("extracted",))["extracted"].combine_chunks())
    # An answer that chose nothing is as unsteady as one that chose another option.
    differs = np.isnan(verdicts.position[rows]) | (chosen != chosen[first][question])
    steady = np.bincount(question, weights=differs) == 0
    owner = verdicts.captioner[rows[first]]
    return [steady[owner == number] for number in range(len(verdicts.captioners))]
