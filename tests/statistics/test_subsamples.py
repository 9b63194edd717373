"""A captioner asked a random part of the images, beside one that was asked all of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.special import ndtri

from prism_eval.statistics import one_sided, over_looks, paired_difference, subsample_difference, unexplained
from prism_eval.statistics.student import critical


def drawn(rng: np.random.Generator, images: int, *, alike: float, loss: float = 0.0) -> tuple[Any, Any, Any, Any]:
    """Two captioners' scores in two benchmarks, three questions an image: how hard an image is matters to both."""
    ease = rng.beta(1.2, 0.8, images)[:, None]
    own = rng.beta(1.2, 0.8, (images, 1))
    second = rng.random((images, 3)) < ease
    first = rng.random((images, 3)) < np.where(rng.random((images, 1)) < alike, ease, own) - loss
    image = np.repeat(np.arange(images), 3)
    return first.ravel().astype(float), second.ravel().astype(float), image, image % 2


def of_part(first: Any, image: Any, number: int) -> Any:
    # The first are as good as any: images are drawn in no order.
    return np.where(image < number, first, np.nan)


def test_asked_everywhere_it_is_the_paired_difference():
    first, second, image, stratum = drawn(np.random.default_rng(1), 400, alike=0.5)
    found, paired = (
        subsample_difference(first, second, image, stratum),
        paired_difference(first, second, image, stratum),
    )
    assert (found.value, found.error, found.held_error) == pytest.approx(
        (paired.value, paired.error, paired.held_error)
    )
    assert (found.items, found.clusters, found.degrees) == (paired.items, paired.clusters, paired.degrees)


def test_one_benchmark_asked_everywhere_and_one_in_part():
    first, second, image, stratum = drawn(np.random.default_rng(2), 400, alike=0.5)
    part = np.where((stratum == 0) | (image < 120), first, np.nan)
    found = subsample_difference(part, second, image, stratum)
    one = paired_difference(first[stratum == 0], second[stratum == 0], image[stratum == 0])
    other = subsample_difference(part[stratum == 1], second[stratum == 1], image[stratum == 1])
    assert found.value == pytest.approx((one.value + other.value) / 2)
    assert found.error**2 == pytest.approx((one.error**2 + other.error**2) / 4)


def test_an_easy_sample_is_told_from_a_good_captioner():
    # Equal captioners: both right on every easy image and on no hard one. The sample has the easy ones only.
    second = np.repeat([1.0, 0.0], 100)
    first = np.where(np.arange(200) % 20 == 0, 1 - second, second)
    sample = np.where((np.arange(200) < 60) | (np.arange(200) >= 180), first, np.nan)
    found = subsample_difference(sample, second, np.arange(200))
    pairs = np.isfinite(sample)
    assert abs(found.value) < abs((first - second)[pairs].mean())


@pytest.mark.parametrize("number", [5, 19])
def test_of_few_images_no_slope_is_made(number):
    first, second, image, _ = drawn(np.random.default_rng(3), 300, alike=0.3)
    found = subsample_difference(of_part(first, image, number), second, image)
    paired = paired_difference(first[image < number], second[image < number], image[image < number])
    assert (found.value, found.held_error) == pytest.approx((paired.value, paired.held_error))


def test_captioners_that_never_differ_keep_the_floor():
    second = np.tile([1.0, 0.0, 1.0], 100)
    found = subsample_difference(np.where(np.arange(300) < 90, second, np.nan), second, np.arange(300))
    paired = paired_difference(second[:90], second[:90], np.arange(90))
    assert (found.value, found.held_error) == pytest.approx((0.0, paired.held_error))
    assert unexplained(second, second, np.arange(300)) == 1.0


def test_one_image_decides_nothing():
    found = subsample_difference([1.0, np.nan], [0.0, 1.0], [0, 1])
    assert (found.low, found.high, found.p) == (-1.0, 1.0, 1.0)


def test_without_a_pair_there_is_nothing_to_tell():
    with pytest.raises(ValueError, match="non-empty"):
        subsample_difference([np.nan], [1.0], [0])


@pytest.mark.parametrize(("number", "alike"), [(60, 0.0), (60, 0.8), (200, 0.0), (200, 0.8)])
def test_its_interval_covers_and_is_narrower(number, alike):
    rng, runs, images = np.random.default_rng(11), 500, 800
    covered, spared, apart = 0, [], []
    for _ in range(runs):
        first, second, image, stratum = drawn(rng, images, alike=alike)
        found = subsample_difference(of_part(first, image, number), second, image, stratum)
        sample = image < number
        paired = paired_difference(first[sample], second[sample], image[sample], stratum[sample])
        covered += found.low <= 0 <= found.high
        spared.append((found.error / paired.error) ** 2)
        apart.append(found.value)
    assert covered / runs >= 0.93
    # Images that are hard for one only tell little of the other: then nearly half of the variance goes.
    assert np.mean(spared) < (0.75 if alike == 0 else 0.92)
    assert np.mean(apart) == pytest.approx(0, abs=3 * np.std(apart) / runs**0.5)


def test_what_a_plan_expects_of_a_sample_is_what_it_gets():
    rng = np.random.default_rng(4)
    first, second, image, stratum = drawn(rng, 3000, alike=0.4)
    whole, share = paired_difference(first, second, image, stratum), unexplained(first, second, image, stratum)
    expected = whole.error * (share * 10 + 1 - share) ** 0.5
    assert subsample_difference(of_part(first, image, 300), second, image, stratum).error == pytest.approx(
        expected, rel=0.1
    )


def test_p_and_interval_are_made_by_one_rule():
    first, second, image, stratum = drawn(np.random.default_rng(6), 500, alike=0.5, loss=0.1)
    for level in (0.5, 0.9, 0.99, 0.9999):
        found = subsample_difference(of_part(first, image, 150), second, image, stratum, level=level)
        assert (found.low > 0 or found.high < 0) == (found.p < 1 - level)
        assert found.high - found.value == pytest.approx(critical(level, found.degrees) * found.held_error)


@pytest.mark.parametrize("alpha", [0.05, 0.01, 0.002])
def test_looks_pay_for_each_other_whatever_the_error_rate(alpha):
    for look in range(1, 6):
        assert over_looks(one_sided(look, 5, alpha), look, 5) == pytest.approx(alpha)
    assert over_looks(0.03, 1, 1) == 0.03
    assert [over_looks(p, 2, 5) for p in (0.0, 0.7, 1.0)] == [0.0, 0.7, 1.0]


def test_an_early_look_is_no_better_than_it_says():
    # Sums of five equal steps; over all looks the error rate is what it is said to be.
    rng = np.random.default_rng(8)
    z = np.cumsum(rng.normal(size=(200_000, 5)), axis=1) / np.sqrt(np.arange(1, 6))
    bounds = -ndtri([one_sided(look, 5) for look in range(1, 6)])
    crossed = (z > bounds).any(axis=1).mean()
    assert crossed == pytest.approx(0.05, abs=0.002)
