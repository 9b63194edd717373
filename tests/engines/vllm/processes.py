"""Processes as /proc shows them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path


def alive(pid: int) -> bool:
    """Whether a process is there, and more than what is left of one that has ended."""
    return _state(pid)[0] not in "ZX"


def descendants(pid: int) -> set[int]:
    """All that a process has started, and what that has."""
    parents = {int(one.name): _state(int(one.name))[1] for one in Path("/proc").iterdir() if one.name.isdecimal()}
    found, new = set[int](), {pid}
    while new:
        new = {child for child, parent in parents.items() if parent in new} - found
        found |= new
    return {one for one in found if alive(one)}


def children(pid: int) -> set[int]:
    """What a process itself has started."""
    return {one for one in descendants(pid) if _state(one)[1] == pid}


def wait_until(done: Callable[[], object], seconds: float) -> bool:
    """Whether something comes to be within so many seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if done():
            return True
        time.sleep(0.05)
    return False


def _state(pid: int) -> tuple[str, int]:
    try:
        state, parent, *_ = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "X", 0
    return state, int(parent)
