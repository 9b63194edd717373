from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prism_eval.statistics import paired_difference

pairs = st.lists(st.tuples(st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from([0.0, 0.5, 1.0])), min_size=2, max_size=40)


def false_alarms(clusters: list[int]) -> float:
    rng = np.random.default_rng(5)
    alarms = 0
    for _ in range(300):
        first, second = (
            (rng.random((40, 5)) < rng.beta(0.5, 0.5, 40)[:, None]).astype(float).ravel() for _ in range(2)
        )
        alarms += paired_difference(first, second, clusters).p < 0.05
    return alarms / 300


def test_equal_captioners_raise_few_false_alarms_when_clustered() -> None:
    assert false_alarms(np.repeat(range(40), 5).tolist()) < 0.09


def test_and_many_when_not() -> None:
    assert false_alarms(list(range(200))) > 0.15


def test_what_both_find_hard_cancels_out() -> None:
    rng = np.random.default_rng(2)
    hard = rng.random(100)
    first, second = (hard < 0.6).astype(float), (hard < 0.5).astype(float)
    difference = paired_difference(first, second, range(100))
    assert difference.p < 0.01
    assert difference.low > 0


@given(pairs, st.integers(2, 8))
def test_swapping_the_two_mirrors_the_result(scores: list[tuple[float, float]], clusters: int) -> None:
    first, second = zip(*scores, strict=True)
    images = [index % clusters for index in range(len(scores))]
    there, back = paired_difference(first, second, images), paired_difference(second, first, images)
    assert there.value == pytest.approx(-back.value)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))
    assert there.p == pytest.approx(back.p)
    assert 0 <= there.p <= 1
    assert -1 <= there.low <= there.value <= there.high <= 1


def test_identical_captioners_cannot_be_told_apart_but_may_differ_a_little() -> None:
    difference = paired_difference([1, 0, 1, 1] * 5, [1, 0, 1, 1] * 5, range(20))
    assert (difference.value, difference.p) == (0, 1)
    assert 0 < difference.high < 0.3


def test_a_clean_sweep_over_few_images_is_the_sign_test() -> None:
    assert paired_difference([1] * 6, [0] * 6, range(6)).p == pytest.approx(2 / 2**6)


def test_one_image_decides_nothing() -> None:
    difference = paired_difference([1, 1, 1], [0, 0, 0], ["only"] * 3)
    assert (difference.low, difference.high, difference.p) == (-1, 1, 1)


def test_a_stratum_of_one_image_is_left_out_and_named() -> None:
    # 50 of 60 images won, and a benchmark of one image beside them.
    first, second = [1] * 50 + [0] * 11, [0] * 50 + [1] * 11
    strata = ["many"] * 60 + ["one"]
    difference = paired_difference(first, second, range(61), strata)
    assert difference.left_out == ("one",)
    assert difference == replace(paired_difference(first[:60], second[:60], range(60)), left_out=("one",))
    assert difference.value == pytest.approx(2 / 3)
    assert difference.p < 0.001


def test_unequal_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="as many"):
        paired_difference([1, 0], [1], [1, 2])
