from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prism_eval.statistics import clustered_mean

scores = st.lists(st.floats(0, 1, allow_subnormal=False), min_size=1, max_size=40)


def alike(rng: np.random.Generator, images: int, questions: int, mean: float, together: float) -> np.ndarray:
    """Right or wrong for each question; `together` is how far the questions of an image go the same way."""
    spread = (1 - together) / together
    ease = rng.beta(mean * spread, (1 - mean) * spread, images)
    return (rng.random((images, questions)) < ease[:, None]).astype(float).ravel()


def test_error_is_the_sandwich_worked_by_hand() -> None:
    # Images {1, 1} and {0, 0} and {1, 0}: mean 1/2, image residuals 1, -1, 0, so (1 + 1) / 6^2 * 3 / 2.
    estimate = clustered_mean([1, 1, 0, 0, 1, 0], ["a", "a", "b", "b", "c", "c"])
    assert estimate.value == 0.5
    assert estimate.error == pytest.approx(math.sqrt(2 / 36 * 3 / 2))
    assert (estimate.items, estimate.clusters) == (6, 3)


def test_without_clusters_it_is_the_ordinary_standard_error() -> None:
    values = np.random.default_rng(1).random(50)
    estimate = clustered_mean(values, range(50))
    assert estimate.error == pytest.approx(values.std(ddof=1) / math.sqrt(50))


def test_answers_that_repeat_within_an_image_add_no_certainty() -> None:
    once = clustered_mean([1, 0, 1, 1, 0], range(5))
    fivefold = clustered_mean(np.repeat([1, 0, 1, 1, 0], 5), np.repeat(range(5), 5).tolist())
    assert fivefold.error == pytest.approx(once.error)
    assert (fivefold.low, fivefold.high) == pytest.approx((once.low, once.high))


@pytest.mark.parametrize(
    ("images", "questions", "mean", "together"),
    [(12, 2, 0.5, 0.4), (12, 2, 0.05, 0.4), (40, 5, 0.7, 0.3), (200, 3, 0.5, 0.3), (60, 1, 0.95, 0.5)],
)
def test_interval_holds_the_truth_about_95_times_in_100(
    images: int, questions: int, mean: float, together: float
) -> None:
    rng = np.random.default_rng(7)
    clusters = np.repeat(range(images), questions).tolist()
    held = [
        estimate.low <= mean <= estimate.high
        for _ in range(300)
        for estimate in [clustered_mean(alike(rng, images, questions, mean, together), clusters)]
    ]
    assert 0.92 <= np.mean(held) <= 1


def test_ignoring_clusters_would_be_overconfident() -> None:
    rng = np.random.default_rng(7)
    held = []
    for _ in range(200):
        values = alike(rng, 40, 5, 0.5, 0.7)
        estimate = clustered_mean(values, range(values.size))
        held.append(estimate.low <= 0.5 <= estimate.high)
    assert np.mean(held) < 0.85


@given(scores, st.integers(1, 10))
def test_interval_holds_the_mean_and_stays_in_bounds(values: list[float], clusters: int) -> None:
    estimate = clustered_mean(values, [index % clusters for index in range(len(values))])
    assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1
    assert estimate.half_width > 0


@pytest.mark.parametrize("constant", [0.0, 0.5, 1.0])
def test_equal_scores_still_have_a_width_that_shrinks_with_images(constant: float) -> None:
    few, many = (clustered_mean([constant] * n, range(n)) for n in (10, 1000))
    assert few.half_width > 0.1
    assert 0.001 < many.half_width < 0.05


def test_one_image_says_nothing() -> None:
    estimate = clustered_mean([1, 1, 1], ["only"] * 3)
    assert (estimate.low, estimate.high) == (0, 1)
    assert estimate.few


def test_strata_weigh_the_same_whatever_their_size() -> None:
    values, strata = [1.0] * 90 + [0.0] * 10, ["large"] * 90 + ["small"] * 10
    assert clustered_mean(values, range(100), strata).value == 0.5


def test_mean_of_strata_has_the_error_of_independent_parts() -> None:
    rng = np.random.default_rng(3)
    parts = [(rng.random(60) < share).astype(float) for share in (0.3, 0.6, 0.8)]
    errors = [clustered_mean(part, range(60)).error for part in parts]
    whole = clustered_mean(np.concatenate(parts), range(180), np.repeat(range(3), 60).tolist())
    assert whole.error == pytest.approx(math.sqrt(sum(error**2 for error in errors)) / 3)


def test_an_image_in_two_strata_is_one_cluster() -> None:
    values = (np.random.default_rng(4).random(50) < 0.5).astype(float)
    both, strata = np.tile(values, 2), np.repeat(["first", "second"], 50).tolist()
    shared = clustered_mean(both, [*range(50), *range(50)], strata)
    assert shared.error == pytest.approx(clustered_mean(values, range(50)).error)
    assert shared.error > clustered_mean(both, range(100), strata).error


@pytest.mark.parametrize(
    ("values", "clusters", "said"),
    [([], [], "non-empty"), ([0.5], [], "lengths"), ([math.nan], [1], "finite"), ([1.5], [1], r"\[0, 1\]")],
)
def test_senseless_scores_are_refused(values: list[float], clusters: list[int], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        clustered_mean(values, clusters)


def test_a_suite_is_not_unsure_of_everything_because_of_one_answer() -> None:
    # Twelve benchmarks without a wrong answer, and then one, two, three: each costs a little more, not half of it all.
    strata, images = np.repeat(np.arange(12), 36), np.repeat(np.arange(144), 3)
    right = np.ones(432)
    lows = []
    for wrong in range(6):
        right[71 * np.arange(wrong)] = 0
        found, turned = (clustered_mean(scores, images, strata) for scores in (right, 1 - right))
        lows.append(found.low)
        assert (turned.low, turned.high) == pytest.approx((1 - found.high, 1 - found.low))
    assert lows == sorted(lows, reverse=True)
    assert 0.95 < lows[-1] < lows[0] < 0.98
