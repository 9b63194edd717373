"""A small program that keeps vLLM's processes from outliving whoever started them, however that one dies.

    python -I leash.py mind PARENT GRACE COMMAND...
    python -I leash.py follow PARENT LOG COMMAND...

``mind`` runs a command and exits with its exit code, 128 and the number for a signal. It ends the command when it is
told to (SIGTERM) or its parent is gone: politely, and after GRACE seconds by force. When the command has ended, in
whatever way, everything that it started is killed, in other process groups and sessions too.

``follow`` becomes the command, which the kernel kills with the thread that started it; what it says goes to LOG.

The standard library alone, so that it is up at once.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

# From <linux/prctl.h>.
_SET_DEATH_SIGNAL, _SET_SUBREAPER = 1, 36
_LOOKS = 0.1
"""Seconds between two looks at the parent. A death signal would come when merely its thread ends."""


def main(way: str, parent: str, how: str, *command: str) -> int:
    """Do as the command line says; returns the exit code."""
    if way == "mind":
        return _mind(int(parent), float(how), command)
    return _follow(int(parent), how, command)


def _mind(parent: int, grace: float, command: tuple[str, ...]) -> int:
    told: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda number, _: told.append(number))
    # Orphans become our own children: when a server is killed, nobody else would know what it had started.
    _prctl(_SET_SUBREAPER, 1)
    me = os.getpid()
    # This program has one thread and holds no lock: what is warned of cannot happen.
    server = subprocess.Popen(command, process_group=0, preexec_fn=lambda: _die_with(me, signal.SIGTERM))  # noqa: PLW1509
    while not _ended(server, _LOOKS) and not told and os.getppid() == parent:
        pass
    server.terminate()
    _ended(server, grace)
    code = server.returncode
    # What else there is was told nothing so far, and has memory to give back.
    _end_all(server.pid, grace)
    return 128 + signal.SIGKILL if code is None else 128 - code if code < 0 else code


def _follow(parent: int, log: str, command: tuple[str, ...]) -> int:
    _die_with(parent, signal.SIGKILL)
    file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for standard in (1, 2):
        os.dup2(file, standard)
    os.execv(command[0], command)  # noqa: S606


def _die_with(parent: int, number: int) -> None:
    """Let the kernel send this process a signal when its parent dies."""
    _prctl(_SET_DEATH_SIGNAL, number)
    if os.getppid() != parent:  # it died before that could be said
        os._exit(1)


def _prctl(what: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(what, value, 0, 0, 0)


def _ended(server: subprocess.Popen[bytes], seconds: float) -> bool:
    with contextlib.suppress(subprocess.TimeoutExpired):
        server.wait(seconds)
    return server.returncode is not None


def _end_all(group: int, grace: float) -> None:
    """End all our children, and theirs as they become ours, until there are none; after the grace, by force."""
    told: set[int] = set()
    until = time.monotonic() + grace
    while _has_children():
        by_force = time.monotonic() > until
        for child in {*_children()} - (set() if by_force else told):
            told.add(child)
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL if by_force else signal.SIGTERM)
        time.sleep(_LOOKS / 10)
    # Where orphans do not become ours, it has to do.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _has_children() -> bool:
    """Whether there are any, of which those that have ended are forgotten."""
    try:
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
    except ChildProcessError:
        return False
    return True


def _children() -> list[int]:
    try:
        return list(map(int, Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()))
    except OSError:  # no Linux, or one that was built without
        return []


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
