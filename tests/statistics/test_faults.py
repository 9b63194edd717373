"""Faults that leaderboards have had, each with the value that is right."""

from __future__ import annotations

import math

import numpy as np
import pytest

from prism_eval.statistics import (
    clustered_mean,
    compare_all,
    equivalence,
    paired_difference,
    rank_ranges,
)


def test_ties_are_no_evidence() -> None:
    # Twelve benchmarks of two images; in one of them both differ.
    first = np.repeat([1.0] + [0.0] * 11, 2)
    difference = paired_difference(first, np.zeros(24), range(24), np.repeat(range(12), 2))
    assert difference.p == 0.5  # two images go one way by chance on every second try
    assert difference.differing == 2
    assert difference.error == pytest.approx(math.sqrt(12 * 2 / 4**2) / 12)
    assert (difference.low, difference.high) == pytest.approx((-0.1390, 0.3057), abs=5e-4)


def test_a_benchmark_of_one_image_does_not_blind_the_suite() -> None:
    first, second = [1] * 50 + [0] * 10 + [1], [0] * 50 + [1] * 10 + [0]
    difference = paired_difference(first, second, range(61), ["many"] * 60 + ["single"])
    assert difference.left_out == ("single",)
    assert difference.p < 0.001
    assert difference.low > 0.3


def test_a_swept_small_benchmark_is_no_certainty() -> None:
    # 3 of 3 won beside a hundred ties.
    first, strata = [1] * 3 + [0] * 100, ["small"] * 3 + ["big"] * 100
    difference = paired_difference(first, [0] * 103, range(103), strata)
    assert difference.value == 0.5
    assert difference.error == pytest.approx(0.1416, abs=5e-5)
    assert difference.degrees == pytest.approx(2.0096, abs=5e-5)
    assert difference.p == 0.25
    assert difference.low < 0 < difference.high


def test_sums_that_cancel_between_benchmarks_leave_a_variance() -> None:
    # Two images, right on one benchmark and wrong on the other.
    estimate = clustered_mean([1, 0, 0, 1], [1, 2, 1, 2], ["A", "A", "B", "B"])
    assert estimate.error > 0.1
    assert estimate.low < 0.1
    assert estimate.high > 0.9
    difference = paired_difference([1, 0, 0, 1], [0, 1, 1, 0], [1, 2, 1, 2], ["A", "A", "B", "B"])
    assert (difference.value, difference.p) == (0, 1)
    assert difference.error > 0.2
    # The same with more images, of which one does not cancel.
    images = [*range(20), *range(20)]
    almost = paired_difference([1] * 20 + [0] * 20, [0] * 20 + [1] * 19 + [0], images, [0] * 20 + [1] * 20)
    assert almost.p > 0.2
    assert almost.low < 0 < almost.high


def test_captioners_that_lack_a_benchmark_each_are_not_ranked_in_a_circle() -> None:
    # Each is far ahead of the next on the benchmark that only the two have.
    ahead, behind, nothing = [1.0] * 40, [0.0] * 40, [math.nan] * 40
    scores = [ahead + nothing + behind, behind + ahead + nothing, nothing + behind + ahead]
    comparisons = compare_all(scores, range(120), np.repeat(range(3), 40))
    assert {comparison.difference for comparison in comparisons} == {None}
    assert rank_ranges(3, comparisons) == ((1, 3), (1, 3), (1, 3))


def test_captioners_are_compared_on_the_benchmarks_of_all() -> None:
    rng = np.random.default_rng(0)
    scores = (rng.random((3, 80)) < [[0.9], [0.5], [0.5]]).astype(float)
    scores[2, 40:] = math.nan
    comparisons = compare_all(scores, range(80), ["chartqa"] * 40 + ["mmmu"] * 40)
    for comparison in comparisons:
        assert comparison.difference is not None
        assert comparison.difference.left_out == ("mmmu",)
        assert comparison.difference.items == 40
    # A row that has nothing at all takes nothing from the others.
    scores[2] = math.nan
    first = compare_all(scores, range(80), ["chartqa"] * 40 + ["mmmu"] * 40)[0].difference
    assert first is not None
    assert (first.items, first.left_out) == (80, ())


def test_all_of_twenty_right() -> None:
    estimate = clustered_mean([1] * 20, range(20))
    assert (round(100 * estimate.low), estimate.high) == (82, 1)


def test_a_planned_pair_is_one_test_among_many() -> None:
    rng = np.random.default_rng(6)
    scores = (rng.random((20, 100)) < 0.5).astype(float)
    # The second is better on thirty images and worse on ten.
    scores[:2] = 0.0
    scores[1, :30] = scores[0, 30:40] = 1.0
    unplanned, planned = (compare_all(scores, range(100), planned=pairs)[0] for pairs in ([], [(1, 0)]))
    assert planned.difference is not None
    assert unplanned.difference is not None
    assert planned.p == planned.difference.p == unplanned.difference.p < 0.05 < unplanned.p == planned.family_p
    assert planned.difference.high < 0 < unplanned.difference.high
    assert (planned.planned, unplanned.planned) == (True, False)
    # The others are a family of 189.
    assert all(
        one.p <= other.p
        for one, other in zip(
            compare_all(scores, range(100), planned=[(0, 1)])[1:], compare_all(scores, range(100))[1:], strict=True
        )
    )


def test_few_differing_images_do_not_show_parity() -> None:
    # Better on one image of sixty and worse on none: on five in a hundred of all, for all that is known.
    difference = paired_difference([1] + [0] * 59, [0] * 60, range(60))
    assert not equivalence(difference, 0.05).shown
    assert difference.held_error > difference.error == pytest.approx(1 / 60)
    assert difference.high > 0.05


def test_benchmarks_that_show_the_same_images_are_no_more_evidence_of_parity_than_one() -> None:
    # Three configurations of one benchmark, and two captioners that are right on every question of all of them.
    images, strata = np.tile(np.arange(20), 3), np.repeat(["a", "b", "c"], 20)
    alone, thrice, apart = (
        paired_difference(np.ones(given.size), np.ones(given.size), given, names)
        for given, names in (
            (images[:20], strata[:20]),
            (images, strata),
            (np.arange(60), strata),
        )
    )
    assert thrice.error == pytest.approx(alone.error)
    assert apart.error == pytest.approx(alone.error / 3**0.5)
    one, three = clustered_mean(np.ones(20), images[:20]), clustered_mean(np.ones(60), images, strata)
    assert three.low == pytest.approx(one.low, abs=0.02)
