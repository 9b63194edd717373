"""How often the interval of a score holds the truth, by seeded simulation."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from prism_eval.statistics.design import Design
from prism_eval.statistics.wilson import score_intervals
from tests.statistics.drawn import design_of, eases, questions

RARE, MILD = (0.02, 0.05, 0.1), (0.2, 0.5)


def coverage(images: int, shape: str, mean: float, correlation: float, boards: int) -> float:
    rng = np.random.default_rng([images, len(shape), round(100 * mean), round(10 * correlation)])
    sizes = questions(images, shape)
    right = rng.binomial(sizes, eases(rng, (boards, images), mean, correlation)).astype(float)
    low, high = score_intervals(design_of(sizes), right, 0.95)
    return float(np.mean((low <= mean) & (mean <= high)))


def allowed(least: float, boards: int) -> float:
    """What a coverage of at least so much is seen as, all but one time in two thousand."""
    return least - 3.3 * (least * (1 - least) / boards) ** 0.5


# A score of 1 - p is p seen from the other end.
@pytest.mark.parametrize("images", [12, 24, 60, 150, 500, 1500])
def test_the_interval_of_a_benchmark_holds_the_truth(images: int) -> None:
    boards = 1500 if images < 500 else 500
    cells = [("1", p, 0.0) for p in RARE + MILD]
    cells += itertools.product(("2", "5", "uneven"), RARE + MILD, (0.0, 0.3, 0.6))
    seen = {cell: coverage(images, *cell, boards) for cell in cells}
    assert min(seen.values()) >= allowed(0.93, boards), min(seen, key=seen.__getitem__)
    if images >= 150:
        mild = [held for (_, p, _), held in seen.items() if p in MILD]
        assert np.mean(mild) == pytest.approx(0.95, abs=0.015)
        assert max(mild) <= 1 - allowed(0.03, boards)


@pytest.mark.parametrize(("images", "mean"), [(250, 0.1), (500, 0.05), (500, 0.95), (1500, 0.02)])
def test_and_where_a_few_images_have_most_questions(images: int, mean: float) -> None:
    assert coverage(images, "few", mean, 0.6, 1500) >= allowed(0.93, 1500)


def suite(images: list[int], means: list[float], *, shared: bool = False, boards: int = 600) -> float:
    """Coverage of the mean of benchmarks of two questions an image; `shared` benchmarks show the same images."""
    rng = np.random.default_rng([*images, round(100 * sum(means))])
    numbers = [np.arange(count) + (0 if shared else 10_000 * place) for place, count in enumerate(images)]
    design = Design.of(np.repeat(np.concatenate(numbers), 2), np.repeat(np.arange(len(images)), 2 * np.array(images)))
    ranks = rng.random((boards, max(images)))
    right = [
        rng.binomial(2, np.clip(mean + 0.5 * (ranks[:, :count] - 0.5), 0, 1))
        if shared
        else rng.binomial(2, eases(rng, (boards, count), mean, 0.3 if 0 < mean < 1 else 0.0))
        for count, mean in zip(images, means, strict=True)
    ]
    low, high = score_intervals(design, np.concatenate(right, axis=1).astype(float), 0.95)
    truth = np.mean(means)
    return float(np.mean((low <= truth) & (truth <= high)))


@pytest.mark.parametrize(
    ("images", "means"),
    [
        ([5, 300], [0.7, 1.0]),
        ([300, 5], [0.3, 0.05]),
        *(([each] * 12, [p] * 12) for each in (2, 5, 10, 30) for p in (0.05, 0.5, 0.9)),
        *(([each] * 12, [1.0] * 11 + [0.6]) for each in (3, 10, 100)),
        *(([each] * 12, [0.98] * 11 + [0.5]) for each in (3, 10, 100)),
        ([5, 10, 300, 500, 20, 40], [0.1, 0.3, 0.5, 0.6, 0.8, 0.95]),
        ([1, 10, 300], [0.5, 0.6, 0.9]),
    ],
)
def test_the_interval_of_a_suite_holds_the_truth(images: list[int], means: list[float]) -> None:
    assert suite(images, means) >= allowed(0.93, 600)


def test_and_where_benchmarks_show_the_same_images() -> None:
    assert suite([40] * 3, [0.35, 0.5, 0.65], shared=True) >= allowed(0.93, 600)


def test_large_suites_have_intervals_no_wider_than_they_need() -> None:
    held = [suite([100] * 4, [0.3, 0.5, 0.6, p], boards=2000) for p in (0.2, 0.7)]
    assert max(held) <= 0.97
