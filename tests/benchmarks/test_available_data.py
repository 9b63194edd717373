from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from prism_eval.benchmarks import available, definition_names
from prism_eval.errors import DataError


def test_a_folder_offers_what_it_holds(jsonl_folder: Any) -> None:
    jsonl_folder("mmstar", [])
    (jsonl_folder("chartqa", []) / "other").mkdir()
    assert available(str(jsonl_folder("chartqa", []))) == ("chartqa", "mmstar")


def test_what_a_failed_download_leaves_is_no_benchmark(jsonl_folder: Any) -> None:
    data = jsonl_folder("chartqa", [])
    (data / "mmmu" / ".cache").mkdir(parents=True)
    assert available(str(data)) == ("chartqa",)


@pytest.mark.parametrize("data", ["synthetic", "hub"])
def test_elsewhere_all_are_offered(data: str) -> None:
    assert available(data) == definition_names()


def test_a_folder_without_benchmarks(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no benchmark's folder"):
        available(str(tmp_path))
    with pytest.raises(DataError, match="no data folder"):
        available(str(tmp_path / "none"))
