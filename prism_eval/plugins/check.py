"""Whether plugins can be imported: found out in a process of its own, which may hang or end without harm to ours."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace

from prism_eval.plugins.registry import PluginInfo, describe, imported

SECONDS = 60.0
"""That one plugin's import may take: torch and its like take twenty on a slow disk."""
_GRACE = 10.0


def check(plugins: Sequence[PluginInfo], *, seconds: float = SECONDS) -> list[PluginInfo]:
    """Import every plugin, and say of each whether it can be used.

    Args:
        plugins: As `describe` lists them.
        seconds: The time limit of each.
    """
    checked: list[PluginInfo] = []
    while rest := plugins[len(checked) :]:
        said, ended = _child(rest, seconds)
        checked += [replace(info, extra=one[0], problem=one[1]) for info, one in zip(rest, said, strict=False)]
        # The one that it was at has taken the process with it; the others are still to be asked.
        if len(said) < len(rest):
            checked.append(replace(rest[len(said)], extra="", problem=ended))
    return checked


def _child(plugins: Sequence[PluginInfo], seconds: float) -> tuple[list[tuple[str, str]], str]:
    """What a process says of plugins, in order, and how it ended where it did not say it of all."""
    names = json.dumps([[info.kind, info.name] for info in plugins])
    command = [sys.executable, "-P", "-m", "prism_eval.plugins.check", names, str(seconds)]
    # Where this process finds modules and nowhere else: what lies in the current folder is a data set.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as child:
        try:
            told, _ = child.communicate(timeout=seconds * len(plugins) + _GRACE)
        except subprocess.TimeoutExpired:
            _end(child)
            told, _ = child.communicate()
            return _read(told), _late(seconds)
    if child.returncode == -signal.SIGALRM:
        return _read(told), _late(seconds)
    return _read(told), f"importing it ends the program (exit status {child.returncode})"


def _late(seconds: float) -> str:
    return f"importing it takes more than {seconds:g} s"


def _end(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def _read(told: bytes) -> list[tuple[str, str]]:
    said = []
    for line in told.splitlines():
        with contextlib.suppress(ValueError, TypeError):
            extra, problem = json.loads(line)
            said.append((str(extra), str(problem)))
    return said


def _main(names: str, seconds: str) -> None:
    """Import the plugins that are named, and write a line of each."""
    wanted = {(kind, name) for kind, name in json.loads(names)}
    found = {(info.kind, info.name): info for info in describe() if (info.kind, info.name) in wanted}
    # What a plugin prints must not be taken for what we say of it.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as ours:
        silence = os.open(os.devnull, os.O_RDWR)
        os.dup2(silence, 1)
        for kind, name in json.loads(names):
            # Without a handler of ours the system ends the process, whatever it is doing.
            signal.setitimer(signal.ITIMER_REAL, float(seconds))
            info = imported(found[kind, name])
            signal.setitimer(signal.ITIMER_REAL, 0)
            ours.write(json.dumps([info.extra, info.problem]) + "\n")
            ours.flush()
        # Threads that a plugin has begun are nobody's to wait for.
        os._exit(0)


if __name__ == "__main__":
    _main(*sys.argv[1:])
