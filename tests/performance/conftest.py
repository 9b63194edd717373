"""What the suite measures is kept: as lines while it runs, as JSON and a figure where a folder is named for them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.performance.results import Result, write

FOLDER = "PERFORMANCE_REPORTS"
"""The environment variable that names the folder; `tox -e perf` sets it."""

Record = Callable[..., None]


@pytest.fixture(scope="session")
def results() -> Iterator[list[Result]]:
    """What was measured in this session; written at its end beside what earlier ones measured of other things."""
    found: list[Result] = []
    yield found
    if found and (folder := os.environ.get(FOLDER)):
        write(Path(folder), found)


@pytest.fixture
def record(results: list[Result]) -> Record:
    """Keep a figure and hold it against its bar: ``record("makespan", 1.02, at_most=1.03, unit="x the bound")``.

    A figure that misses its bar fails its test, unless ``missed`` says why it does: then it is an expected failure, and
    the report says that the bar is missed.
    """

    def keep(name: str, value: float, *, missed: str = "", **about: object) -> None:
        result = Result.measured(name, value, missed=missed, **about)
        results.append(result)
        print(f"\n{result}")
        if not result.met and missed:
            pytest.xfail(missed)
        assert result.met, str(result)

    return keep


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
