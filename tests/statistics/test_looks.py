from __future__ import annotations

import numpy as np
import pytest

from prism_eval.statistics import obrien_fleming

# Jennison and Turnbull, Group Sequential Methods (2000), table 2.3.
PUBLISHED = {
    0.1: [1.645, 1.678, 1.710, 1.733, 1.751, 1.765],
    0.05: [1.960, 1.977, 2.004, 2.024, 2.040, 2.053, 2.063, 2.072, 2.080, 2.087],
    0.01: [2.576, 2.580, 2.595, 2.609, 2.621, 2.631, 2.640, 2.648, 2.654, 2.660],
}


@pytest.mark.parametrize("alpha", PUBLISHED)
def test_constants_are_the_published_ones(alpha: float) -> None:
    found = [obrien_fleming(looks, alpha)[-1] for looks in range(1, len(PUBLISHED[alpha]) + 1)]
    assert found == pytest.approx(PUBLISHED[alpha], abs=1.01e-3)


def test_five_looks() -> None:
    assert obrien_fleming(5) == pytest.approx((4.562, 3.226, 2.634, 2.281, 2.040), abs=1e-3)


@pytest.mark.parametrize("looks", [5, 15, 50])
def test_equal_captioners_cross_as_seldom_as_was_asked_for(looks: int) -> None:
    rng = np.random.default_rng(looks)
    sums = rng.normal(size=(20_000, looks)).cumsum(axis=1)
    z = sums / np.sqrt(np.arange(1, looks + 1))
    crossed = (np.abs(z) >= obrien_fleming(looks)).any(axis=1)
    assert crossed.mean() == pytest.approx(0.05, abs=0.005)
    # Peeking at 1.96 instead is what planned looks are for.
    assert (np.abs(z) >= 1.96).any(axis=1).mean() > 0.13


def test_senseless_plans_are_refused() -> None:
    with pytest.raises(ValueError, match="looks"):
        obrien_fleming(0)
    with pytest.raises(ValueError, match="error rate"):
        obrien_fleming(5, 0)
