"""Cycles are looked for less often while a run goes on, and as before when it has ended."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from prism_eval.run.interruptible import run_in_thread


@pytest.fixture(autouse=True)
def thresholds() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


async def seen() -> tuple[int, ...]:
    return gc.get_threshold()


async def failing() -> None:
    raise RuntimeError


def test_cycles_are_looked_for_less_often_while_it_runs() -> None:
    gc.set_threshold(700, 11, 12)
    assert run_in_thread(seen) == (20_000, 11, 12)
    with pytest.raises(RuntimeError):
        run_in_thread(failing)
    assert gc.get_threshold() == (700, 11, 12)


@pytest.mark.parametrize("own", [0, 50_000])
def test_who_looks_never_or_as_seldom_goes_on_so(own: int) -> None:
    gc.set_threshold(own, 10, 10)
    assert run_in_thread(seen) == (own, 10, 10)
