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


@pytest.mark.parametrize("data", ["synthetic", "hub"])
def test_elsewhere_all_are_offered(data: str) -> None:
    assert available(data) == definition_names()


def test_a_folder_without_benchmarks(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no benchmark's folder"):
        available(str(tmp_path))
    with pytest.raises(DataError, match="no data folder"):
        available(str(tmp_path / "none"))
