"""Captioners by reasoners: the scores that each reader gives, and whether the captioners' order survives another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations
from pathlib import Path
from typing import TYPE_CHECKING

from prism_eval.leaderboard.ranking import why_unranked
from prism_eval.leaderboard.runs import merged, read_runs, unusable_answers
from prism_eval.leaderboard.scores import Scores
from prism_eval.leaderboard.verdicts import Verdicts
from prism_eval.leaderboard.writing import counted
from prism_eval.run.reading import Manifest, reasoners_of
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
        comparisons: Every two captioners compared; the indices are places among the captioners. Of whom too many
            answers failed for a rank with this reader, nothing is told.
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
        return self.sentence_with({})

    def sentence_with(self, names: Mapping[str, str]) -> str:
        """The same with other names for some labels: a table has shorter ones."""
        first, second = (names.get(label, label) for label in (self.first, self.second))
        who = f"both {first} and {second}"
        if not self.pairs:
            return f"No two captioners are told apart by {who}: whether their order survives cannot be told."
        pairs = f"{counted(self.pairs, 'pair')} of captioners that {who} tell apart"
        stand = "stands" if self.pairs == 1 else "all stand"
        if not self.turned:
            return f"The {pairs} {stand} in the same order: it survives."
        kept = self.pairs - len(self.turned)
        how = f"Of the {pairs}, {kept:,} stand in the same order" if kept else f"The {pairs} {stand} in opposite orders"
        ahead, behind = (names.get(label, label) for label in self.turned[0])
        more = f", and {counted(len(self.turned) - 1, 'other pair')}" if len(self.turned) > 1 else ""
        return f"{how}: it does not survive. {ahead} is ahead of {behind} with {first}, behind with {second}{more}."


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


def read_readers(
    folders: Sequence[Path], manifests: Sequence[Manifest], verdicts: Verdicts, captioners: Sequence[str]
) -> Readers | None:
    """Compare what the reasoners of a leaderboard's runs make of their captions; ``None`` where they share one only.

    Args:
        folders: The run folders.
        manifests: Their manifests.
        verdicts: The verdicts of the leaderboard's own reasoner.
        captioners: Labels of the entries, in the order in which they shall stand.

    Raises:
        RunError: A verdict table cannot be read.
    """
    labels = [[str(reasoner.get("label")) for reasoner in reasoners_of(manifest)] for manifest in manifests]
    others = [label for label in labels[0] if label not in verdicts.reasoners and all(label in own for own in labels)]
    # The manifest of a single reasoner may call it otherwise than the table does.
    if len(labels[0]) < 2 or not others or not verdicts.reasoners:
        return None
    read = ((label, read_runs(folders, label).verdicts) for label in others)
    unusable = unusable_answers(merged(manifests))
    return readers_of(chain([(verdicts.reasoners[0], verdicts)], read), captioners, unusable)


def readers_of(
    readings: Iterable[tuple[str, Verdicts]], captioners: Sequence[str], unusable: Mapping[str, int] | None = None
) -> Readers:
    """Compare what several reasoners make of the same captions.

    Args:
        readings: By a reasoner's label, its verdicts; the leaderboard's reasoner first. They are taken one at a time:
            a generator need not hold them all.
        captioners: Labels of the entries, in the order in which they shall stand.
        unusable: By benchmark, how many of each captioner's answers are to questions that cannot be asked.
    """
    read = tuple(_reading(reasoner, verdicts, captioners, unusable or {}) for reasoner, verdicts in readings)
    return Readers(
        captioners=tuple(captioners),
        readings=read,
        agreements=tuple(_agreement(one, other, captioners) for one, other in combinations(read, 2)),
    )


def _reading(reasoner: str, verdicts: Verdicts, captioners: Sequence[str], unusable: Mapping[str, int]) -> Reading:
    import numpy as np

    # In one order for all readers, and with a row for a captioner that this one was not shown: places are compared.
    scores, told = np.full((2, len(captioners), len(verdicts.items)), np.nan)
    board = Scores(verdicts, tuple(verdicts.benchmarks), unusable)
    for place, label in enumerate(captioners):
        if label in verdicts.captioners:
            number = verdicts.captioners.index(label)
            scores[place] = verdicts.matrix[number]
            # Whoever fails on the hard half would be ahead with one reader and behind with the next.
            if not why_unranked(board.losses(number)):
                told[place] = scores[place]
    items = verdicts.items
    return Reading(
        reasoner=reasoner,
        scores=tuple(_mean(row, items.cluster, items.benchmark) for row in scores),
        comparisons=compare_all(told, items.cluster, items.benchmark),
    )


def _mean(scores: NDArray[np.float64], cluster: NDArray[np.int64], benchmark: NDArray[np.int64]) -> Estimate | None:
    import numpy as np

    known = np.flatnonzero(~np.isnan(scores))
    return clustered_mean(scores[known], cluster[known], benchmark[known]) if known.size else None


def _agreement(one: Reading, other: Reading, captioners: Sequence[str]) -> Agreement:
    found = reader_agreement(one.comparisons, other.comparisons)
    winners = {(comparison.first, comparison.second): comparison.winner() for comparison in other.comparisons}
    # Only what both readers are sure of can contradict: a pair that one cannot tell apart is no disagreement.
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
