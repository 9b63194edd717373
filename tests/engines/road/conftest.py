"""Two captioners, trained once a session, and pictures that they have not seen."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.engines.road.pictures import write_benchmark
from tests.engines.road.training import train
from tests.engines.vllm.conftest import ready_for_vllm

# Threads of torch that find no idle core wait for each other; it counts them when it is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")
BENCHMARK = Path(__file__).with_name("shapes.toml")


@pytest.fixture(scope="session", autouse=True)
def _torchvision() -> None:
    """Where vLLM's build for the CPU is, transformers finds a torchvision that cannot be imported unaided."""
    if importlib.util.find_spec("vllm"):
        ready_for_vllm()


@pytest.fixture(scope="session")
def captioners(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """The folders of `weak` and `strong`; skips where there is nothing to train with."""
    pytest.importorskip("transformers", reason="the extra [transformers] is not installed: tox run -e engines")
    return train(tmp_path_factory.mktemp("trained"))


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the benchmark's data."""
    return write_benchmark(tmp_path_factory.mktemp("data"))


def prism_eval(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """The program in a process of its own, as a user has it."""
    return subprocess.run(
        [sys.executable, "-m", "prism_eval", *map(str, words)],
        env={**os.environ, "HF_HUB_OFFLINE": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=1500,
        check=False,
    )
