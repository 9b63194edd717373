"""The estimators held against an independent implementation of the same formulas."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from prism_eval.statistics import (
    clustered_mean,
    detectable,
    equivalence,
    fieller,
    heterogeneity,
    images_for,
    paired_difference,
    subsample_difference,
)


@pytest.fixture(scope="module")
def oracle(shared: Path) -> ModuleType:
    path = shared / "oracle" / "statistics.py"
    if not path.is_file():
        pytest.skip(f"no independent implementation at {path}")
    spec = importlib.util.spec_from_file_location("oracle", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("seed", range(12))
def test_differences(oracle: ModuleType, seed: int) -> None:
    # On every second board benchmarks show the same images.
    rng = np.random.default_rng(seed)
    items, strata = int(rng.integers(60, 900)), int(rng.integers(1, 6))
    stratum = rng.integers(0, strata, items)
    image = rng.integers(0, items // 3, items) + (10_000 * stratum if seed % 2 else 0)
    first, second = (rng.random((2, items)) < [[0.6], [0.5]]).astype(float)
    found = paired_difference(first, second, image, stratum)
    value, _, variance, degrees = oracle.contributions(first - second, image, stratum)
    assert (found.value, found.error**2, found.degrees) == pytest.approx((value, variance, degrees), rel=1e-9)
    stated = oracle.paired(first - second, image, stratum, np.random.default_rng(0))
    if found.differing < 200:
        assert found.p == pytest.approx(stated["p_flip"], abs=0.02)
        assert (found.low, found.high) == pytest.approx((stated["low"], stated["high"]), abs=0.02)
    else:
        assert (found.low, found.high, found.p) == pytest.approx([stated[key] for key in ("low", "high", "p")])
    p, smallest = oracle.equivalence(value, variance**0.5, degrees, 0.05)
    shown = equivalence(found, 0.05)
    assert (shown.p, shown.smallest) == pytest.approx((p, smallest), rel=1e-9)
    assert detectable(found.error, degrees) == pytest.approx(oracle.detectable(variance**0.5, degrees), rel=1e-9)
    assert images_for(0.05, found.error, 100) == np.ceil(oracle.images_for(0.05, variance**0.5, 100))


@pytest.mark.parametrize("seed", range(12))
def test_scores(oracle: ModuleType, seed: int) -> None:
    rng = np.random.default_rng(seed)
    images = int(rng.integers(2, 200))
    image = rng.integers(0, images, 3 * images)
    scores = (rng.random(3 * images) < rng.choice([0.02, 0.3, 0.9])).astype(float)
    estimate = clustered_mean(scores, image)
    assert (estimate.low, estimate.high) == pytest.approx(oracle.wilson_safe(scores, image), rel=1e-6, abs=1e-6)


def test_ratios_and_trades(oracle: ModuleType) -> None:
    rng = np.random.default_rng(1)
    for _ in range(50):
        above, below = rng.normal(0, 0.1, 2)
        variances = rng.uniform(1e-4, 1e-2, 2)
        both = rng.uniform(-0.9, 0.9) * np.sqrt(variances.prod())
        found = fieller(above, below, (*variances, both), 60)
        stated = oracle.fieller(above, below, *variances, both, 60)
        assert (found is None) == (stated is None)
        if found is not None:
            assert found == pytest.approx(stated)
        values, errors = rng.normal(0, 0.03, 12), rng.uniform(0.01, 0.05, 12)
        q = heterogeneity(values, errors)
        assert (q.q, q.p) == pytest.approx(oracle.heterogeneity(values, errors))


@pytest.mark.parametrize("seed", range(6))
def test_a_sample_beside_a_whole_baseline(oracle: ModuleType, seed: int) -> None:
    rng = np.random.default_rng(seed)
    images = 2000
    ease = rng.beta(2, 1, images)
    first, second = (rng.random((2, images)) < ease).astype(float)
    asked = np.arange(images) < 150
    found = subsample_difference(np.where(asked, first, np.nan), second, np.arange(images))
    value, error = oracle.on_full_baseline(first[asked], second[asked], second.mean(), np.arange(150))
    assert found.value == pytest.approx(value, abs=1e-12)
    # For the oracle the images are all there are; here they are a sample of such images, which adds what follows.
    slope = np.cov(first[asked], second[asked])[0, 1] / second[asked].var(ddof=1)
    whole = error**2 + (1 - slope) ** 2 * second.var(ddof=1) / images
    assert found.error**2 == pytest.approx(whole, rel=0.01)
