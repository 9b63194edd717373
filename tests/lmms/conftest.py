"""Small local tasks of lmms-eval, over real images."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tests.lmms import local_tasks


@pytest.fixture(scope="session")
def lmms_eval() -> None:
    """Skips where lmms-eval is not installed."""
    if importlib.util.find_spec("lmms_eval") is None:
        pytest.skip("lmms-eval is not installed: pip install 'prism-eval[lmms]', then tox -e lmms")


@pytest.fixture(scope="session")
def tasks(lmms_eval: None, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of local tasks: three of lmms-eval's over real images, and some with code of their own."""
    folder = tmp_path_factory.mktemp("tasks")
    for name in local_tasks.SOURCES:
        local_tasks.write_task(folder, name, shared)
    local_tasks.write_own(folder, "own", shared)
    local_tasks.write_own(folder, "own_video", shared, visual="clip")
    local_tasks.write_own(folder, "own_judged", shared, grade="judge")
    return folder


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
