"""An interval and the p-value beside it are one test: as numbers, and as they are written."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from prism_eval.leaderboard.writing import p_value, signed
from prism_eval.statistics import compare_all, paired_difference

LEVELS = st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99, 0.9995])


def leaves_zero_out(low: float, high: float) -> bool:
    return not low <= 0 <= high


@settings(max_examples=150)
@given(st.data(), st.integers(2, 7), st.integers(2, 30), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_every_pair_of_a_leaderboard(data: st.DataObject, rows: int, images: int, strata: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    items = images * data.draw(st.integers(1, 3))
    scores = (rng.random((rows, items)) < rng.random((rows, 1))).astype(float)
    scores[rng.random(scores.shape) < data.draw(st.sampled_from([0.0, 0.3]))] = np.nan
    for comparison in compare_all(scores, rng.integers(images, size=items), rng.integers(strata, size=items)):
        if (difference := comparison.difference) is None:
            continue
        assert (
            leaves_zero_out(difference.low, difference.high)
            == (comparison.p < 0.05)
            == bool(comparison.winner() is not None)
        )
        shown = [float(signed(end)) for end in (difference.low, difference.high)]
        written = p_value(comparison.p)
        assert leaves_zero_out(*shown) == (written == "< 0.001" or float(written) < 0.05)


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from([0.0, 0.5, 1.0])), min_size=1), LEVELS)
def test_every_level_of_one_pair(scores: list[tuple[float, float]], level: float) -> None:
    first, second = zip(*scores, strict=True)
    difference = paired_difference(first, second, range(len(scores)), level=level)
    assert leaves_zero_out(difference.low, difference.high) == (difference.p < 1 - level)


@pytest.mark.parametrize("images", [1, 2, 5, 6, 7, 10, 20, 200])
@pytest.mark.parametrize("apart", [0.0, 0.1, 0.5, 1.0])
def test_pairs_that_all_differ_alike(images: int, apart: float) -> None:
    difference = paired_difference([apart] * images, [0.0] * images, range(images))
    assert leaves_zero_out(difference.low, difference.high) == (difference.p < 0.05)
    if apart and 1 < images <= 10:  # every way to flip them is tried
        assert difference.p == 2 * 0.5**images


def test_a_few_images_that_differ_among_many_benchmarks_prove_nothing() -> None:
    # Twelve benchmarks of two images; in one of them both differ: no spread anywhere, and no evidence either.
    first = np.repeat([1.0] + [0.0] * 11, 2)
    difference = paired_difference(first, np.zeros(24), range(24), np.repeat(range(12), 2))
    assert difference.p > 0.2
    assert leaves_zero_out(difference.low, difference.high) is False


def test_one_rule_holds_where_holm_stops() -> None:
    # The first pair is told apart at a third of the level; the next fails, and every later one with it.
    rng = np.random.default_rng(3)
    scores = [(rng.random(120) < share).astype(float) for share in (0.8, 0.55, 0.5)]
    comparisons = compare_all(scores, range(120))
    assert {comparison.p < 0.05 for comparison in comparisons} == {True, False}
    for comparison in comparisons:
        assert comparison.difference is not None
        assert leaves_zero_out(comparison.difference.low, comparison.difference.high) == (comparison.p < 0.05)


@given(st.floats(-1, 1))
@example(4e-5)
@example(-4.9e-4)
@example(1e-12)
@example(-1e-17)
def test_a_difference_is_written_as_0_only_where_it_is_0(value: float) -> None:
    # Equal scores that are added up in another order differ by some 1e-16.
    assert np.sign(float(signed(value))) == (np.sign(value) if abs(value) >= 1e-12 else 0)


@given(st.floats(0, 1))
@example(0.05)
@example(0.0499999)
@example(float(np.nextafter(0.05, 0)))
def test_a_p_value_is_written_on_its_side_of_the_line(p: float) -> None:
    text = p_value(p)
    assert (text == "< 0.001" or float(text) < 0.05) == (p < 0.05)


@pytest.mark.parametrize("rest", [0.0, 0.1, 1 / 3])
def test_differences_that_cancel_out_within_each_image_prove_nothing(rest: float) -> None:
    # Two images, each with a question won and one lost: they agree on a mean, and are two images for all that.
    first, second = np.array([0.9, rest, 0.9, rest]), np.array([0.0, 0.3, 0.3, 0.0])
    difference = paired_difference(first, second, ["a", "a", "b", "b"])
    assert difference.p > 0.2
    assert not leaves_zero_out(difference.low, difference.high)
