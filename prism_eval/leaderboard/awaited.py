"""What `statistics` will say itself: equivalence, heterogeneity and images needed. To be taken from there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prism_eval.statistics import Difference

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True, kw_only=True)
class Equivalence:
    """Two one-sided tests of a difference against a margin."""

    p: float
    shown: bool
    smallest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Heterogeneity:
    """Cochran's Q of several differences."""

    q: float
    degrees: int
    p: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """A ratio of two differences and Fieller's interval."""

    value: float
    low: float
    high: float


def equivalence(difference: Difference, margin: float) -> Equivalence:
    """Whether a difference is shown to be smaller than a margin, either way."""
    from scipy.special import stdtr, stdtrit

    degrees = max(difference.clusters - 1, 1)
    error = max(difference.error, 1e-9)
    p = float(
        max(stdtr(degrees, (-margin - difference.value) / error), stdtr(degrees, (difference.value - margin) / error))
    )
    return Equivalence(p=p, shown=p < 0.05, smallest=abs(difference.value) + float(stdtrit(degrees, 0.95)) * error)


def heterogeneity(values: ArrayLike, errors: ArrayLike) -> Heterogeneity:
    """Whether several differences are unlike by more than chance."""
    import numpy as np
    from scipy.special import chdtrc

    differences = np.asarray(values, dtype=float)
    weights = 1 / np.square(np.maximum(np.asarray(errors, dtype=float), 1e-9))
    q = float((weights * np.square(differences - np.average(differences, weights=weights))).sum())
    return Heterogeneity(q=q, degrees=differences.size - 1, p=float(chdtrc(differences.size - 1, q)))


def images_for(margin: float, error: float, images: int) -> int:
    """Images that would show equivalence at a margin with 80 % power where there is no difference."""
    return math.ceil(images * (error * (1.6448536269514722 + 1.2815515655446004) / margin) ** 2)
