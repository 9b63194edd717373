"""Pytest fixtures that start the fault server; load them with ``pytest_plugins = ["tests.server.plugin"]``."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.server.calls import read_log
from tests.server.fault_server import Behaviour, Event
from tests.server.threaded import ThreadedServer


@dataclass(frozen=True)
class ServerProcess:
    """A fault server in a process of its own, which outlives a client that is killed."""

    url: str
    log: Path
    process: subprocess.Popen[str]

    def events(self) -> list[Event]:
        """Everything that arrived and finished so far."""
        return read_log(self.log) if self.log.exists() else []


@pytest.fixture
def serve() -> Iterator[Callable[..., ThreadedServer]]:
    """Start servers in threads: ``serve(fail=1.0, modes=("500",))`` takes the fields of `Behaviour`."""
    with contextlib.ExitStack() as stack:

        def start(*, log: Path | None = None, **behaviour: Any) -> ThreadedServer:
            return stack.enter_context(ThreadedServer(Behaviour(**behaviour), log))

        yield start


@pytest.fixture
def spawn_server(tmp_path: Path) -> Iterator[Callable[..., ServerProcess]]:
    """Start servers as processes: ``spawn_server(fail=0.2, latency=0.05)`` takes the fields of `Behaviour`.

    ``spawn_server("paced", slots=64, decode=0.004)`` takes those of `Pace`.
    """
    script, root = "tests.server.alone", Path(__file__).parents[2]
    with contextlib.ExitStack() as stack:

        def start(kind: str = "fault", *, log: bool = True, **options: Any) -> ServerProcess:
            path = tmp_path / f"calls-{len(list(tmp_path.glob('calls-*')))}.jsonl"
            path.touch()
            flags = [f"--{name}={value}" for name, value in options.items()] + ([f"--log={path}"] if log else [])
            command = [sys.executable, "-m", script, kind, *flags]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root)
            stack.callback(_end, process)
            assert process.stdout is not None
            port = process.stdout.readline().strip()
            assert port, "the fault server did not start"
            return ServerProcess(f"http://127.0.0.1:{port}/v1", path, process)

        yield start


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()
