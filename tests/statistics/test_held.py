"""Differences of few images, of very unlike numbers of questions: what was not seen to differ may."""

from __future__ import annotations

import numpy as np
import pytest

from prism_eval.statistics import Difference, equivalence, paired_difference
from prism_eval.statistics.design import Design
from prism_eval.statistics.held import held_up, least_variance
from prism_eval.statistics.paired import contrasts
from prism_eval.statistics.spread import spread
from tests.statistics.drawn import design_of, lopsided, questions


def drawn(design: Design, totals: np.ndarray) -> list[Difference]:
    return [found.difference(0.05, shown=found.p < 0.05) for found in contrasts(design, totals, 0.05)]


def held(found: list[Difference], truth: float) -> float:
    # Rounding aside: an end may be the truth itself.
    return float(np.mean([one.low - 1e-9 <= truth <= one.high + 1e-9 for one in found]))


def beyond(share: float, boards: int) -> float:
    """What chance adds to a share, all but one time in two thousand."""
    return 3.3 * (share * (1 - share) / boards) ** 0.5


@pytest.mark.parametrize("images", [60, 120, 250])
@pytest.mark.parametrize("shape", ["3", "few", "tenth", "spread"])
@pytest.mark.parametrize("alike", [True, False])
@pytest.mark.parametrize(("better", "worse"), [(0.02, 0.0), (0.05, 0.0), (0.1, 0.02), (0.9, 0.0)])
def test_the_interval_holds_and_a_margin_is_seldom_undercut(
    images: int, shape: str, alike: bool, better: float, worse: float
) -> None:
    rng = np.random.default_rng([images, len(shape), round(100 * better)])
    sizes, boards = questions(images, shape), 250
    found = drawn(design_of(sizes), lopsided(rng, boards, sizes, better, worse, alike=alike))
    assert held(found, better - worse) >= 0.93 - beyond(0.93, boards)
    assert np.mean([equivalence(one, better - worse).shown for one in found]) <= 0.05 + beyond(0.05, boards)


@pytest.mark.parametrize(("small", "large"), [("3", "few"), ("tenth", "tenth"), ("1", "tenth")])
def test_and_in_a_suite_of_a_small_benchmark_and_a_large_one(small: str, large: str) -> None:
    rng, boards = np.random.default_rng(4), 250
    sizes = [questions(10, small), questions(300, large)]
    design = Design.of(
        np.repeat(np.arange(310), np.concatenate(sizes)), np.repeat([0, 1], [own.sum() for own in sizes])
    )
    shares = (0.1, 0.05)
    totals = [lopsided(rng, boards, own, share, 0.0, alike=True) for own, share in zip(sizes, shares, strict=True)]
    assert held(drawn(design, np.hstack(totals)), float(np.mean(shares))) >= 0.93 - beyond(0.93, boards)


def test_where_all_images_are_alike_and_many_differ_each_way_nothing_is_held_up() -> None:
    rng = np.random.default_rng(0)
    sizes = questions(200, "3")
    design, totals = design_of(sizes), lopsided(rng, 5, sizes, 0.3, 0.2, alike=True)
    seen = spread(design, totals, least_variance(design))
    assert held_up(design, totals, seen) == pytest.approx(seen.variance)


def test_many_images_of_unlike_numbers_of_questions_have_intervals_no_wider_than_they_need() -> None:
    rng = np.random.default_rng(0)
    sizes = questions(1000, "tenth")
    design, totals = design_of(sizes), lopsided(rng, 200, sizes, 0.2, 0.15, alike=True)
    seen = spread(design, totals, least_variance(design))
    wider = np.sqrt(held_up(design, totals, seen) / seen.variance)
    assert wider.mean() < 1.05


def test_that_there_is_a_difference_says_nothing_against_a_larger_one() -> None:
    # Six small images of 120 won, and none of the twelve that have a dozen questions.
    sizes = questions(120, "tenth")
    won = np.isin(np.arange(120), [1, 22, 43, 64, 85, 106])
    clusters = np.repeat(np.arange(120), sizes)
    found = paired_difference(np.repeat(won, sizes).astype(float), np.zeros(sizes.sum()), clusters)
    assert found.p < 0.05
    assert 0 < found.low < found.value < 0.05 < found.high


def test_swept_images_hide_what_the_others_may_do_as_ties_do() -> None:
    sizes = questions(120, "tenth")
    lost = np.isin(np.arange(120), [1, 22, 43])
    clusters, ones = np.repeat(np.arange(120), sizes), np.ones(sizes.sum())
    won = np.repeat(~lost, sizes).astype(float)
    assert paired_difference(won, 0 * ones, clusters).held_error == pytest.approx(
        paired_difference(ones, won, clusters).held_error, rel=0.05
    )
