"""Whether a reader leans towards a position among the options, wherever the right one stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from prism_eval.statistics.design import Design
from prism_eval.statistics.means import check
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
    chosen = ~np.isnan(pick)
    if not chosen.any():
        return None
    if not pick.shape == right.shape == count.shape:
        raise ValueError("each pick needs one right position and one number of options: the lengths differ")
    pick, right, count = pick[chosen], right[chosen], count[chosen]
    if not ((pick >= 0) & (pick < count) & (right >= 0) & (right < count)).all():
        raise ValueError("a position is not among the options shown")
    design = Design.of(np.asarray(clusters)[chosen])
    expected, residuals = _expected(pick, right, count)
    check(residuals[0], design)
    seen = spread(design, design.totals(residuals), 2 / (design.images + 2.0) ** 2)
    # One image says nothing of how picks vary.
    reach = np.sqrt(seen.variance) * critical(1 - (1 - level) / len(expected), float(seen.degrees.min()))
    reach = np.minimum(reach if design.clusters > 1 else 1.0, 1.0) * np.ones(len(expected))
    shares = np.bincount(pick.astype(np.int64), minlength=len(expected)) / pick.size
    off = shares - expected
    return Lean(
        positions=tuple(
            PositionLean(picked=share, expected=due, low=apart - margin, high=apart + margin)
            for share, due, apart, margin in zip(
                shares.tolist(), expected.tolist(), off.tolist(), reach.tolist(), strict=True
            )
        ),
        largest=float(np.abs(off).max()),
        low=max(0.0, float((np.abs(off) - reach).max())),
        high=min(1.0, float((np.abs(off) + reach).max())),
        picks=pick.size,
    )


def _expected(
    pick: NDArray[np.float64], right: NDArray[np.float64], count: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """By position, how often no lean would pick it; and for each pick how far it is from that, (positions, n)."""
    import numpy as np

    hit = (pick == right).astype(float)
    sizes, group = np.unique(count, return_inverse=True)
    asked = np.bincount(group)
    # How often it is right depends on how many options there are; they are taken apart.
    accuracy = (np.bincount(group, weights=hit) / asked)[group]
    others = np.maximum(count - 1, 1)
    expected, residuals = [], []
    for position in range(int(sizes.max())):
        here, shown = (right == position).astype(float), (count > position).astype(float)
        due = accuracy * here + (1 - accuracy) / others * (shown - here)
        # The accuracy is an estimate from the same picks, and moves what is due by so much for each hit.
        slope = (np.bincount(group, weights=here - (shown - here) / others) / asked)[group]
        residuals.append((pick == position) - due - (hit - accuracy) * slope)
        expected.append(due.mean())
    return np.array(expected), np.array(residuals)
