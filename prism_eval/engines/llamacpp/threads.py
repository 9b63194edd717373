"""How many threads may compute: never more than there are idle cores.

llama.cpp's threads wait for each other after each layer, spinning. One that finds no core of its own holds up all
others: two threads on a busy machine of two cores were seen to write 0.9 tokens a second, where one wrote 15.
"""

from __future__ import annotations

import math
import os
import time
from pathlib import Path

_LOOK = 0.25
"""Seconds that cores are watched for."""
_GLANCES = 0.25
"""How much of one core others may use without taking it."""
_STAT, _QUOTA = Path("/proc/stat"), Path("/sys/fs/cgroup/cpu.max")
_IDLE = slice(3, 5)
"""Places of the times that a core had nothing to do, or waited for a disk, behind its name in ``/proc/stat``."""

Times = dict[int, tuple[int, int]]
"""Of each core the ticks that it was idle, and all its ticks."""


def idle_cores() -> int:
    """The idle cores that this process may use, at least one; takes a quarter of a second where the system tells.

    On Linux the cores are watched; elsewhere the load average of the last minute is taken for the busy ones.
    """
    own = _own_cores()
    if (before := _times()) is not None:
        time.sleep(_LOOK)
        idle = _idle_between(before, _times() or {}, own)
    else:
        idle = len(own) - (os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0)
    # What only glances at a core does not take it: no machine is ever idle to the last tick.
    return max(1, min(math.floor(idle + _GLANCES), len(own), _quota()))


def _own_cores() -> frozenset[int]:
    if hasattr(os, "sched_getaffinity"):
        return frozenset(os.sched_getaffinity(0))
    return frozenset(range(os.cpu_count() or 1))


def _times() -> Times | None:
    """The cores' times as the kernel counts them; ``None`` where it does not say."""
    try:
        lines = _STAT.read_text(encoding="ascii").splitlines()
        cores = [line.split() for line in lines if line.startswith("cpu") and line[3].isdigit()]
        counted = {int(name[3:]): [int(one) for one in ticks[:8]] for name, *ticks in cores}
    except (OSError, ValueError, IndexError):
        return None
    return {core: (sum(ticks[_IDLE]), sum(ticks)) for core, ticks in counted.items()} or None


def _idle_between(before: Times, after: Times, own: frozenset[int]) -> float:
    shares = []
    for core in own & before.keys() & after.keys():
        (idle, total), (was_idle, was_total) = after[core], before[core]
        # A core without a tick slept.
        shares.append((idle - was_idle) / (total - was_total) if total > was_total else 1.0)
    return sum(shares)


def _quota() -> int:
    """The cores' time that a container may use; as good as unbounded where it is in none."""
    try:
        most, period = _QUOTA.read_text(encoding="ascii").split()
        return max(1, int(most) // int(period))
    except (OSError, ValueError):
        return 1 << 16
