"""How often a gate errs, and decides, on runs that are drawn; larger counts stand in docs/statistics.md."""

from collections import Counter

import numpy as np
import pytest
from scipy.stats import binom

from prism_eval.gate import decide
from prism_eval.gate.planning import outlook
from prism_eval.gate.policy import make_policy
from tests.gate.simulated import CHARTQA, CHARXIV, INFOVQA, SUITE, mcnemar, pair, side

DRAWN = 150
AT_MOST = int(binom.ppf(0.995, DRAWN, 0.05))
"""What 5 % may come out as, in so many draws."""


def outcomes(shapes, policy, count=DRAWN, **how):
    rng = np.random.default_rng(7)
    return Counter(decide(*pair(rng, shapes, **how), policy).outcome for _ in range(count))


@pytest.mark.parametrize("shape", [CHARTQA, INFOVQA, CHARXIV], ids=["chartqa", "infovqa", "charxiv"])
def test_one_benchmark_errs_no_more_than_it_says(shape):
    policy = make_policy({"benchmark": {"margin": 3.0}})
    # Nothing lost: no alarm. The margin lost: no pass.
    assert outcomes([shape], policy)["FAIL"] <= AT_MOST
    assert outcomes([shape], policy, loss=0.03)["PASS"] <= AT_MOST
    # A candidate that shares most of its answers, so that few images differ.
    assert outcomes([shape], policy, kept=0.9)["FAIL"] <= AT_MOST
    assert outcomes([shape], policy, kept=0.9, loss=0.03)["PASS"] <= AT_MOST


def test_a_suite_that_lost_twice_its_margin_fails_where_the_plan_says_it_can():
    policy = make_policy({"suite": {"margin": 2.0}})
    first, second = pair(np.random.default_rng(1), SUITE)
    planned = outlook(first, policy, like=second)[0].powers[-1]
    assert planned.images == sum(images for images, _ in SUITE) == 4_800
    assert planned.fails >= 0.9
    count = 40
    assert outcomes(SUITE, policy, count, loss=0.04)["FAIL"] >= 0.9 * count
    assert outcomes(SUITE, policy, count)["FAIL"] <= binom.ppf(0.995, count, 0.05)
    assert outcomes(SUITE, policy, count, loss=0.02)["PASS"] <= binom.ppf(0.995, count, 0.05)


def test_a_family_of_critical_benchmarks_errs_no_more_than_one():
    shapes = [(100, 2.0)] * 12
    policy = make_policy({"suite": {"tier": "advisory"}, "benchmark": {"tier": "critical", "margin": 3.0}})
    # Each of the twelve has lost its whole margin: one of them alone would fail in 5 %.
    assert outcomes(shapes, policy, loss=0.03)["FAIL"] <= AT_MOST


def test_a_hundred_images_cannot_tell_two_points():
    policy = make_policy({"benchmark": {"margin": 2.0}})
    found = outcomes([(100, 4.0)], policy, loss=0.02)
    assert found["INCONCLUSIVE"] > DRAWN / 2
    assert found["PASS"] <= AT_MOST


def test_a_test_that_knows_no_images_raises_false_alarms():
    rng = np.random.default_rng(3)
    # Captions that differ in what they hold change the answers to all questions on an image together.
    false = sum(mcnemar(*alike(rng)) for _ in range(DRAWN))
    assert false > 0.12 * DRAWN
    rng = np.random.default_rng(3)
    assert sum(decide(*alike(rng)).outcome == "FAIL" for _ in range(DRAWN)) <= AT_MOST


def alike(rng):
    """Two runs of one captioner at a temperature: each caption holds the facts of an image, or does not."""
    image = np.repeat(np.arange(300), 5)
    name = np.full(image.size, "benchmark")
    knows = rng.random((2, 300)) < 0.6
    guesses = rng.random((2, image.size)) < 0.2
    lucky = rng.random((2, image.size)) < 0.75
    first, second = (np.where(knows[run][image], lucky[run], guesses[run]) for run in (0, 1))
    return side(name, image, first), side(name, image, second)
