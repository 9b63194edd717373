"""Whether a reader leans towards a position among the options, wherever the right one stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from prism_eval.statistics.design import Design
from prism_eval.statistics.spread import spread
from prism_eval.statistics.student import critical

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionLean:
    """One position.

    Attributes:
        picked: How often it was picked, as a share of all picks.
        expected: How often a reader who is right as often, and leans nowhere, would pick it.
        low: Lower end of the interval of the difference.
        high: Upper end; the intervals of all positions hold together.
    """

    picked: float
    expected: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lean:
    """How far picks lean towards positions.

    Attributes:
        positions: By position, the first is A.
        largest: The largest distance between what was picked and what was expected; noise alone makes some.
        low: Lower end of its interval; 0 where no lean is shown.
        high: Upper end of its interval.
        picks: How many picks were made.
    """

    positions: tuple[PositionLean, ...]
    largest: float
    low: float
    high: float
    picks: int


def lean(
    picked: ArrayLike, gold: ArrayLike, options: ArrayLike, clusters: ArrayLike, *, level: float = 0.95
) -> Lean | None:
    """Compare where the picked options stood with where the right ones did.

    Without a lean a reader is right as often wherever the right option stands, and wrong picks fall evenly on the
    others: how often each position is picked follows from where the right ones stood.

    Args:
        picked: Shape (n,), the position that was picked, from 0; NaN where none was.
        gold: Shape (n,), the position of the right option.
        options: Shape (n,), how many options were shown.
        clusters: n labels; observations with one label are not independent.
        level: Confidence level.

    Returns:
        ``None`` where nothing was picked.

    Raises:
        ValueError: The lengths differ, or a position is not among the options.
    """
    import numpy as np

    pick, right, count = (np.asarray(values, dtype=float) for values in (picked, gold, options))
    if not pick.shape == right.shape == count.shape:
        raise ValueError("each pick needs one right position and one number of options: the lengths differ")
    chosen = ~np.isnan(pick)
    if not chosen.any():
        return None
    pick, right, count = pick[chosen], right[chosen], count[chosen]
    if not ((pick >= 0) & (pick < count) & (right >= 0) & (right < count)).all():
        raise ValueError("a position is not among the options shown")
    design = Design.of(np.asarray(clusters)[chosen])
    due, residuals = _expected(pick, right, count)
    shares = np.bincount(pick.astype(np.int64), minlength=len(due)) / pick.size
    off, reach = shares - due.mean(axis=1), _reach(design, due, residuals, level)
    positions = zip(*(part.tolist() for part in (shares, shares - off, off - reach, off + reach)), strict=True)
    return Lean(
        positions=tuple(
            PositionLean(picked=picked, expected=expected, low=low, high=high)
            for picked, expected, low, high in positions
        ),
        largest=float(np.abs(off).max()),
        low=max(0.0, float((np.abs(off) - reach).max())),
        high=min(1.0, float((np.abs(off) + reach).max())),
        picks=pick.size,
    )


def _expected(
    pick: NDArray[np.float64], right: NDArray[np.float64], count: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How likely a reader without a lean is to pick each position, and how far each pick is from that.

    Returns:
        Two arrays of shape (positions, n).
    """
    import numpy as np

    hit = (pick == right).astype(float)
    group = np.unique(count, return_inverse=True)[1]

    def averaged(values: NDArray[np.float64]) -> NDArray[np.float64]:
        # How often it is right depends on how many options there are: those are taken apart.
        return (np.bincount(group, weights=values) / np.bincount(group))[group]

    accuracy, others = averaged(hit), np.maximum(count - 1, 1)
    due, residuals = [], []
    for position in range(int(count.max())):
        here = (right == position).astype(float)
        elsewhere = ((count > position) - here) / others
        due.append(accuracy * here + (1 - accuracy) * elsewhere)
        # The accuracy is an estimate from the same picks: a hit moves what is due to others.
        residuals.append((pick == position) - due[-1] - (hit - accuracy) * averaged(here - elsewhere))
    return np.array(due), np.array(residuals)


def _reach(
    design: Design, due: NDArray[np.float64], residuals: NDArray[np.float64], level: float
) -> NDArray[np.float64]:
    """Half the width of each position's interval; all of them hold together (Bonferroni)."""
    import numpy as np

    # One image says nothing of how picks vary.
    if design.clusters < 2:
        return np.ones(len(due))
    seen = spread(design, design.totals(residuals), 2 / (design.images + 2.0) ** 2)
    # A position that is seldom due is picked by few, who show too small a spread as often as not.
    variance = np.maximum(seen.variance, (due * (1 - due)).sum(axis=1) / design.cell.size**2)
    reach: NDArray[np.float64] = np.sqrt(variance) * critical(1 - (1 - level) / len(due), float(seen.degrees.min()))
    return np.minimum(reach, 1.0)
