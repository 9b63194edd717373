"""Processes that a library of ours starts by multiprocessing, put on the leash: see `leash`."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from multiprocessing import resource_tracker, spawn
from pathlib import Path
from typing import Any

from prism_eval.engines.vllm import leash


@contextlib.contextmanager
def leashed(log: Path) -> Iterator[None]:
    """Let what this thread spawns meanwhile die with the thread, and write to a log what it would to the terminal.

    The standard library has no hook for it: what makes the command line of a spawned Python is replaced.
    """
    # It cleans up after all the processes that will ever be spawned here, and must not die with some of them.
    resource_tracker.ensure_running()
    usual, mine = spawn.get_command_line, threading.get_ident()

    def on_leash(**how: Any) -> list[str]:
        command = usual(**how)
        if threading.get_ident() != mine:
            return command
        return [sys.executable, "-I", str(Path(leash.__file__)), "follow", str(os.getpid()), str(log), *command]

    spawn.get_command_line = on_leash
    try:
        yield
    finally:
        spawn.get_command_line = usual
