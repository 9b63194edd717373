"""Which verdict stands for which captioner on which item, and the texts that go with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isnan
from typing import TYPE_CHECKING, TypedDict

from prism_eval.leaderboard import Leaderboard
from prism_eval.leaderboard.verdicts import Verdicts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Row(TypedDict):
    """What is read of a verdict that is shown."""

    item: str
    images: list[str] | None
    kind: str | None
    question: str | None
    options: str | None
    gold: str | None
    score: float | None
    caption: str | None
    answer: str | None
    extracted: str | None
    note: str | None


Repeats = tuple[int, float | None] | None
"""How often a captioner was asked one question, and its mean score."""


@dataclass(frozen=True, eq=False)
class Replies:
    """Each captioner's first reply to each question.

    Attributes:
        verdicts: The verdicts of one run or of several.
        captioners: Labels, in the order in which they are shown.
        rows: Shape (captioners, items): the row of the first sample in the first order, -1 where there is none.
    """

    verdicts: Verdicts
    captioners: tuple[str, ...]
    rows: NDArray[np.int64]

    @cached_property
    def numbers(self) -> list[int]:
        """The captioners' numbers in the verdicts."""
        return [self.verdicts.captioners.index(label) for label in self.captioners]

    @cached_property
    def outcomes(self) -> NDArray[np.int64]:
        """Shape (captioners, items): a number of `OUTCOMES`, -1 where there is no reply."""
        import numpy as np

        return np.where(self.rows >= 0, self.verdicts.outcome[self.rows], -1)

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """Shape (captioners, items): how many verdicts there are over samples, orders and readers."""
        import numpy as np

        verdicts = self.verdicts
        shape = len(verdicts.captioners), len(verdicts.items)
        cell = verdicts.captioner * shape[1] + verdicts.item
        return np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)[self.numbers]

    def repeats(self, item: int) -> list[Repeats]:
        """By captioner, how often an item was asked and the mean score; ``None`` where it was asked once at most."""
        means = self.verdicts.matrix[self.numbers, item].tolist()
        counts = self.counts[:, item].tolist()
        return [
            (count, None if isnan(mean) else mean) if count > 1 else None
            for count, mean in zip(counts, means, strict=True)
        ]

    @cached_property
    def scores(self) -> NDArray[np.float64]:
        """Shape (captioners, items): the first reply's score, NaN where there is none."""
        import numpy as np

        return np.where(self.rows >= 0, self.verdicts.score[self.rows], np.nan)

    def items_of(self, benchmark: str) -> NDArray[np.int64]:
        """The numbers of a benchmark's items that any captioner was asked, in the table's order."""
        import numpy as np

        verdicts = self.verdicts
        if benchmark not in verdicts.benchmarks:
            return np.zeros(0, dtype=np.int64)
        own = verdicts.items.benchmark == verdicts.benchmarks.index(benchmark)
        return np.flatnonzero(own & (self.rows >= 0).any(axis=0))

    def read(self, items: Sequence[int]) -> list[list[Row | None]]:
        """The texts of some items: by item, by captioner; those of all of them are in memory at once.

        Raises:
            RunError: The verdict table cannot be read.
        """
        import numpy as np

        wanted = self.rows[:, items]
        places = np.unique(wanted[wanted >= 0])
        said = self.verdicts.table.take(places, tuple(Row.__annotations__)).to_pylist()
        place = np.searchsorted(places, wanted)
        return [
            [said[number] if row >= 0 else None for row, number in zip(rows, numbers, strict=True)]
            for rows, numbers in zip(wanted.T.tolist(), place.T.tolist(), strict=True)
        ]


def replies_of(board: Leaderboard) -> Replies:
    """The first replies of a leaderboard's entries and controls, in their order."""
    import numpy as np

    verdicts = board.verdicts
    captioners = tuple(row.captioner for row in board.everyone)
    place = np.full(len(verdicts.captioners), -1)
    place[[verdicts.captioners.index(label) for label in captioners]] = np.arange(len(captioners))
    of_row = place[verdicts.captioner]
    # Other samples, orders and readers answer the same question again; one reply a captioner is enough to read.
    first = np.flatnonzero((verdicts.sample == 0) & (verdicts.order == 0) & (of_row >= 0))[::-1]
    rows = np.full((len(captioners), len(verdicts.items)), -1)
    # Backwards, so that of several the first in the table is the last one written.
    rows[of_row[first], verdicts.item[first]] = first
    return Replies(verdicts, captioners, rows)


def titles_of(board: Leaderboard) -> dict[str, str]:
    """By benchmark, in the leaderboard's order, its title."""
    return dict(zip(board.benchmarks, (column.title for column in board.scores), strict=True))
