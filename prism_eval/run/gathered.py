"""What a run has scored so far, in two numbers an item: a look compares entries on it, and the run goes on."""

from __future__ import annotations

from array import array
from collections.abc import Collection
from typing import TYPE_CHECKING

from prism_eval.run.item_result import ItemResult
from prism_eval.statistics import connected

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class GatheredItems:
    """The items so far: their benchmarks, and what they share with others."""

    def __init__(self) -> None:
        self.benchmarks = array("q")
        self._last: tuple[str, str] | None = None
        self._names: dict[str, int] = {}
        self._shares: dict[str, int] = {}
        self._links = array("q"), array("q")

    def __len__(self) -> int:
        return len(self.benchmarks)

    def place(self, result: ItemResult) -> int:
        """The number of a result's item."""
        item = result.item
        if self._last != (item.benchmark, item.id):
            self._last = item.benchmark, item.id
            # A cluster's name means something within its benchmark, an image's digest everywhere.
            for share in (f"{item.benchmark} {item.cluster}", *result.images):
                self._links[0].append(len(self))
                self._links[1].append(self._shares.setdefault(share, len(self._shares)))
            self.benchmarks.append(self._names.setdefault(item.benchmark, len(self._names)))
        return len(self) - 1

    def images(self) -> NDArray[np.int64]:
        """Shape (items,): items that share an image or a cluster have one number."""
        import numpy as np

        return connected(*(np.asarray(side) for side in self._links))


class GatheredScores:
    """One entry's scores, by item: two numbers each, however many samples and orders there are."""

    def __init__(self) -> None:
        self._sums, self._counts = array("d"), array("q")
        self._answers: dict[str, tuple[int, int]] = {}

    def add(self, place: int, benchmark: str, score: float | None) -> None:
        """Take in a score of the item with that number; ``None`` is that of a failed call, and counts as none."""
        self._reach(place + 1)
        due, lost = self._answers.get(benchmark, (0, 0))
        self._answers[benchmark] = due + 1, lost + (score is None)
        if score is not None:
            self._sums[place] += score
            self._counts[place] += 1

    def answers(self) -> Collection[tuple[int, int]]:
        """By benchmark, how many answers there are, and how many of them failed."""
        return self._answers.values()

    def means(self, items: int) -> NDArray[np.float64]:
        """Shape (items,): NaN where every call failed."""
        import numpy as np

        self._reach(items)
        sums, counts = np.asarray(self._sums, dtype=float), np.asarray(self._counts)
        means = np.full(items, np.nan)
        np.divide(sums, counts, out=means, where=counts > 0)
        return means

    def _reach(self, items: int) -> None:
        missing = items - len(self._sums)
        self._sums.extend([0.0] * missing)
        self._counts.extend([0] * missing)
