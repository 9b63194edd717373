"""The sign-flip test: were the two captioners exchangeable on each image, how often would they differ as much?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EXACT_BELOW = 11
"""Under so many differing images every way to flip them is tried: 1,024 at most."""
FEW_DIFFERING = 200
"""From so many differing images on the t test says the same, and sooner."""
FLIPS = 9_999
"""Random flips otherwise; more where the level asks for smaller p-values than these can give."""
_MOST_FLIPS = 99_999
_UNSETTLED = 5
"""So many of `FLIPS` sums as large as the one seen are too few to tell small p-values apart."""
_AT_ONCE = 32
"""Pairs whose random flips are summed at once."""
_TIE = 1e-10
"""Sums that differ by less are equal but for rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flips:
    """What flipping the signs of the images' differences has shown.

    Attributes:
        p: Two-sided p-value.
        sums: The absolute values of the flipped sums; the one that was seen is among them.
    """

    p: float
    sums: NDArray[np.float64]

    def reach(self, alpha: float) -> float:
        """What a sum must exceed for its p-value to be under alpha."""
        import numpy as np

        # So many of the largest sums as are a share under alpha of all; the next one is what must be exceeded.
        allowed = min(max(math.ceil(alpha * self.sums.size - _TIE) - 1, 0), self.sums.size - 1)
        place = self.sums.size - 1 - allowed
        return float(np.partition(self.sums, place)[place])


def flip_tests(differences: Sequence[NDArray[np.float64]], alpha: float) -> list[Flips]:
    """Test that the differences of images are as likely one way as the other, for several pairs of captioners.

    Args:
        differences: One for each pair, shape (differing images,), under `FEW_DIFFERING` of them: what each image adds
            to the difference of the two, none of them 0.
        alpha: The smallest level that will be asked for: it takes 1/alpha flips to see a p-value of alpha.
    """
    found = {place: _flipped(own[None], _every(own.size))[0] for place, own in enumerate(differences) if _exact(own)}
    drawn = [place for place in range(len(differences)) if place not in found]
    found |= _drawn(differences, drawn, FLIPS)
    more = min(math.ceil(2 / alpha), _MOST_FLIPS)
    if more > FLIPS:
        # Most pairs of a large family are settled without so many.
        found |= _drawn(differences, [place for place in drawn if found[place].p <= _UNSETTLED / FLIPS], more)
    return [found[place] for place in range(len(differences))]


def _exact(differences: NDArray[np.float64]) -> bool:
    return differences.size < EXACT_BELOW


def _drawn(differences: Sequence[NDArray[np.float64]], places: list[int], flips: int) -> dict[int, Flips]:
    """The tests of some pairs by random flips, a few at a time since their sums take memory."""
    import numpy as np

    found: dict[int, Flips] = {}
    for start in range(0, len(places), _AT_ONCE):
        some = places[start : start + _AT_ONCE]
        padded = np.zeros((len(some), max(differences[place].size for place in some)))
        for row, place in zip(padded, some, strict=True):
            row[: differences[place].size] = differences[place]
        found |= dict(zip(some, _flipped(padded, _random(flips)[: padded.shape[1]]), strict=True))
    return found


def _flipped(differences: NDArray[np.float64], signs: NDArray[np.float64]) -> list[Flips]:
    import numpy as np

    sums = np.abs(differences @ signs)
    return [Flips(p=float(np.mean(own >= own[0] - _TIE)), sums=own) for own in sums]


@lru_cache(maxsize=EXACT_BELOW)
def _every(images: int) -> NDArray[np.float64]:
    """Shape (images, 2^images): every way to flip them; the first is to leave them alone."""
    import numpy as np

    numbers = np.arange(2**images) >> np.arange(images)[:, None]
    return np.where(numbers & 1, -1.0, 1.0)


@lru_cache(maxsize=2)
def _random(flips: int) -> NDArray[np.float64]:
    """Shape (199, flips + 1): as many random ways, the same in every test; the first is to leave them alone."""
    import numpy as np

    # With what was seen among them a p-value is never 0, and the test is exact however few the flips (Phipson and Smyth
    # 2010).
    heads = np.random.default_rng(0).integers(0, 2, (FEW_DIFFERING - 1, flips + 1), dtype=np.int8)
    signs = np.where(heads, -1.0, 1.0)
    signs[:, 0] = 1.0
    return signs
