from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from prism_eval.statistics import paired_difference
from prism_eval.statistics.design import Design
from prism_eval.statistics.spread import contributions


def test_the_closed_form_is_the_matrix_definition() -> None:
    rng = np.random.default_rng(1)
    image = np.repeat(np.arange(15), rng.integers(1, 6, 15))
    values = rng.choice([-1.0, 0.0, 1.0], image.size)
    # Residuals of an image are multiplied by the inverse root of its block of I - H (Bell and McCaffrey 2002).
    hat = np.full((image.size, image.size), 1 / image.size)
    residuals, variance, columns = values - values.mean(), 0.0, []
    for number in range(15):
        own = np.flatnonzero(image == number)
        weights, vectors = np.linalg.eigh(np.eye(own.size) - hat[np.ix_(own, own)])
        root = vectors @ np.diag(weights**-0.5) @ vectors.T
        variance += (root.sum(axis=0) @ residuals[own]) ** 2 / image.size**2
        columns.append((np.eye(image.size) - hat)[:, own] @ root.sum(axis=1) / image.size)
    gram = np.array(columns) @ np.array(columns).T
    found = paired_difference(values.clip(0), -values.clip(max=0), image)
    assert found.error**2 == pytest.approx(variance)
    assert found.degrees == pytest.approx(np.trace(gram) ** 2 / (gram**2).sum())


def test_worked_by_hand() -> None:
    # Images {1, 1}, {0, 0} and {1, 0}: residuals of images 1, -1, 0, each over 6 sqrt(1 - 1/3).
    found = paired_difference([1, 1, 0, 0, 1, 0], [0] * 6, [0, 0, 1, 1, 2, 2])
    assert (found.value, found.error, found.degrees) == pytest.approx((0.5, (1 / 12) ** 0.5, 2))


def test_without_clusters_it_is_the_t_test() -> None:
    rng = np.random.default_rng(2)
    differences = rng.choice([-1.0, 0.0, 1.0], 500, p=[0.3, 0.3, 0.4])
    found = paired_difference(differences.clip(0), -differences.clip(max=0), range(500))
    stated = stats.ttest_1samp(differences, 0)
    interval = stated.confidence_interval()
    assert (found.p, found.low, found.high) == pytest.approx((stated.pvalue, interval.low, interval.high))


def test_few_differing_images_get_the_permutation_test() -> None:
    rng = np.random.default_rng(3)
    differences = rng.choice([-1.0, 0.0, 1.0], 300, p=[0.15, 0.6, 0.25])
    found = paired_difference(differences.clip(0), -differences.clip(max=0), range(300))
    assert found.differing < 200
    stated = stats.permutation_test(
        (differences,), np.mean, permutation_type="samples", vectorized=True, n_resamples=9_999, rng=rng
    )
    assert found.p == pytest.approx(stated.pvalue, abs=0.01)
    few = paired_difference([1, 1, 1, 0, 1, 0, 0], [0, 0, 0, 1, 0, 0, 0], range(7))
    # Four of five one way: of 32 ways to flip them 12 are as far apart.
    assert few.p == 12 / 32


def test_contributions_of_a_difference_are_the_difference_of_contributions() -> None:
    rng = np.random.default_rng(4)
    design = Design.of(rng.integers(0, 40, 200), rng.integers(0, 3, 200))
    totals = design.totals(rng.random((2, 200)))
    first, second = contributions(design, totals)
    (apart,) = contributions(design, totals[:1] - totals[1:])
    assert apart == pytest.approx(first - second)


def test_one_image_in_two_benchmarks_is_one_cluster() -> None:
    rng = np.random.default_rng(5)
    first, second = (rng.random((2, 300)) < 0.5).astype(float)
    alone = paired_difference(first, second, range(300))
    twice = paired_difference(np.tile(first, 2), np.tile(second, 2), [*range(300)] * 2, np.repeat([0, 1], 300))
    assert twice.error == pytest.approx(alone.error)
    assert twice.clusters == 300


def test_a_level_beyond_what_the_flips_can_tell_is_never_told() -> None:
    difference = paired_difference([1] * 8, [0] * 8, range(8), level=0.999)
    assert difference.p == 2 / 2**8
    assert difference.low <= 0
