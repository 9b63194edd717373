"""Two captioners and a reader in this process, one in memory at a time."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest

from prism_eval import evaluate
from prism_eval.engines.transformers.engine import TransformersEngine
from prism_eval.engines.transformers.resident import Resident
from tests.builders import chart_folder

Models = Callable[[str], Path]


@pytest.fixture
def alive(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many models are in memory, each time one is about to be loaded."""
    counts: list[int] = []
    loaded: list[weakref.ref[object]] = []
    load = "prism_eval.engines.transformers.resident.load"
    original = Resident._live.__globals__["load"]

    def counted(*given: object, **settings: object) -> object:
        gc.collect()
        counts.append(1 + sum(model() is not None for model in loaded))
        one = original(*given, **settings)
        loaded.append(weakref.ref(one.model))
        return one

    monkeypatch.setattr(load, counted)
    return counts


def test_one_model_is_there_at_a_time(models: Models, tmp_path: Path, alive: list[int]) -> None:
    data = chart_folder(tmp_path / "data")
    said = "device=cpu&max_tokens=24"
    captioners = [f"transformers:{models(name)}?{said}&label={name}" for name in ("qwen", "llava")]
    tables = []
    for how, most in (("turns", 1), ("together", 3)):
        alive.clear()
        out = tmp_path / how
        result = evaluate(captioners, reasoner=f"transformers:{models('text')}?{said}&label=reader", memory=how,
                          benchmarks="chartqa", data=data, out=out, store=tmp_path / f"{how}.sqlite")  # fmt: skip
        assert result.failed == 0
        assert (len(alive), max(alive)) == (3, most)
        tables.append({path.name: path.read_bytes() for path in out.glob("*.parquet")})
        assert not Resident._all
    assert tables[0] == tables[1]


def test_a_cpu_takes_several_models_unless_one_asks(models: Models) -> None:
    assert TransformersEngine(model=str(models("text")), device="cpu").holds is None
