"""The sign-flip test: were the two captioners exchangeable on each image, how often would they differ as much?"""

from __future__ import annotations

import math
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
_TIE = 1e-10
"""Sums that differ by less are equal but for rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flips:
    """What flipping the signs of the images' differences has shown.

    Attributes:
        p: Two-sided p-value.
        sums: The absolute values of the flipped sums, falling; the one that was seen is among them.
    """

    p: float
    sums: NDArray[np.float64]

    def reach(self, alpha: float) -> float:
        """What a sum must exceed for its p-value to be under alpha."""
        # The largest count of sums whose share of all is under alpha; the next one is what must be exceeded.
        allowed = math.ceil(alpha * self.sums.size - _TIE) - 1
        return float(self.sums[min(max(allowed, 0), self.sums.size - 1)])


def flip_test(differences: NDArray[np.float64], alpha: float) -> Flips:
    """Test that the differences of images are as likely one way as the other.

    Args:
        differences: Shape (differing images,): what each image adds to the difference of the two, none of them 0.
        alpha: The level that will be asked for: it takes 1/alpha flips to see a p-value of alpha.
    """
    if differences.size < EXACT_BELOW:
        return _flipped(differences, _every(differences.size))
    found = _flipped(differences, _random(FLIPS)[:, : differences.size])
    # It takes 1/alpha flips to see a p-value of alpha; of the many pairs that ask for a small one most are settled.
    more = min(math.ceil(2 / alpha), _MOST_FLIPS)
    if more <= FLIPS or found.p > _UNSETTLED / FLIPS:
        return found
    return _flipped(differences, _random(more)[:, : differences.size])


def _flipped(differences: NDArray[np.float64], signs: NDArray[np.float64]) -> Flips:
    import numpy as np

    sums = np.abs(signs @ differences)
    return Flips(p=float(np.mean(sums >= sums[0] - _TIE)), sums=np.sort(sums)[::-1])


@lru_cache(maxsize=EXACT_BELOW)
def _every(images: int) -> NDArray[np.float64]:
    """Shape (2^images, images): every way to flip them; the first is to leave them alone."""
    import numpy as np

    numbers = np.arange(2**images)[:, None] >> np.arange(images)
    return np.where(numbers & 1, -1.0, 1.0)


@lru_cache(maxsize=2)
def _random(flips: int) -> NDArray[np.float64]:
    """Shape (flips + 1, 199): as many random ways, the same in every test; the first is to leave them alone."""
    import numpy as np

    # With what was seen among them a p-value is never 0, and the test is exact however few the flips (Phipson and Smyth
    # 2010).
    heads = np.random.default_rng(0).integers(0, 2, (flips + 1, FEW_DIFFERING - 1), dtype=np.int8)
    signs = np.where(heads, -1.0, 1.0)
    signs[0] = 1.0
    return signs
