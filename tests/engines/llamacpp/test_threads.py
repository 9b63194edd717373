"""How idle cores are counted; needs no llama.cpp."""

from __future__ import annotations

from pathlib import Path

import pytest

from prism_eval.engines.llamacpp import threads


def stat(*cores: tuple[int, int]) -> str:
    """What the kernel says of cores, each with busy and idle ticks."""
    lines = [f"cpu{number} {busy} 0 0 {idle} 0 0 0 0 0 0" for number, (busy, idle) in enumerate(cores)]
    return "\n".join(["cpu  9 9 9 9 0 0 0 0 0 0", *lines, "intr 5 0", "ctxt 7"]) + "\n"


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Counts the idle ones of four cores, by what the kernel says before and after."""
    file = tmp_path / "stat"
    monkeypatch.setattr(threads, "_STAT", file)
    monkeypatch.setattr(threads, "_QUOTA", tmp_path / "cpu.max")
    monkeypatch.setattr(threads, "_own_cores", lambda: frozenset(range(4)))

    def count(before: str, after: str, quota: str = "max 100000") -> int:
        file.write_text(before)
        (tmp_path / "cpu.max").write_text(quota)
        monkeypatch.setattr(threads.time, "sleep", lambda seconds: file.write_text(after))
        return threads.idle_cores()

    return count


@pytest.mark.parametrize(
    ("busy", "idle"),
    [((0, 0, 0, 0), 4), ((25, 0, 0, 0), 3), ((25, 25, 25, 25), 1), ((2, 1, 0, 1), 4), ((12, 13, 0, 0), 3)],
)
def test_a_core_that_works_is_not_idle(counted, busy: tuple[int, ...], idle: int) -> None:
    after = stat(*((100 + one, 100 + 25 - one) for one in busy))
    assert counted(stat(*[(100, 100)] * 4), after) == idle


def test_a_containers_share_bounds_them(counted) -> None:
    quiet = stat(*[(100, 100)] * 4), stat(*[(100, 125)] * 4)
    assert counted(*quiet, "200000 100000") == 2
    assert counted(*quiet, "50000 100000") == 1


def test_without_a_kernel_that_tells_the_load_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(threads, "_STAT", tmp_path / "none")
    monkeypatch.setattr(threads, "_QUOTA", tmp_path / "none")
    monkeypatch.setattr(threads, "_own_cores", lambda: frozenset(range(4)))
    for load, idle in ((0.1, 4), (2.6, 1), (9.0, 1)):
        monkeypatch.setattr(threads.os, "getloadavg", lambda load=load: (load, 0.0, 0.0), raising=False)
        assert threads.idle_cores() == idle
