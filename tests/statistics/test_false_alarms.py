"""How often equal captioners are told apart, by seeded simulation."""

from __future__ import annotations

import numpy as np
import pytest

from prism_eval.statistics import compare_all, equivalence, paired_difference, rank_ranges
from prism_eval.statistics.paired import contrasts
from tests.statistics.drawn import design_of, eases, questions


def pairs(rng: np.random.Generator, shape: tuple[int, int], mean: float, alike: float) -> list[np.ndarray]:
    """Which questions two equal captioners answer rightly; `alike` is the share that both see the same in."""
    ease = eases(rng, (shape[0], 1), mean, 0.4)
    same = rng.random(shape) < alike
    drawn = [(rng.random(shape) < ease).astype(float) for _ in range(2)]
    return [drawn[0], np.where(same, drawn[0], drawn[1])]


@pytest.mark.parametrize("images", [12, 30, 100, 400])
@pytest.mark.parametrize("shape", ["1", "5", "uneven"])
@pytest.mark.parametrize("strata", [1, 4])
def test_one_pair(images: int, shape: str, strata: int) -> None:
    alarms = []
    for mean, alike in ((0.1, 0.5), (0.5, 0.9), (0.5, 0.2)):
        rng = np.random.default_rng([images, len(shape), strata, round(10 * alike)])
        sizes = questions(images // strata, shape)
        design = design_of(sizes, strata)
        each = np.tile(sizes, strata)
        boards = 150
        first, second = pairs(rng, (boards * each.size, int(each.max())), mean, alike)
        asked = np.arange(each.max()) < np.tile(each, boards)[:, None]
        difference = ((first - second) * asked).sum(axis=1).reshape(boards, -1)
        alarms += [found.p < 0.05 for found in contrasts(design, difference, 0.05)]
    # 6.5 % at most, and what chance adds to that in so many boards.
    assert np.mean(alarms) <= 0.065 + 2.6 * (0.065 * 0.935 / len(alarms)) ** 0.5


@pytest.mark.parametrize("limit", [2, 3, 5, 10, 80])
def test_a_leaderboard_of_five_equal_captioners(limit: int) -> None:
    # Twelve benchmarks of so many images, two questions each, of which one in twenty is answered rightly.
    rng = np.random.default_rng(limit)
    clusters, strata = np.repeat(np.arange(12 * limit), 2), np.repeat(np.arange(12), 2 * limit)
    alarms, boards = 0, 150 if limit < 80 else 60
    for _ in range(boards):
        ease = eases(rng, (clusters[-1] + 1,), 0.05, 0.3)[clusters]
        comparisons = compare_all((rng.random((5, clusters.size)) < ease).astype(float), clusters, strata)
        told = [comparison.winner() is not None for comparison in comparisons]
        assert any(told) == (set(rank_ranges(5, comparisons)) != {(1, 5)})
        alarms += any(told)
    assert alarms <= 0.05 * boards


@pytest.mark.parametrize(("images", "margin"), [(60, 0.05), (120, 0.05), (240, 0.03), (300, 0.05)])
@pytest.mark.parametrize("worse", [0.0, 0.5])
def test_captioners_apart_by_the_margin_are_seldom_on_par(images: int, margin: float, worse: float) -> None:
    # The first is better on more images than it is worse on, by the margin; without `worse` it is nowhere worse.
    rng = np.random.default_rng(images)
    better, worse = margin + worse * 0.2, worse * 0.2
    differences = rng.choice([1.0, -1.0, 0.0], (1000, images), p=[better, worse, 1 - better - worse])
    shown = [
        equivalence(found.difference(0.05, shown=found.p < 0.05), margin).shown
        for found in contrasts(design_of(questions(images, "1")), differences, 0.05)
    ]
    assert np.mean(shown) <= 0.075


@pytest.mark.parametrize(("images", "better"), [(400, 0.05), (400, 0.1), (1000, 0.02)])
def test_a_captioner_that_is_nowhere_worse_is_no_more_often_on_par(images: int, better: float) -> None:
    rng = np.random.default_rng(7)
    differences = (rng.random((4000, images)) < better).astype(float)
    shown = [
        equivalence(found.difference(0.05, shown=found.p < 0.05), better).shown
        for found in contrasts(design_of(questions(images, "1")), differences, 0.05)
    ]
    assert np.mean(shown) <= 0.05 + 2.6 * (0.05 * 0.95 / 4000) ** 0.5


def test_the_interval_of_a_difference_holds_the_truth() -> None:
    rng = np.random.default_rng(1)
    for images, better, worse in ((24, 0.2, 0.1), (60, 0.3, 0.1), (60, 0.05, 0.0), (120, 0.03, 0.0)):
        first = rng.choice([1.0, -1.0, 0.0], (300, images), p=[better, worse, 1 - better - worse])
        held = [
            found.low <= better - worse <= found.high
            for drawn in first
            for found in [paired_difference(drawn.clip(0), -drawn.clip(max=0), range(images))]
        ]
        assert np.mean(held) >= 0.93 - 2.6 * (0.93 * 0.07 / 300) ** 0.5
