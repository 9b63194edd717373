from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from prism_eval.statistics import Heterogeneity, detectable, equivalence, heterogeneity, images_for, paired_difference


def test_two_one_sided_tests_are_those_of_the_textbook() -> None:
    rng = np.random.default_rng(1)
    differences = rng.choice([-1.0, 0.0, 1.0], 400)
    found = paired_difference(differences.clip(0), -differences.clip(max=0), range(400))
    for margin in (0.02, 0.1, 0.3):
        stated = max(
            stats.ttest_1samp(differences, -margin, alternative="greater").pvalue,
            stats.ttest_1samp(differences, margin, alternative="less").pvalue,
        )
        shown = equivalence(found, margin)
        assert shown.p == pytest.approx(stated)
        assert shown.shown == (stated < 0.05) == (shown.smallest < margin)


def test_no_margin_is_larger_than_all_there_is() -> None:
    found = paired_difference([1.0, 0.0], [0.0, 0.0], ["a", "b"])
    assert equivalence(found, 0.03).smallest == 1.0


def test_the_smallest_margin_is_the_one_at_which_it_turns() -> None:
    found = paired_difference([1, 0] * 150, [0, 1] * 149 + [0, 0], range(300))
    smallest = equivalence(found, 0.5).smallest
    assert not equivalence(found, smallest * 0.999).shown
    assert equivalence(found, smallest * 1.001).shown


def test_one_image_shows_no_parity() -> None:
    found = paired_difference([1, 1], [1, 1], ["only"] * 2)
    assert not equivalence(found, 0.9).shown
    assert detectable(found.error, found.degrees) == math.inf


def test_identical_captioners_are_on_par_where_there_are_images_enough() -> None:
    few, many = (paired_difference([1, 0] * half, [1, 0] * half, range(2 * half)) for half in (10, 500))
    assert not equivalence(few, 0.03).shown
    assert equivalence(many, 0.03).shown


def test_worked_numbers() -> None:
    assert detectable(0.0118, 700) == pytest.approx(0.0331, abs=5e-5)
    assert images_for(0.01, 0.0117, 1000) == 11_724


@pytest.mark.parametrize("margin", [0, -0.01, math.nan])
def test_a_margin_that_is_none_is_refused(margin: float) -> None:
    with pytest.raises(ValueError, match="margin"):
        equivalence(paired_difference([1, 0], [0, 1], range(2)), margin)
    with pytest.raises(ValueError, match="margin"):
        images_for(margin, 0.01, 100)


def test_a_power_of_80_percent_is_reached_at_the_images_it_takes() -> None:
    # Two equal captioners that differ on four images in ten.
    rng = np.random.default_rng(2)
    images = images_for(0.05, math.sqrt(0.4 / 100), 100)
    drawn = rng.choice([-1.0, 0.0, 1.0], (400, images), p=[0.2, 0.6, 0.2])
    means, errors = drawn.mean(axis=1), drawn.std(axis=1, ddof=1) / math.sqrt(images)
    assert np.mean(np.abs(means) + 1.645 * errors < 0.05) == pytest.approx(0.8, abs=0.06)


def test_a_trade_behind_one_number_is_seen() -> None:
    # +4.0 on one benchmark, -3.5 on another, and nothing on ten: -0.0 in the mean.
    found = heterogeneity([0.04, -0.035, *[0.0] * 10], [0.009] * 12)
    assert found.degrees == 11
    assert found.q == pytest.approx(34.8, abs=0.1)
    assert found.p < 0.002
    assert heterogeneity([0.02] * 12, [0.01] * 12).p == 1


def test_errors_of_few_images_are_taken_for_estimates() -> None:
    rng = np.random.default_rng(3)
    drawn = rng.normal(size=(2000, 8, 10))
    values, errors = drawn.mean(axis=2), drawn.std(axis=2, ddof=1) / math.sqrt(10)
    known = [heterogeneity(*board).p < 0.05 for board in zip(values, errors, strict=True)]
    estimated = [heterogeneity(*board, [9] * 8).p < 0.05 for board in zip(values, errors, strict=True)]
    assert np.mean(known) > 0.08
    assert np.mean(estimated) == pytest.approx(0.05, abs=0.015)


def test_one_benchmark_is_like_itself() -> None:
    assert heterogeneity([0.1], [0.01]) == Heterogeneity(q=0, degrees=0, p=1)
    with pytest.raises(ValueError, match="positive"):
        heterogeneity([0.1, 0.2], [0.01, 0])
    with pytest.raises(ValueError, match="one error"):
        heterogeneity([0.1, 0.2], [0.01])
