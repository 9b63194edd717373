"""What verdicts say of one captioner, and of two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from prism_eval.errors import Cause
from prism_eval.leaderboard.rows import Cell
from prism_eval.leaderboard.verdicts import CAUSES, OUTCOMES, Verdicts
from prism_eval.schema import Outcome
from prism_eval.statistics import (
    ALPHA,
    Comparison,
    Difference,
    Estimate,
    Ratio,
    clustered_mean,
    compare_all,
    gap_closed,
    paired_difference,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Scores:
    """Verdicts as scores of captioners, who go by their number among the verdicts' labels.

    Attributes:
        verdicts: The verdicts.
        benchmarks: The leaderboard's benchmarks; there may be some that no verdict is of.
        unusable: By benchmark, how many of each captioner's answers are to questions that cannot be asked.
    """

    verdicts: Verdicts
    benchmarks: tuple[str, ...]
    unusable: Mapping[str, int]

    def number(self, captioner: str) -> int:
        """The number of a captioner."""
        return self.verdicts.captioners.index(captioner)

    def cells(self, number: int) -> dict[str, Cell]:
        """A captioner's score on each benchmark."""
        return {name: self._cell(number, name) for name in self.benchmarks}

    def mean(self, number: int, benchmarks: Sequence[str]) -> Estimate | None:
        """A captioner's mean over benchmarks, each weighing the same; of those it has no score on, none counts."""
        return self._estimate(number, self._known(number, benchmarks), by_benchmark=True)

    def best(self, number: int, benchmarks: Sequence[str]) -> Estimate | None:
        """The same mean of the best of each item's samples; ``None`` where no item has several."""
        items = self._known(number, benchmarks)
        if self.verdicts.best is None or not items.size:
            return None
        of = self.verdicts.items
        return clustered_mean(self.verdicts.best[number, items], of.cluster[items], of.benchmark[items])

    def own_failures(self, number: int) -> dict[Cause, int] | None:
        """How many answers a captioner failed at itself, by how; ``None`` where the tables do not say of all."""
        counts = self.verdicts.causes[number]
        if counts.sum() < self.verdicts.outcomes[number, :, OUTCOMES.index(Outcome.FAILED)].sum():
            return None
        return {
            cause: count for cause, count in zip(CAUSES, counts.tolist(), strict=True) if count and cause.of_captioner
        }

    def charged(self, number: int, benchmarks: Sequence[str]) -> Estimate | None:
        """A captioner's mean over benchmarks with 0 for what it failed at itself, and for captions that say nothing."""
        import numpy as np

        items, of, scores = self._items(benchmarks), self.verdicts.items, self.verdicts.charged(number)
        known = items[~np.isnan(scores[items])]
        return clustered_mean(scores[known], of.cluster[known], of.benchmark[known]) if known.size else None

    def items(self, number: int) -> int:
        """On how many items a captioner has a score."""
        return int(self._known(number, self.benchmarks).size)

    def losses(self, number: int) -> dict[str, tuple[int, int]]:
        """By benchmark, how many answers of a captioner there should be, and how many have no score.

        It is held beside the captioner that has the most, on the benchmarks on which it has any.
        """
        counts = self.verdicts.outcomes
        failed = counts[number, :, OUTCOMES.index(Outcome.FAILED)]
        losses = {}
        for place, name in enumerate(self.verdicts.benchmarks):
            # What was never answered is missing as much as what failed: the entry that has the most says what is due.
            own, due = int(counts[number, place].sum()), int(counts[:, place].sum(axis=-1).max())
            # Failed for everybody, and for a reason that is no captioner's.
            spoilt = min(self.unusable.get(name, 0), int(failed[place]))
            if own:
                losses[name] = due - spoilt, due - own + int(failed[place]) - spoilt
        return losses

    def difference(
        self, first: int, second: int, benchmarks: Sequence[str], *, alpha: float = ALPHA
    ) -> Difference | None:
        """A captioner's mean minus another's, over the items of these benchmarks on which both have a score."""
        import numpy as np

        both = self._known(first, benchmarks)
        # What one of them failed on is out for both: only then does what is hard cancel out.
        both = both[~np.isnan(self.verdicts.matrix[second, both])]
        if not both.size:
            return None
        of, items = self.verdicts.matrix, self.verdicts.items
        one, other, clusters, strata = of[first, both], of[second, both], items.cluster[both], items.benchmark[both]
        return paired_difference(one, other, clusters, strata, level=1 - alpha)

    def comparisons(self, numbers: Sequence[int], benchmarks: Sequence[str]) -> tuple[Comparison, ...]:
        """Every two captioners compared on these benchmarks; a comparison's indices are places in ``numbers``."""
        import numpy as np

        chosen, items = self._items(benchmarks), self.verdicts.items
        matrix = self.verdicts.matrix[np.asarray(numbers, dtype=np.intp)][:, chosen]
        return compare_all(matrix, items.cluster[chosen], items.benchmark[chosen])

    def gap_closed(self, number: int, ends: tuple[int, int], benchmarks: Sequence[str]) -> Ratio | None:
        """How much of the gap between two others a captioner closes.

        Args:
            number: The captioner.
            ends: Where the gap begins and where it ends: two captioners, or `blind` and `direct`, for recovery.
            benchmarks: Where they are compared.
        """
        chosen, items = self._items(benchmarks), self.verdicts.items
        if not chosen.size:
            return None
        own, small, large = self.verdicts.matrix[[number, *ends]][:, chosen]
        return gap_closed(own, small, large, items.cluster[chosen], items.benchmark[chosen])

    def _cell(self, number: int, benchmark: str) -> Cell:
        # Named by the manifest, and not one verdict: the column stands, empty.
        if benchmark not in self.verdicts.benchmarks:
            return Cell(estimate=None, outcomes=dict.fromkeys(Outcome, 0))
        place = self.verdicts.benchmarks.index(benchmark)
        counts = self.verdicts.outcomes[number, place].tolist()
        return Cell(
            estimate=self._estimate(number, self._known(number, [benchmark])),
            outcomes=dict(zip(OUTCOMES, counts, strict=True)),
        )

    def _estimate(self, number: int, items: NDArray[np.intp], *, by_benchmark: bool = False) -> Estimate | None:
        if not items.size:
            return None
        of = self.verdicts.items
        strata = of.benchmark[items] if by_benchmark else None
        return clustered_mean(self.verdicts.matrix[number, items], of.cluster[items], strata)

    def _known(self, number: int, benchmarks: Sequence[str]) -> NDArray[np.intp]:
        import numpy as np

        items = self._items(benchmarks)
        known: NDArray[np.intp] = items[~np.isnan(self.verdicts.matrix[number, items])]
        return known

    def _items(self, benchmarks: Sequence[str]) -> NDArray[np.intp]:
        import numpy as np

        pieces = [self._by_benchmark[name] for name in benchmarks if name in self._by_benchmark]
        return np.concatenate(pieces) if pieces else np.array([], dtype=np.intp)

    @cached_property
    def _by_benchmark(self) -> dict[str, NDArray[np.intp]]:
        import numpy as np

        of = self.verdicts.items.benchmark
        return {name: np.flatnonzero(of == place) for place, name in enumerate(self.verdicts.benchmarks)}
