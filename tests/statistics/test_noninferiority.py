"""One-sided tests at a margin: bounds and p-values are one test, and losses on a few images do not lean it."""

import numpy as np
import pytest

from prism_eval.statistics import noninferiority, paired_difference
from prism_eval.statistics.paired import Difference
from prism_eval.statistics.student import upper

ALPHA = 0.05


def difference(skewness, value=-0.01):
    return Difference(
        value=value, error=0.01, held_error=0.01, degrees=80, low=-0.03, high=0.01, p=0.3, items=90, clusters=90,
        differing=40, skewness=skewness,
    )  # fmt: skip


@pytest.mark.parametrize("skewness", [-1.5, -0.2, -1e-12, 0.0, 0.05, 0.3])
def test_a_bound_is_the_margin_at_which_its_test_is_just_decided(skewness):
    found = difference(skewness)
    bounds = noninferiority(found, 0.05, alpha=ALPHA)
    assert noninferiority(found, -bounds.low, alpha=ALPHA).p_held == pytest.approx(ALPHA)
    above = difference(skewness, value=-0.05)
    bounds = noninferiority(above, 0.05, alpha=ALPHA)
    assert noninferiority(above, -bounds.high, alpha=ALPHA).p_lost == pytest.approx(ALPHA)


def test_without_skewness_it_is_the_t_test():
    found = noninferiority(difference(0.0), 0.03, alpha=ALPHA)
    assert found.p_held == pytest.approx(upper(2.0, 80))
    assert found.p_lost == pytest.approx(1 - found.p_held)


def test_halls_transformation_of_a_worked_example():
    # t = 2, g = -0.3: 2 - 0.3 x 9 / 6 + 0.09 x 8 / 27.
    assert noninferiority(difference(-0.3), 0.03).p_held == pytest.approx(upper(2 - 0.45 + 0.02 / 0.75, 80))


def test_losses_on_a_few_images_are_let_pass_no_more_often_than_said():
    rng = np.random.default_rng(5)
    draws, images, lost = 2000, 400, 0.04
    # One image in twenty-five is lost whole; on one in ten either is, by chance, a little worse.
    margin = lost * (1 - 0.1 * 0.2)
    plain = straight = 0
    for _ in range(draws):
        second = np.where(rng.random(images) < 0.1, 0.8, 1.0)
        first = np.where(rng.random(images) < 0.1, 0.8, 1.0) * (rng.random(images) >= lost)
        found = paired_difference(first, second, np.arange(images))
        straight += noninferiority(found, margin).p_held < ALPHA
        plain += upper((found.value + margin) / found.held_error, found.degrees) < ALPHA
    assert straight / draws < 0.057 < plain / draws
