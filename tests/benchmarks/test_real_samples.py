from __future__ import annotations

from pathlib import Path

import pytest

from prism_eval.benchmarks import describe, open_benchmark, verify
from prism_eval.schema import ItemKind

COUNTS = {
    "chartqa": (108, 60, {ItemKind.SHORT: 108}),
    "chartqa:human": (71, 36, {ItemKind.SHORT: 71}),
    "mmmu": (60, 59, {ItemKind.CHOICE: 38, ItemKind.SHORT: 22}),
    "mmmu_pro": (60, 67, {ItemKind.CHOICE: 60}),
    "mmstar": (60, 60, {ItemKind.CHOICE: 60}),
    "mathverse": (60, 60, {ItemKind.CHOICE: 18, ItemKind.SHORT: 42}),
    "mathvision": (60, 60, {ItemKind.CHOICE: 27, ItemKind.SHORT: 33}),
    "wemath": (60, 43, {ItemKind.CHOICE: 60}),
    "charxiv": (10, 2, {ItemKind.SHORT: 10}),
}


@pytest.mark.parametrize("name", COUNTS)
def test_real_rows_are_read(shared: Path, name: str) -> None:
    benchmark = open_benchmark(name, shared / "data")
    found = describe(benchmark)
    assert (found.items, found.images, found.kinds) == COUNTS[name]
    assert benchmark.size() == found.items
    report = verify(benchmark)
    assert not report.problems
    # They are samples: of what is published, most is missing.
    (missing,) = report.missing
    assert missing.endswith(f" rows are published; found here: {COUNTS[name][0] // len(benchmark.definition.asked)}")


def test_multiple_choice_has_clean_options(shared: Path) -> None:
    for name in ("mmstar", "wemath", "mathverse"):
        for item in open_benchmark(name, shared / "data").items():
            assert "Options:" not in item.question
            assert all(option and option[-1] not in ",;" for option in item.options)
            if item.kind is ItemKind.CHOICE:
                assert item.golds[0] in item.letters
