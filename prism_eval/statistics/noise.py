"""How much of a score's error comes from which captions happened to be drawn."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prism_eval.statistics.design import Design
from prism_eval.statistics.paired import testable
from prism_eval.statistics.spread import spread
from prism_eval.statistics.student import critical

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

_EQUAL = 1e-24
"""Of an image's captions a variance that is less is none but for rounding: a question of millions weighs more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoisePart:
    """A part of a score's standard error, with its interval; all as scores are."""

    error: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptionNoise:
    """The standard error of a score of one caption an image, taken apart.

    Attributes:
        total: All of it.
        images: What comes from which images were asked about, whatever their captions.
        drawn: What comes from drawing captions (and answers) anew for the same images.
        together: What of that all questions on a caption share: the caption's doing, and not the answers'. ``None``
            where no image has two questions.
    """

    total: float
    images: float
    drawn: NoisePart
    together: NoisePart | None

    def factor(self, captions: int) -> float:
        """What the standard error is multiplied by if so many captions are read for each image, for 0.7 say."""
        if self.total == 0:
            return 1.0
        return math.sqrt(self.images**2 + self.drawn.error**2 / captions) / self.total


def caption_noise(
    scores: ArrayLike, clusters: ArrayLike, strata: ArrayLike | None = None, *, level: float = 0.95
) -> CaptionNoise | None:
    """Take the error of a score apart, where each image was captioned several times.

    By moments (variances between the captions of an image), with intervals from how they vary between images.

    Args:
        scores: Shape (captions, n): an item's score by each caption of its image, in [0, 1]. An item that lacks one
            (NaN) is left out.
        clusters: n labels: the images, whose captions are drawn independently.
        strata: n labels; the score is the mean of the strata's means.
        level: Confidence level.

    Returns:
        ``None`` where there is one caption an image only, or no stratum with two images.

    Raises:
        ValueError: The lengths differ.
    """
    import numpy as np

    matrix = np.asarray(scores, dtype=float)
    captions, known = matrix.shape[0], ~np.isnan(matrix).any(axis=0)
    if captions < 2 or not known.any():
        return None
    design, chosen = testable(Design.of(clusters, strata).on(known))
    if design.images.max() < 2:
        return None
    values = matrix[:, np.flatnonzero(known)[chosen]]
    weight = 1 / (len(design.labels) * design.items[design.stratum])
    wobble = design.by_cluster(design.totals(values) * weight).var(axis=0, ddof=1)
    # Three equal sums have a mean that is not quite theirs.
    wobble[wobble < _EQUAL] = 0.0
    drawn = float(wobble.sum())
    # The mean over the captions has the images' variance, and of the captions' what so many leave of it.
    mean = spread(design, design.totals(values.mean(axis=0)[None]), 2 / (design.images + 2.0) ** 2)
    images = max(float(mean.shared[0]) - drawn / captions, 0.0)
    return CaptionNoise(
        total=math.sqrt(images + drawn),
        images=math.sqrt(images),
        drawn=_drawn(wobble, level),
        together=_together(design, values, weight, wobble, level),
    )


def _drawn(wobble: NDArray[np.float64], level: float) -> NoisePart:
    """The sum of the images' variances, with the interval of chi squared that has its mean and variance."""
    import numpy as np
    from scipy.special import chdtri

    total = float(wobble.sum())
    if total == 0:
        # As if of two more images each had wobbled by one of its questions (the idea of Agresti and Coull 1998).
        return NoisePart(error=0.0, low=0.0, high=math.sqrt(2) / (wobble.size + 2))
    degrees = 2 * total**2 / (wobble.size * float(np.var(wobble, ddof=1)) + 1e-300)
    least, most = (total * degrees / float(chdtri(degrees, tail)) for tail in ((1 - level) / 2, (1 + level) / 2))
    return NoisePart(error=math.sqrt(total), low=math.sqrt(least), high=math.sqrt(most))


def _together(
    design: Design,
    values: NDArray[np.float64],
    weight: NDArray[np.float64],
    wobble: NDArray[np.float64],
    level: float,
) -> NoisePart | None:
    """What the questions of a caption share: an image's variance less what its questions have each by themselves."""
    each = design.by_cluster(design.totals(values.var(axis=0, ddof=1)[None]) * weight**2)[0]
    reach = design.by_cluster((design.counts * weight)[None])[0] ** 2
    pairs = reach - design.by_cluster((design.counts * weight**2)[None])[0]
    if pairs.sum() < _EQUAL:
        return None
    shared = float((wobble - each).sum() / pairs.sum())
    residuals = wobble - each - shared * pairs
    error = math.sqrt(float((residuals**2).sum()) * wobble.size / (wobble.size - 1)) / float(pairs.sum())
    margin = critical(level, wobble.size - 1) * error
    return NoisePart(
        error=_root(shared * reach.sum()),
        low=_root((shared - margin) * reach.sum()),
        high=_root((shared + margin) * reach.sum()),
    )


def _root(variance: float) -> float:
    # A variance is not negative, though the difference of two estimates of one may be.
    return math.sqrt(max(variance, 0.0))
