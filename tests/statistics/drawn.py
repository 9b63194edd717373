"""Answers of captioners whose true scores are known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prism_eval.statistics.design import Design


def questions(images: int, shape: str) -> NDArray[np.int64]:
    """How many questions each image has: so many; "uneven": most one, some a few; "few": one in twenty 14.

    "tenth": one in ten 12; "spread": 1 to 14, each as often.
    """
    if shape == "uneven":
        return np.resize([1, 1, 1, 1, 1, 1, 2, 2, 3, 5], images)
    if shape == "few":
        return np.resize([14] + [1] * 19, images)
    if shape == "tenth":
        return np.resize([12] + [1] * 9, images)
    if shape == "spread":
        return np.random.default_rng(1).permutation(np.resize(np.arange(1, 15), images))
    return np.full(images, int(shape))


def design_of(sizes: NDArray[np.int64], strata: int = 1) -> Design:
    """Benchmarks of images of their own, each with images of these sizes."""
    images = np.arange(sizes.size * strata)
    return Design.of(np.repeat(images, np.tile(sizes, strata)), np.repeat(np.arange(strata), sizes.sum()))


def eases(rng: np.random.Generator, shape: tuple[int, ...], mean: float, correlation: float) -> NDArray[np.float64]:
    """How likely a question on an image is answered rightly: beta, so that answers on it correlate by so much."""
    if correlation == 0:
        return np.full(shape, mean)
    spread = (1 - correlation) / correlation
    return rng.beta(mean * spread, (1 - mean) * spread, shape)


def lopsided(
    rng: np.random.Generator, boards: int, sizes: NDArray[np.int64], better: float, worse: float, *, alike: bool
) -> NDArray[np.float64]:
    """Shape (boards, images), sums of differences of two captioners that differ on such shares of the questions.

    Args:
        rng: What they are drawn from.
        boards: How many.
        sizes: Shape (images,), questions of each.
        better: The share of questions that the first alone is right on.
        worse: The share of those that the second alone is right on.
        alike: Whether the questions of an image are right or wrong together: a caption says what they ask for, or not.
    """
    shape = boards, sizes.size
    if alike:
        return sizes * rng.choice([1.0, -1.0, 0.0], shape, p=[better, worse, 1 - better - worse])
    ahead = rng.binomial(sizes, better, shape)
    return (ahead - rng.binomial(sizes - ahead, worse / (1 - better))).astype(float)
