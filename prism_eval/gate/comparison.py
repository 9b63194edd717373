"""A candidate held beside a baseline, item by item: what is better, worse, won and lost."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prism_eval.gate.alike import check_sides
from prism_eval.gate.behaviour import Behaviour, behaviour
from prism_eval.gate.pairs import Losses, Pairs
from prism_eval.gate.side import Side
from prism_eval.leaderboard.against import Against, against
from prism_eval.leaderboard.ranking import why_no_verdict
from prism_eval.run.boundary import BENCHMARK_MARGIN, ONE_TEST, SUITE_MARGIN, Boundary, check_margin

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_EQUAL = 1e-12
"""Two mean scores of an item that differ by less are equal but for rounding."""


@dataclass(frozen=True, slots=True)
class Flip:
    """An item on which the two sides differ.

    Attributes:
        benchmark: Its benchmark.
        item: Its id there.
        before: The baseline's score, the mean over captions and orders of options.
        after: The candidate's.
    """

    benchmark: str
    item: str
    before: float
    after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One benchmark, as both sides have it.

    Attributes:
        name: Its name.
        title: What it is called.
        common: Items that both have a score on.
        dropped: How many items of the baseline and of the candidate are not among them; of the baseline's only those
            that the candidate was asked, where that is a part.
        scores: The mean scores of the baseline and of the candidate; ``None`` where there is no common item. Where the
            candidate was asked a part, the baseline's is that of all its items, and the candidate's what is expected
            on them.
        against: The candidate compared with the baseline there.
        known: How many items of the baseline tell how hard the candidate's part is; ``None`` where it was asked all.
    """

    name: str
    title: str
    common: int
    dropped: tuple[int, int]
    scores: tuple[float, float] | None
    against: Against
    known: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A candidate compared with a baseline on the items that both have.

    Attributes:
        baseline: The baseline.
        candidate: The candidate.
        suite: The candidate compared with the baseline over all common benchmarks, each weighing the same.
        parts: The benchmarks that both have, in the baseline's order.
        only: The names of the benchmarks that the baseline and those that the candidate alone has.
        won: Items on which the candidate scores more, the largest changes first.
        lost: Items on which it scores less, likewise.
        losses: Those of the baseline and of the candidate.
        behaviour: How the baseline and how the candidate writes and fails, on the items that both were asked.
        look: At which of how many planned looks either of them ended; ``None`` where nobody looked before the end.
    """

    baseline: Side
    candidate: Side
    suite: Against
    parts: tuple[Part, ...]
    only: tuple[tuple[str, ...], tuple[str, ...]]
    won: tuple[Flip, ...]
    lost: tuple[Flip, ...]
    losses: tuple[Losses, Losses]
    behaviour: tuple[Behaviour, Behaviour]
    look: tuple[int, int] | None

    @property
    def scores(self) -> tuple[float, float] | None:
        """The mean scores of both over the benchmarks, each weighing the same; ``None`` where there is none."""
        scores = [part.scores for part in self.parts if part.scores]
        before, after = (sum(ends) / len(scores) for ends in zip(*scores, strict=True)) if scores else (None, None)
        return None if before is None or after is None else (before, after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Margins:
    """The differences that count as none, in [0, 1].

    Attributes:
        suite: Over all benchmarks.
        benchmark: On one, where ``benchmarks`` does not name it.
        benchmarks: By name of a benchmark, its own.
    """

    suite: float = SUITE_MARGIN
    benchmark: float = BENCHMARK_MARGIN
    benchmarks: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of_points(cls, margin: float) -> Margins:
        """The same margin everywhere, in points.

        Raises:
            UsageError: It is none.
        """
        check_margin(margin)
        return cls(suite=margin / 100, benchmark=margin / 100)

    def of(self, name: str) -> float:
        """The margin of one benchmark."""
        return self.benchmarks.get(name, self.benchmark)


def compare(baseline: Side, candidate: Side, margins: Margins | None = None) -> Comparison:
    """Compare a candidate with a baseline.

    Args:
        baseline: The baseline.
        candidate: The candidate.
        margins: What counts as no difference; by default one point of a suite and three of a benchmark.

    Raises:
        UsageError: They were not asked alike, or have no item in common.
    """
    import numpy as np

    asked_in_part = check_sides(baseline, candidate)
    wanted, pairs = margins or Margins(), Pairs.of(baseline, candidate, asked_in_part)
    # Whichever ended when it was decided, what it says is one of several tries.
    look = candidate.look or baseline.look
    boundary = Boundary.at(*look) if look else ONE_TEST
    parts = tuple(_part(name, baseline, pairs, wanted.of(name), boundary) for name in pairs.asked)
    suite = against(
        baseline.label,
        pairs.difference(np.ones(pairs.scored.size, dtype=bool), level=1 - boundary.alpha),
        {part.title: part.against.difference for part in parts if part.against.difference},
        # Of one benchmark there is no mean that would be more certain.
        margin=wanted.suite if len(parts) > 1 else parts[0].against.margin,
        boundary=boundary,
        missing=_missing(pairs, pairs.asked),
    )
    names = [{*side.items["benchmark"].unique().to_pylist()} for side in (baseline, candidate)]
    return Comparison(
        baseline=baseline,
        candidate=candidate,
        suite=suite,
        parts=parts,
        only=(tuple(sorted(names[0] - names[1])), tuple(sorted(names[1] - names[0]))),
        won=_flips(pairs, pairs.after - pairs.before),
        lost=_flips(pairs, pairs.before - pairs.after),
        losses=pairs.losses,
        behaviour=(
            behaviour(pairs.baseline.filter(pairs.both), baseline.spent),
            behaviour(pairs.candidate.filter(pairs.both), candidate.spent),
        ),
        look=look,
    )


def _part(name: str, baseline: Side, pairs: Pairs, margin: float, boundary: Boundary) -> Part:
    import numpy as np

    chosen = pairs.benchmark == name
    common, alone = int((chosen & pairs.scored).sum()), int((chosen & ~pairs.both).sum())
    first, second = pairs.asked[name]
    found = pairs.difference(chosen, level=1 - boundary.alpha)
    before = float(np.nanmean(pairs.before[chosen & (pairs.scored | ~pairs.both)])) if found else None
    missing = _missing(pairs, (name,))
    return Part(
        name=name,
        title=baseline.titles.get(name, name),
        common=common,
        dropped=(first - common, second - common),
        scores=None if before is None or found is None else (before, before + found.value),
        against=against(baseline.label, found, {}, margin=margin, boundary=boundary, missing=missing),
        known=common + alone if alone else None,
    )


def _missing(pairs: Pairs, names: Collection[str]) -> str:
    """Why too much of either side is missing for a verdict on these benchmarks; empty where it is not."""
    before, after = ({name: lost for name, lost in losses.items() if name in names} for losses in pairs.losses)
    return why_no_verdict(after, before)


def _flips(pairs: Pairs, gain: NDArray[np.float64]) -> tuple[Flip, ...]:
    """The items of which there is a gain, the largest first."""
    import numpy as np

    places = np.flatnonzero(np.nan_to_num(gain) > _EQUAL)
    # Stable: of equal gains the first in the run comes first, whatever the machine.
    ordered = places[np.argsort(-gain[places], kind="stable")]
    said = pairs.baseline.select(["benchmark", "item"]).take(ordered)
    return tuple(
        map(
            Flip,
            said["benchmark"].to_pylist(),
            said["item"].to_pylist(),
            pairs.before[ordered].tolist(),
            pairs.after[ordered].tolist(),
        )
    )
