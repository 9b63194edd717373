from __future__ import annotations

import pytest

from prism_eval.benchmarks import check_image, describe, open_benchmark, verify
from prism_eval.twins import ensure

TWELVE = ["chartqa", "chartqapro", "charxiv", "infovqa", "mathverse", "mathvision"]
TWELVE += ["mmmu", "mmmu_pro", "mmstar", "seedbench2plus", "visulogic", "wemath"]


@pytest.mark.parametrize("name", TWELVE)
def test_a_twin_is_read_like_the_real_thing(name: str) -> None:
    benchmark = open_benchmark(name, "synthetic")
    found = describe(benchmark)
    assert found.items >= 24
    assert found.images >= 12
    assert benchmark.size() == found.items
    assert verify(benchmark).ok
    for item in benchmark.items():
        for image in item.images:
            check_image(image)
            assert image.facts
            assert image.other is not None
            assert image.other.facts


def test_the_seed_reaches_the_twin() -> None:
    one, other = (open_benchmark("chartqa", "synthetic", seed=seed) for seed in (0, 1))
    assert one.source.origin == str(ensure("chartqa", seed=0) / "chartqa")
    assert next(one.items()).cluster != next(other.items()).cluster
