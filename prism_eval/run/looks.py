"""Looking at a run before it ends, so often as its plan says, and ending it when every entry is decided.

At each look the images asked so far are a random part of all, and every entry is compared with the baseline at the
boundary of O'Brien and Fleming (1979). Between looks nobody compares anything: those would be more tries than planned.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from prism_eval.benchmarks import Benchmark
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


class Looks:
    """The looks of one run.

    Args:
        plan: The plan, which wants them.
        settings: What the items go through.
        benchmarks: The benchmarks, each with a sample in as many parts as there are looks.
        taken: How many to take without deciding whether they are enough; ``None`` to take as many as it needs.

    Raises:
        UsageError: The baseline is no entry, or there is nobody to compare with it.
    """

    def __init__(
        self, plan: Plan, settings: Settings, benchmarks: Sequence[Benchmark], *, taken: int | None = None
    ) -> None:
        self._plan, self._benchmarks, self._fixed = plan, benchmarks, taken
        self._labels = compared_labels(plan, settings)
        self._reasoner = next(iter(settings.reasoners))
        self._scores = {label: GatheredScores() for label in self._labels}
        self._items = GatheredItems()
        self._margin = plan.margin or 100 * (SUITE_MARGIN if len(benchmarks) > 1 else BENCHMARK_MARGIN)
        self.taken = 0
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

    def parts(self) -> Iterator[list[Benchmark]]:
        """What is asked before each look, as long as somebody is undecided; `add` takes in what comes of it."""
        for look in range(self._fixed or self._plan.looks):
            yield [part for one in self._benchmarks if (part := one.at_look(look))]
            self.taken = look + 1
            self._decide()
            if not self.undecided and self._fixed is None:
                return

    def add(self, result: ItemResult) -> None:
        """Take in a result; results of one item come one after the other."""
        # Of several reasoners the first is the rule for a leaderboard, and so for when it is decided.
        if result.unusable or result.reasoner != self._reasoner or result.entry not in self._scores:
            return
        place = self._items.place(result)
        self._scores[result.entry].add(place, result.item.benchmark, result.verdict.score if result.verdict else None)

    def facts(self) -> Mapping[str, object]:
        """What the manifest says of the looks."""
        images = [benchmark.sample.images for benchmark in self._benchmarks if benchmark.sample]
        boundary = Boundary.at(self.taken, self._plan.looks)
        return {
            "baseline": self.baseline,
            "margin": self._margin,
            "planned": self._plan.looks,
            "taken": self.taken,
            "images": sum(sum(one[: self.taken]) for one in images),
            "of_images": sum(map(sum, images)),
            "alpha": boundary.alpha,
            "par_alpha": boundary.par,
            "entries": {label: asdict(decision) for label, decision in self.decisions.items()},
            "undecided": list(self.undecided),
        }

    def _decide(self) -> None:
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
                look=self.taken,
                looks=self._plan.looks,
                margin=self._margin / 100,
            )


def compared_labels(plan: Plan, settings: Settings) -> list[str]:
    """The labels of the entries that a plan compares, the baseline's first.

    Raises:
        UsageError: The baseline is no entry, or there is nobody to compare with it.
    """
    controls = [entry.label for entry in settings.entries if control_of(entry.captioner.identity)]
    labels = [entry.label for entry in settings.entries if entry.label not in controls]
    baseline = baseline_named(str(plan.baseline), labels, controls)
    if len(labels) < 2:
        raise UsageError("--until-decided compares entries with the baseline, and there is no other: name one with -c")
    return [baseline, *(label for label in labels if label != baseline)]
