"""Fixtures that every folder of tests shares."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes says more of the machine, and of what the first one imports, than of the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

pytest_plugins = ["tests.server.plugin"]

ROOT = Path(__file__).parents[1]


def shared_folder() -> Path:
    """The folder of real samples: PRISM_EVAL_SHARED, by default beside the checkout."""
    return Path(os.environ.get("PRISM_EVAL_SHARED", ROOT.parent / "shared"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real samples and recorded verdicts; skips where there are none."""
    folder = shared_folder()
    if not folder.is_dir():
        pytest.skip(f"no real samples at {folder}: set PRISM_EVAL_SHARED to run this test")
    return folder


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder for the session, so that twins are rendered once and the user's own is left alone."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "prism-eval-cache"


@pytest.fixture(autouse=True)
def _own_cache(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRISM_EVAL_CACHE", str(cache))


@pytest.fixture(autouse=True)
def _no_server_but_the_tests_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    # Where nobody listens: an engine that a test gives no address asks nobody's server.
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
