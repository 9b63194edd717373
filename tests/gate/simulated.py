"""Runs that are drawn: questions on one image are alike, and two captioners share a part of their answers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from prism_eval.gate.side import LOSSES, Side
from prism_eval.leaderboard.spent import Spent

Shape = tuple[int, float]
"""Images of a benchmark, and how many questions there are on each."""

CHARTQA, INFOVQA, CHARXIV = (500, 2.0), (500, 5.6), (500, 5.0)
SUITE: Sequence[Shape] = (
    (700, 1.7), (400, 1.3), (300, 5.6), (500, 5.0), (300, 1.0), (400, 1.2), (400, 1.0), (400, 2.0), (400, 1.0),
    (300, 2.0), (400, 1.0), (300, 1.3),
)  # fmt: skip
"""Twelve benchmarks of 4,800 images."""


def pair(
    rng: np.random.Generator,
    shapes: Sequence[Shape],
    *,
    loss: float = 0.0,
    right: float = 0.6,
    correlation: float = 0.3,
    kept: float = 0.5,
) -> tuple[Side, Side]:
    """A baseline and a candidate.

    Args:
        rng: What draws them.
        shapes: Their benchmarks.
        loss: By how much the candidate's mean is below the baseline's, in [0, 1].
        right: The baseline's mean.
        correlation: Of two answers on one image.
        kept: The share of the answers that are the same answer; the others are drawn on their own.
    """
    names, images, before, after = [], [], [], []
    for place, (count, each) in enumerate(shapes):
        questions = np.maximum(rng.poisson(each - 1, count) + 1, 1)
        image = np.repeat(np.arange(count), questions)
        spread = (1 - correlation) / correlation
        ease = rng.beta(right * spread, (1 - right) * spread, count)[image]
        first = rng.random(image.size) < ease
        fresh = rng.random(image.size) < ease * (1 - loss / ((1 - kept) * right))
        names.append(np.full(image.size, f"benchmark{place:02}"))
        images.append(image + 10_000 * place)
        before.append(first)
        after.append(np.where(rng.random(image.size) < kept, first, fresh))
    parts = map(np.concatenate, (names, images, before, after))
    name, image, one, other = parts
    return side(name, image, one), side(name, image, other)


def side(benchmark: np.ndarray, image: np.ndarray, right: np.ndarray) -> Side:
    """A side of these answers; items are numbered."""
    size = benchmark.size
    digest = pa.array(image.astype(str))
    none = np.zeros(size, dtype=np.int64)
    columns = {
        "benchmark": pa.array(benchmark),
        "item": pa.array(np.arange(size).astype(str)),
        "images": pa.ListArray.from_arrays(np.arange(size + 1, dtype=np.int32), digest),
        "cluster": digest,
        "asked": pa.array(np.arange(size), pa.uint32()),
        "score": right.astype(float),
        "verdicts": none + 1,
        **{outcome.value: none for outcome in LOSSES},
        "words": np.full(size, 100.0),
        "empty": np.zeros(size),
        "cut": np.zeros(size),
    }
    titles = {str(name): str(name) for name in np.unique(benchmark)}
    return Side("A", "drawn", {"": {}}, titles, {}, Spent(), pa.table(columns))


def mcnemar(first: Side, second: Side) -> bool:
    """Whether McNemar's test, for which every question is a case of its own, calls the two different."""
    one, other = (of.items["score"].to_numpy() for of in (first, second))
    won, lost = int((other > one).sum()), int((other < one).sum())
    return abs(won - lost) > 1.96 * max(won + lost, 1) ** 0.5
