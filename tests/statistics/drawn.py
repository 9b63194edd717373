"""Answers of captioners whose true scores are known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prism_eval.statistics.design import Design


def questions(images: int, shape: str) -> NDArray[np.int64]:
    """How many questions each image has: so many; "uneven": most one, some a few; "few": one in twenty 14."""
    if shape == "uneven":
        return np.resize([1, 1, 1, 1, 1, 1, 2, 2, 3, 5], images)
    if shape == "few":
        return np.resize([14] + [1] * 19, images)
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
