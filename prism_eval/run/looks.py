"""Looking at a run before it ends, so often as its plan says, and ending it when it is decided.

At each look the images asked so far are a random part of all. Between looks nobody compares anything: those would be
more tries than planned.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from prism_eval.benchmarks import Benchmark
from prism_eval.run.boundary import Boundary
from prism_eval.run.item_result import ItemResult


class Decider(Protocol):
    """Who says at a look whether what was asked so far is enough."""

    def add(self, result: ItemResult) -> None:
        """Take in a result; results of one item come one after the other."""

    def decide(self, look: int, looks: int) -> bool:
        """Whether all is decided by what was added, at this look, from 1, of so many planned."""

    def facts(self) -> Mapping[str, object]:
        """What the manifest says of it."""


class Decided:
    """Decides nothing: a gate did, whose baseline the plan does not know, and its looks are taken once more."""

    def add(self, result: ItemResult) -> None:
        """Take in nothing."""

    def decide(self, look: int, looks: int) -> bool:
        """All was decided."""
        return True

    def facts(self) -> Mapping[str, object]:
        """Nothing to add to at which look it was."""
        return {}


class Looks:
    """The looks of one run.

    Args:
        planned: How many there are at most.
        benchmarks: The benchmarks, each with a sample in as many parts as there are looks.
        decider: Who decides.
        fixed: How many to take, whatever is decided; ``None`` to take as many as it needs.
    """

    def __init__(
        self, planned: int, benchmarks: Sequence[Benchmark], decider: Decider, *, fixed: int | None = None
    ) -> None:
        self._planned, self._benchmarks, self._decider, self._fixed = planned, benchmarks, decider, fixed
        self.taken = 0

    def parts(self) -> Iterator[list[Benchmark]]:
        """What is asked before each look, as long as nothing is decided; `add` takes in what comes of it."""
        for look in range(self._fixed or self._planned):
            yield [part for one in self._benchmarks if (part := one.at_look(look))]
            self.taken = look + 1
            if self._decider.decide(self.taken, self._planned) and self._fixed is None:
                return

    def add(self, result: ItemResult) -> None:
        """Take in a result; results of one item come one after the other."""
        self._decider.add(result)

    def facts(self) -> Mapping[str, object]:
        """What the manifest says of the looks."""
        images = [benchmark.sample.images for benchmark in self._benchmarks if benchmark.sample]
        boundary = Boundary.at(self.taken, self._planned)
        return {
            "planned": self._planned,
            "taken": self.taken,
            "images": sum(sum(one[: self.taken]) for one in images),
            "of_images": sum(map(sum, images)),
            "alpha": boundary.alpha,
            "par_alpha": boundary.par,
            **self._decider.facts(),
        }
