"""How a side writes and fails, beside what it scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prism_eval.gate.side import LOSSES
from prism_eval.leaderboard.numbering import label_numbers, numbered
from prism_eval.leaderboard.spent import Spent
from prism_eval.schema import Outcome

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What an entry's captions and answers are like.

    Attributes:
        answers: How many answers there are.
        losses: By outcome, the share of them that ended so, in [0, 1].
        captions: How many images, or sets of images, have a caption.
        words: Mean length of a caption in words; ``None`` without captions.
        empty: Share of the captions that say nothing.
        cut: Share of the captions that hit the limit on their length.
        spent: What the entry's captions took.
    """

    answers: int
    losses: Mapping[Outcome, float]
    captions: int
    words: float | None
    empty: float
    cut: float
    spent: Spent


def behaviour(items: pa.Table, spent: Spent) -> Behaviour:
    """What a side does on some items.

    Args:
        items: Rows of `Side.items`, at least one.
        spent: What its captions took.
    """
    import pyarrow.compute as pc

    answers = pc.sum(items["verdicts"]).as_py()
    # A caption is counted once, however many questions were asked about it.
    images = label_numbers(pc.binary_join(items["images"].combine_chunks(), "\0"))
    captions = items.select(["words", "empty", "cut"]).take(numbered(images).first).drop_null()
    means = {name: pc.mean(captions[name]).as_py() for name in captions.column_names}
    return Behaviour(
        answers=answers,
        losses={outcome: pc.sum(items[outcome.value]).as_py() / answers for outcome in LOSSES},
        captions=captions.num_rows,
        words=means["words"],
        empty=means["empty"] or 0.0,
        cut=means["cut"] or 0.0,
        spent=spent,
    )
