from __future__ import annotations

import math

import numpy as np
import pytest

from prism_eval.statistics import fieller, gap_closed, recovery


def test_fieller_worked() -> None:
    assert fieller(0.04, 0.08, (1e-4, 1e-4, 5e-5), 500) == pytest.approx((0.2806, 0.7194), abs=5e-5)
    assert fieller(0.04, 0.015, (1e-4, 1e-4, 5e-5), 500) is None


def answers(rng: np.random.Generator, images: int, gaps: tuple[float, ...]) -> list[np.ndarray]:
    """Two answers an image of captioners this much better than one that is right every second time."""
    ease = rng.normal(0, 0.12, (images, 1))
    return [(rng.random((images, 2)) < np.clip(0.5 + gap + ease, 0, 1)).astype(float).ravel() for gap in gaps]


@pytest.mark.parametrize(("gap", "images"), [(0.1, 400), (0.25, 100)])
def test_the_interval_holds_the_truth(gap: float, images: int) -> None:
    rng = np.random.default_rng(images)
    held, shown = [], 0
    for _ in range(250):
        small, large, candidate = answers(rng, images, (0, gap, 0.7 * gap))
        found = gap_closed(candidate, small, large, np.repeat(np.arange(images), 2))
        if found is not None:
            shown += 1
            held.append(found.low <= 0.7 <= found.high)
            assert found.low <= found.value <= found.high
    assert shown > 200
    assert np.mean(held) >= 0.92


def test_a_gap_that_is_not_shown_has_no_share() -> None:
    rng = np.random.default_rng(2)
    small, large, candidate = answers(rng, 50, (0, 0.01, 0.2))
    images = np.repeat(np.arange(50), 2)
    assert gap_closed(candidate, small, large, images) is None
    # Nor has one that goes the other way.
    small, large, candidate = answers(rng, 400, (0.3, 0, 0.1))
    assert gap_closed(candidate, small, large, np.repeat(np.arange(400), 2)) is None


def test_recovery_is_the_part_of_what_seeing_is_worth() -> None:
    rng = np.random.default_rng(3)
    blind, direct, caption = answers(rng, 500, (-0.2, 0.3, 0.1))
    images, strata = np.repeat(np.arange(500), 2), np.repeat([0, 1], 500)
    found = recovery(caption, blind, direct, images, strata)
    assert found is not None
    means = [np.mean([scores[:500].mean(), scores[500:].mean()]) for scores in (caption, blind, direct)]
    assert found.low < found.value < found.high
    assert found.value == pytest.approx((means[0] - means[1]) / (means[2] - means[1]))


def test_only_items_that_all_three_have_count() -> None:
    rng = np.random.default_rng(4)
    small, large, candidate = answers(rng, 300, (0, 0.3, 0.2))
    images = np.repeat(np.arange(300), 2)
    whole = gap_closed(candidate[:400], small[:400], large[:400], images[:400])
    candidate[400:500], large[500:] = math.nan, math.nan
    assert gap_closed(candidate, small, large, images) == whole
    assert gap_closed([math.nan] * 600, small, large, images) is None


def test_all_of_a_gap_and_none() -> None:
    rng = np.random.default_rng(5)
    small, large = answers(rng, 300, (0, 0.3))
    images = np.repeat(np.arange(300), 2)
    everything, nothing = gap_closed(large, small, large, images), gap_closed(small, small, large, images)
    assert everything is not None
    assert nothing is not None
    assert (everything.value, nothing.value) == (1, 0)
    assert everything.low < 1 < everything.high
    assert nothing.low < 0 < nothing.high
