"""Whether the entries of a run are told apart from its baseline, at each look at what was asked so far.

Every entry is compared with the baseline at the boundary of O'Brien and Fleming (1979).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from prism_eval.errors import UsageError
from prism_eval.plan import Plan
from prism_eval.run.boundary import BENCHMARK_MARGIN, SUITE_MARGIN, Boundary, Word
from prism_eval.run.entries import baseline_named, control_of, too_many_failed
from prism_eval.run.gathered import GatheredItems, GatheredScores
from prism_eval.run.item_result import ItemResult
from prism_eval.run.settings import Settings
from prism_eval.statistics import paired_difference

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class Decision:
    """What a look says of an entry.

    Attributes:
        verdict: What it is, compared with the baseline.
        value: The entry minus the baseline, in [-1, 1].
        low: Lower end of the interval at the look's boundary.
        high: Upper end.
    """

    verdict: Word
    value: float
    low: float
    high: float


def decide(
    entry: ArrayLike,
    baseline: ArrayLike,
    images: ArrayLike,
    benchmarks: ArrayLike,
    *,
    look: int,
    looks: int,
    margin: float,
) -> Decision:
    """What a look says of an entry.

    Args:
        entry: Shape (items,), the entry's scores in [0, 1].
        baseline: Shape (items,), the baseline's on the same items.
        images: Shape (items,), clusters.
        benchmarks: Shape (items,), strata.
        look: Which look it is, from 1.
        looks: How many are planned.
        margin: The largest difference that does not matter, as scores are.
    """
    boundary = Boundary.at(look, looks)
    found = paired_difference(entry, baseline, images, benchmarks, level=1 - boundary.alpha)
    verdict, _ = boundary.verdict(found, margin)
    return Decision(verdict, found.value, found.low, found.high)


class EntryDecisions:
    """Decides of each entry of a run whether it is better or worse than another one, or on par.

    Args:
        plan: The plan, which names the baseline.
        settings: What the items go through.
        benchmarks: How many benchmarks there are.

    Raises:
        UsageError: The baseline is no entry, or there is nobody to compare with it.
    """

    def __init__(self, plan: Plan, settings: Settings, benchmarks: int) -> None:
        self._labels = compared_labels(plan, settings)
        self._reasoner = next(iter(settings.reasoners))
        self._scores = {label: GatheredScores() for label in self._labels}
        self._items = GatheredItems()
        self._margin = plan.margin or 100 * (SUITE_MARGIN if benchmarks > 1 else BENCHMARK_MARGIN)
        self.decisions: dict[str, Decision] = {}

    @property
    def baseline(self) -> str:
        """The label of the entry that the others are compared with."""
        return self._labels[0]

    @property
    def undecided(self) -> tuple[str, ...]:
        """The entries of which the last look cannot tell."""
        told = {label for label, decision in self.decisions.items() if decision.verdict != "cannot tell"}
        return tuple(label for label in self._labels[1:] if label not in told)

    def add(self, result: ItemResult) -> None:
        """Take in a result; results of one item come one after the other."""
        # Of several reasoners the first is the rule for a leaderboard, and so for when it is decided.
        if result.unusable or result.reasoner != self._reasoner or result.entry not in self._scores:
            return
        place = self._items.place(result)
        self._scores[result.entry].add(place, result.item.benchmark, result.verdict.score if result.verdict else None)

    def decide(self, look: int, looks: int) -> bool:
        """Compare every entry with the baseline on what was added so far; returns whether all are decided."""
        import numpy as np

        baseline, *others = self._labels
        means = {label: scores.means(len(self._items)) for label, scores in self._scores.items()}
        images, benchmarks = self._items.images(), np.asarray(self._items.benchmarks)
        # Anew at each look: a run ends with one at which all that it says holds.
        self.decisions.clear()
        for label in others:
            both = ~np.isnan(means[baseline]) & ~np.isnan(means[label])
            # Whoever fails on the hard questions looks better: nothing is told of them, and the run goes on.
            lacking = any(too_many_failed(self._scores[one].answers()) for one in (baseline, label))
            if lacking or not both.any():
                continue
            self.decisions[label] = decide(
                means[label][both],
                means[baseline][both],
                images[both],
                benchmarks[both],
                look=look,
                looks=looks,
                margin=self._margin / 100,
            )
        return not self.undecided

    def facts(self) -> Mapping[str, object]:
        """What the manifest says of what was decided."""
        return {
            "baseline": self.baseline,
            "margin": self._margin,
            "entries": {label: asdict(decision) for label, decision in self.decisions.items()},
            "undecided": list(self.undecided),
        }


def compared_labels(plan: Plan, settings: Settings) -> list[str]:
    """The labels of the entries that a plan compares, the baseline's first.

    Raises:
        UsageError: No baseline is named, it is no entry, or there is nobody to compare with it.
    """
    if plan.baseline is None:
        raise UsageError("until_decided needs an entry to compare the others with: --baseline LABEL")
    controls = [entry.label for entry in settings.entries if control_of(entry.captioner.identity)]
    labels = [entry.label for entry in settings.entries if entry.label not in controls]
    baseline = baseline_named(plan.baseline, labels, controls)
    if len(labels) < 2:
        raise UsageError("--until-decided compares entries with the baseline, and there is no other: name one with -c")
    return [baseline, *(label for label in labels if label != baseline)]
