"""Tiny models in vLLM, each loaded once a session: it takes most of a minute."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from prism_eval.engines.vllm.engine import VLLMEngine
from tests.engines.transformers import tiny
from tests.engines.vllm import pretended

HOW = {"dtype": "float32", "enforce_eager": True, "gpu_memory_utilization": 0.2}
SPEC = "&".join(f"{name}={str(value).lower()}" for name, value in HOW.items())
_SHIM = Path(__file__).parent / "shim"
_CPU = {
    "HF_HUB_OFFLINE": "1",
    "OMP_NUM_THREADS": "1",
    # Each process would bind itself to the same core.
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "PYTHONPATH": str(_SHIM),
}


def ready_for_vllm() -> None:
    """Let vLLM's build for the CPU be imported, here and in the processes that it begins."""
    os.environ.update(_CPU)
    sys.path.insert(0, str(_SHIM))
    importlib.import_module("sitecustomize")


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Folders of tiny models by name; skips where vLLM is not installed."""
    if importlib.util.find_spec("vllm") is None:
        pytest.skip("the extra [vllm] is not installed: tox run -e engines-vllm")
    ready_for_vllm()
    home = tmp_path_factory.mktemp("models")
    makers: dict[str, Callable[[Path], Path]] = {"text": tiny.text_model, "qwen": tiny.qwen_vision_model}

    def folder(name: str) -> Path:
        place = home / name
        if not place.exists():
            place.mkdir()
            makers[name](place)
        return place

    return folder


Make = Callable[..., VLLMEngine]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def make(models: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Make]:
    """Engines; those that want the same share one model, which stays until the session ends."""
    logs = tmp_path_factory.mktemp("logs")
    made: list[VLLMEngine] = []

    def engine(name: str, **options: Any) -> VLLMEngine:
        made.append(VLLMEngine(model=str(models(name)), logs=logs, **{**HOW, **options}))
        return made[-1]

    yield engine
    for one in made:
        await one.close()


@pytest.fixture
def pretending(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pretended.Pretending:
    """Engines whose server only pretends: what is tested then is everything around it."""
    return pretended.Pretending(monkeypatch, tmp_path)
