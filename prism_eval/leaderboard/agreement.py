"""Captioners by reasoners: the scores that each reader gives, and whether the captioners' order survives another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from prism_eval.leaderboard.verdicts import Verdicts
from prism_eval.leaderboard.writing import counted
from prism_eval.statistics import Comparison, Estimate, clustered_mean, compare_all, reader_agreement

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one reasoner makes of the captions.

    Attributes:
        reasoner: Its label.
        scores: By captioner, its mean over benchmarks with this reader; ``None`` where it has no score.
        comparisons: Every two captioners compared; the indices are places among the captioners.
    """

    reasoner: str
    scores: tuple[Estimate | None, ...]
    comparisons: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How two readers' orders go together.

    Attributes:
        first: A reasoner's label.
        second: Another's.
        share: Of the pairs of captioners that both tell apart, the share that both put in the same order; ``None`` if
            there is no such pair.
        pairs: How many pairs both tell apart.
        tau: Kendall's tau-b of the two orders; ``None`` where a reader has no order.
        turned: The pairs that they put in opposite orders, who is ahead with the first reader before who is with the
            second.
    """

    first: str
    second: str
    share: float | None
    pairs: int
    tau: float | None
    turned: tuple[tuple[str, str], ...]

    @property
    def sentence(self) -> str:
        """Whether the order survives the change of reader."""
        who = f"both {self.first} and {self.second}"
        if not self.pairs:
            return f"No two captioners are told apart by {who}: whether their order survives cannot be told."
        pairs = f"The {counted(self.pairs, 'pair')} of captioners that {who} tell apart"
        if not self.turned:
            return f"{pairs} {'stands' if self.pairs == 1 else 'all stand'} in the same order: it survives."
        ahead, behind = self.turned[0]
        more = f", and {counted(len(self.turned) - 1, 'other pair')}" if len(self.turned) > 1 else ""
        return (
            f"Of the {counted(self.pairs, 'pair')} of captioners that {who} tell apart, "
            f"{self.pairs - len(self.turned):,} stand in the same order: it does not survive. "
            f"{ahead} is ahead of {behind} with {self.first}, behind with {self.second}{more}."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """Captioners by reasoners.

    Attributes:
        captioners: The captioners' labels, as they were given.
        readings: One a reasoner; the first is the leaderboard's.
        agreements: Every two of them.
    """

    captioners: tuple[str, ...]
    readings: tuple[Reading, ...]
    agreements: tuple[Agreement, ...]


TAU = (
    "Kendall's tau is too low where captioners are close: noise turns pairs around that the readers agree on. "
    "The share is of those pairs alone that both tell apart."
)


def readers_of(readings: Iterable[tuple[str, Verdicts]], captioners: Sequence[str]) -> Readers:
    """Compare what several reasoners make of the same captions.

    Args:
        readings: By a reasoner's label, its verdicts; the leaderboard's reasoner first. They are taken one at a time:
            a generator need not hold them all.
        captioners: Labels of the entries, in the order in which they shall stand.
    """
    read = tuple(_reading(reasoner, verdicts, captioners) for reasoner, verdicts in readings)
    return Readers(
        captioners=tuple(captioners),
        readings=read,
        agreements=tuple(_agreement(one, other, captioners) for one, other in combinations(read, 2)),
    )


def _reading(reasoner: str, verdicts: Verdicts, captioners: Sequence[str]) -> Reading:
    import numpy as np

    scores = np.full((len(captioners), len(verdicts.items)), np.nan)
    for place, label in enumerate(captioners):
        if label in verdicts.captioners:
            scores[place] = verdicts.matrix[verdicts.captioners.index(label)]
    items = verdicts.items
    return Reading(
        reasoner=reasoner,
        scores=tuple(_mean(row, items.cluster, items.benchmark) for row in scores),
        comparisons=compare_all(scores, items.cluster, items.benchmark),
    )


def _mean(scores: NDArray[np.float64], cluster: NDArray[np.int64], benchmark: NDArray[np.int64]) -> Estimate | None:
    import numpy as np

    known = np.flatnonzero(~np.isnan(scores))
    return clustered_mean(scores[known], cluster[known], benchmark[known]) if known.size else None


def _agreement(one: Reading, other: Reading, captioners: Sequence[str]) -> Agreement:
    found = reader_agreement(one.comparisons, other.comparisons)
    winners = {(comparison.first, comparison.second): comparison.winner() for comparison in other.comparisons}
    turned = []
    for comparison in one.comparisons:
        ahead, behind = comparison.winner(), winners.get((comparison.first, comparison.second))
        if ahead is not None and behind is not None and ahead != behind:
            turned.append((captioners[ahead], captioners[behind]))
    return Agreement(
        first=one.reasoner,
        second=other.reasoner,
        share=found.share,
        pairs=found.pairs,
        tau=found.tau,
        turned=tuple(turned),
    )
