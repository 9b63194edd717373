"""The items that two sides have in common, in one order."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from prism_eval.errors import UsageError
from prism_eval.gate.side import Side, keys, tied
from prism_eval.statistics import Difference, paired_difference, subsample_difference, unexplained

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

Losses = Mapping[str, tuple[int, int]]
"""By benchmark, on how many items there should be a score, and on how many there is none."""


# Without slots, since `cached_property` keeps what it worked out in the object's dictionary.
@dataclass(frozen=True, eq=False)
class Pairs:
    """Items that a baseline and a candidate both were asked; and where the candidate was asked a part, the others too.

    Attributes:
        baseline: The baseline's rows, as `Side.items` has them.
        candidate: The candidate's rows of the same items, in the same order; empty where it was not asked.
        asked: By benchmark that both have, how many items each side was asked there, those of one side alone included;
            where the candidate was asked a part, of that.
        losses: Those of the baseline and of the candidate.
    """

    baseline: pa.Table
    candidate: pa.Table
    asked: Losses
    losses: tuple[Losses, Losses]

    @classmethod
    def of(cls, baseline: Side, candidate: Side, parts: Collection[str] = ()) -> Pairs:
        """The items that both have.

        Args:
            baseline: The baseline.
            candidate: The candidate.
            parts: The benchmarks of which the candidate was asked a random part.

        Raises:
            UsageError: They have none in common.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        place = pc.index_in(keys(baseline.items), keys(candidate.items))
        if place.null_count == len(place):
            raise UsageError(f"{baseline.where} and {candidate.where} have no item in common: nothing can be compared")
        beside = pc.is_in(baseline.items["benchmark"].cast("string"), pa.array(parts, pa.string()))
        rows = pc.or_(place.is_valid(), beside)
        first, second = baseline.counts(), candidate.counts()
        both = [name for name in baseline.titles if name in first and name in second]
        # What one was asked was due from the other, but for what nobody can be asked.
        due = {name: second[name] if name in parts else max(first[name], second[name]) for name in both}
        return cls(
            baseline.items.filter(rows),
            candidate.items.take(place.filter(rows)),
            {name: (second[name] if name in parts else first[name], second[name]) for name in both},
            (
                _losses(baseline, {name: first[name] if name in parts else due[name] for name in both}),
                _losses(candidate, due),
            ),
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
    def both(self) -> NDArray[np.bool_]:
        """Shape (items,): whether both were asked."""
        asked: NDArray[np.bool_] = self.candidate["item"].is_valid().to_numpy()
        return asked

    @cached_property
    def scored(self) -> NDArray[np.bool_]:
        """Shape (items,): whether both sides have a score."""
        import numpy as np

        both: NDArray[np.bool_] = ~np.isnan(self.before) & ~np.isnan(self.after)
        return both

    def difference(self, chosen: NDArray[np.bool_], *, level: float = 0.95) -> Difference | None:
        """Candidate minus baseline over some of the items; ``None`` where there is none that both have a score on.

        Args:
            chosen: Shape (items,): which items. Of a benchmark of which the candidate was asked a part, the others tell
                how hard that part is.
            level: That of the interval.
        """
        import numpy as np

        if not (chosen & self.scored).any():
            return None
        of = chosen & (self.scored | (~self.both & ~np.isnan(self.before)))
        estimate = paired_difference if self.both[of].all() else subsample_difference
        return estimate(self.after[of], self.before[of], self.cluster[of], self.benchmark[of], level=level)

    def unexplained(self, chosen: NDArray[np.bool_]) -> float:
        """The share of the difference's variance that goes down with the images of a sample only; see the function.

        Args:
            chosen: Shape (items,): which items; on one at least both have a score.
        """
        of = chosen & self.scored
        return unexplained(self.after[of], self.before[of], self.cluster[of], self.benchmark[of])


def _losses(side: Side, asked: Mapping[str, int]) -> Losses:
    scored = side.counts(scored=True)
    due = {name: max(number - side.unusable.get(name, 0), scored.get(name, 0)) for name, number in asked.items()}
    return {name: (number, number - scored.get(name, 0)) for name, number in due.items()}
