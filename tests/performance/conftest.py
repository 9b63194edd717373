"""What the suite measures is kept: as lines while it runs, as JSON and a figure where a folder is named for them."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.performance.results import Result, write

FOLDER = "PERFORMANCE_REPORTS"
"""The environment variable that names the folder; `tox -e perf` sets it."""

Record = Callable[..., None]
_FOUND = pytest.StashKey[list[Result]]()


@pytest.fixture(scope="session")
def results() -> Iterator[list[Result]]:
    """What was measured in this session; written at its end beside what earlier ones measured of other things."""
    found: list[Result] = []
    yield found
    if found and (folder := os.environ.get(FOLDER)):
        write(Path(folder), found)


@pytest.fixture
def record(request: pytest.FixtureRequest, results: list[Result]) -> Record:
    """Keep a figure and hold it against its bar: ``record("makespan", 1.02, at_most=1.03, unit="x the bound")``.

    Once all of a test's figures are kept, one that misses its bar fails it, unless ``missed`` says why it does: then it
    is an expected failure, and the report says that the bar is missed.
    """
    mine = request.node.stash.setdefault(_FOUND, [])

    def keep(name: str, value: float, **about: Any) -> None:
        result = Result.measured(name, value, **about)
        results.append(result)
        mine.append(result)
        print(f"\n{result}")

    return keep


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Hold a test's figures against their bars when it has measured all of them."""
    done = yield
    missed = [result for result in pyfuncitem.stash.get(_FOUND, []) if not result.met]
    unexplained = [str(result) for result in missed if not result.missed]
    assert not unexplained, "; ".join(unexplained)
    if missed:
        pytest.xfail("; ".join(f"{result}: {result.missed}" for result in missed))
    return done


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
