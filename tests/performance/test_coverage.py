"""How often intervals hold and tests err, on a grid larger than the one that every change is tried on.

Prints the tables of docs/statistics.md.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest

from prism_eval.statistics import compare_all, equivalence
from prism_eval.statistics.paired import Contrast, contrasts
from prism_eval.statistics.wilson import score_intervals
from tests.statistics.drawn import design_of, eases, lopsided, questions

pytestmark = pytest.mark.performance

IMAGES = (12, 24, 60, 100, 250, 500, 1500)
SHAPES = ("1", "2", "5", "uneven")
MEANS = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5)
"""A score of 1 - p is p seen from the other end."""
CORRELATIONS = (0.0, 0.1, 0.3, 0.6)


def percent(*shares: float) -> str:
    return " | ".join(f"{100 * share:.1f}" for share in shares)


def scores(images: int, shape: str, mean: float, correlation: float, boards: int) -> float:
    rng = np.random.default_rng([images, SHAPES.index(shape), round(100 * mean), round(10 * correlation)])
    sizes = questions(images, shape)
    right = rng.binomial(sizes, eases(rng, (boards, images), mean, correlation)).astype(float)
    low, high = score_intervals(design_of(sizes), right, 0.95)
    return float(np.mean((low <= mean) & (mean <= high)))


def test_scores_of_one_benchmark() -> None:
    print("\n| images | cells | least | mean | most | least mild | most mild |\n|---|---|---|---|---|---|---|")
    for images in IMAGES:
        cells = [
            (shape, mean, correlation)
            for shape, mean, correlation in itertools.product(SHAPES, MEANS, CORRELATIONS)
            if shape != "1" or correlation == 0
        ]
        held = {cell: scores(images, *cell, boards=2000 if images > 500 else 4000) for cell in cells}
        mild = [share for (_, mean, _), share in held.items() if mean >= 0.2]
        every = list(held.values())
        row = percent(min(every), float(np.mean(every)), max(every), min(mild), max(mild))
        print(f"| {images:,} | {len(cells)} | {row} |")
        assert min(every) >= 0.922, min(held, key=held.__getitem__)


def drawn(images: int, better: float, worse: float, boards: int) -> list[Contrast]:
    """Pairs that differ on such shares of the images, one way and the other."""
    rng = np.random.default_rng([images, round(1000 * better), round(1000 * worse)])
    differences = rng.choice([1.0, -1.0, 0.0], (boards, images), p=[better, worse, 1 - better - worse])
    return contrasts(design_of(questions(images, "1")), differences, 0.05)


def test_differences_of_two() -> None:
    print(
        "\n| images | better | worse | interval holds | on par at the margin | told apart |\n|---|---|---|---|---|---|"
    )
    sides = ((0.02, 0.0), (0.05, 0.0), (0.1, 0.0), (0.1, 0.05), (0.2, 0.2), (0.3, 0.1), (0.5, 0.1), (0.8, 0.1))
    for images, (better, worse) in itertools.product((24, 60, 120, 400), sides):
        found = [one.difference(0.05, shown=one.p < 0.05) for one in drawn(images, better, worse, 1500)]
        apart = better - worse
        held = np.mean([one.low <= apart <= one.high for one in found])
        par = np.mean([apart > 0 and equivalence(one, apart).shown for one in found])
        told = np.mean([one.p < 0.05 for one in found])
        print(f"| {images} | {better:g} | {worse:g} | {percent(held, par, told)} |")
        assert held >= 0.92
        assert apart or told <= 0.065


def test_differences_on_images_of_unlike_numbers_of_questions() -> None:
    print(
        "\n| images | questions | interval holds, least | mean | on par, most | told apart, equal |\n"
        + "|---" * 6
        + "|"
    )
    sides = ((0.02, 0.0), (0.05, 0.0), (0.1, 0.0), (0.1, 0.02), (0.2, 0.0), (0.2, 0.05), (0.5, 0.1), (0.2, 0.2))
    for images, shape in itertools.product((24, 60, 120, 250, 1000), ("3", "spread", "tenth", "few")):
        sizes, cells = questions(images, shape), []
        for (better, worse), alike in itertools.product(sides, (True, False)):
            rng = np.random.default_rng([images, len(shape), round(1000 * better), round(1000 * worse), alike])
            totals = lopsided(rng, 700, sizes, better, worse, alike=alike)
            found = [one.difference(0.05, shown=one.p < 0.05) for one in contrasts(design_of(sizes), totals, 0.05)]
            apart = better - worse
            held = np.mean([one.low - 1e-9 <= apart <= one.high + 1e-9 for one in found])
            par = np.mean([apart > 0 and equivalence(one, apart).shown for one in found])
            cells.append((held, par, np.mean([one.p < 0.05 for one in found]) if not apart else 0.0))
        held, par, told = (np.array(column) for column in zip(*cells, strict=True))
        print(f"| {images:,} | {shape} | {percent(held.min(), held.mean(), par.max(), told.max())} |")
        assert held.min() >= 0.915
        assert told.max() <= 0.085


def boards_of(limit: int, mean: float) -> Iterator[bool]:
    rng = np.random.default_rng([limit, round(100 * mean)])
    clusters, strata = np.repeat(np.arange(12 * limit), 2), np.repeat(np.arange(12), 2 * limit)
    for _ in range(400 if limit < 80 else 150):
        ease = eases(rng, (int(clusters[-1]) + 1,), mean, 0.3)[clusters]
        comparisons = compare_all((rng.random((5, clusters.size)) < ease).astype(float), clusters, strata)
        yield any(comparison.winner() is not None for comparison in comparisons)


def test_leaderboards_of_five_equal_captioners() -> None:
    print("\n| images a benchmark | 5 % right | 50 % right |\n|---|---|---|")
    for limit in (2, 3, 5, 10, 30, 100):
        alarms = [float(np.mean(list(boards_of(limit, mean)))) for mean in (0.05, 0.5)]
        print(f"| {limit} | {percent(*alarms)} |")
        assert max(alarms) <= 0.075
