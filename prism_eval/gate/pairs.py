"""The items that two sides have in common, in one order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from prism_eval.errors import UsageError
from prism_eval.gate.side import Side, keys, tied
from prism_eval.statistics import Difference, paired_difference

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


# Without slots, since `cached_property` keeps what it worked out in the object's dictionary.
@dataclass(frozen=True, eq=False)
class Pairs:
    """Items that a baseline and a candidate both were asked.

    Attributes:
        baseline: The baseline's rows, as `Side.items` has them.
        candidate: The candidate's rows of the same items, in the same order.
        asked: By benchmark, how many items each side was asked there, those of one side alone included.
        losses: Of the baseline and of the candidate, by benchmark, on how many items there should be a score, and on
            how many there is none.
    """

    baseline: pa.Table
    candidate: pa.Table
    asked: Mapping[str, tuple[int, int]]
    losses: tuple[Mapping[str, tuple[int, int]], Mapping[str, tuple[int, int]]]

    @classmethod
    def of(cls, baseline: Side, candidate: Side) -> Pairs:
        """The items that both have.

        Raises:
            UsageError: There is none.
        """
        import pyarrow.compute as pc

        place = pc.index_in(keys(baseline.items), keys(candidate.items))
        both = place.is_valid()
        if not pc.any(both).as_py():
            raise UsageError(f"{baseline.where} and {candidate.where} have no item in common: nothing can be compared")
        first, second = baseline.counts(), candidate.counts()
        asked = {name: (first[name], second[name]) for name in baseline.titles if name in first and name in second}
        return cls(
            baseline.items.filter(both),
            candidate.items.take(place.drop_null()),
            asked,
            (_losses(baseline, asked, baseline.unusable), _losses(candidate, asked, baseline.unusable)),
        )

    @cached_property
    def benchmark(self) -> NDArray[np.str_]:
        """Shape (items,): the benchmark's name."""
        names: NDArray[np.str_] = self.baseline["benchmark"].to_numpy()
        return names

    @cached_property
    def before(self) -> NDArray[np.float64]:
        """Shape (items,): the baseline's score, NaN where all its answers failed."""
        scores: NDArray[np.float64] = self.baseline["score"].to_numpy()
        return scores

    @cached_property
    def after(self) -> NDArray[np.float64]:
        """Shape (items,): the candidate's score, likewise."""
        scores: NDArray[np.float64] = self.candidate["score"].to_numpy()
        return scores

    @cached_property
    def cluster(self) -> NDArray[np.int64]:
        """Shape (items,): items that a chain of shared images or groups ties have one number."""
        return tied(self.baseline)

    @cached_property
    def scored(self) -> NDArray[np.bool_]:
        """Shape (items,): whether both sides have a score."""
        import numpy as np

        both: NDArray[np.bool_] = ~np.isnan(self.before) & ~np.isnan(self.after)
        return both

    def difference(self, chosen: NDArray[np.bool_], *, level: float = 0.95) -> Difference | None:
        """Candidate minus baseline over some of the items that both have a score on; ``None`` where there is none.

        Args:
            chosen: Shape (items,): which items.
            level: That of the interval.
        """
        of = chosen & self.scored
        if not of.any():
            return None
        return paired_difference(self.after[of], self.before[of], self.cluster[of], self.benchmark[of], level=level)


def _losses(
    side: Side, asked: Mapping[str, tuple[int, int]], unusable: Mapping[str, int]
) -> Mapping[str, tuple[int, int]]:
    scored = side.counts(scored=True)
    # What one was asked was due from the other, but for what nobody can be asked.
    due = {name: max(max(pair) - unusable.get(name, 0), scored.get(name, 0)) for name, pair in asked.items()}
    return {name: (number, number - scored.get(name, 0)) for name, number in due.items()}
