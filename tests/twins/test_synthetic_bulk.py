"""The large data set for load tests."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from prism_eval.benchmarks import open_benchmark
from tests.bulk import write_bulk


def test_bulk_has_the_asked_for_items_over_distinct_images(tmp_path: Path) -> None:
    path = write_bulk(tmp_path, items=1207, images=300, seed=5)
    assert path == tmp_path / "chartqa" / "data.parquet"
    assert pq.ParquetFile(path).num_row_groups == 3
    items = list(open_benchmark("chartqa", tmp_path).items())
    assert len(items) == 1207
    assert len({item.images[0].digest for item in items}) == 300
    assert len({item.question for item in items}) == 1207
    for item in items[::97]:
        assert any(fact.endswith(f" is {item.golds[0]}.") for fact in item.images[0].facts or ())


def test_bulk_is_decided_by_its_seed(tmp_path: Path) -> None:
    digests = [
        hashlib.sha256(write_bulk(tmp_path / str(turn), items=20, images=4, seed=seed).read_bytes()).hexdigest()
        for turn, seed in enumerate((1, 1, 2))
    ]
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize(("items", "images"), [(3, 4), (3, 0)])
def test_bulk_refuses_what_cannot_be(tmp_path: Path, items: int, images: int) -> None:
    with pytest.raises(ValueError, match="at least one image"):
        write_bulk(tmp_path, items=items, images=images)
