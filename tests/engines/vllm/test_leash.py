"""Nothing of a server outlives who started it, whichever of them dies and however. The servers here only pretend."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from prism_eval.engines.vllm import leash
from tests.engines.vllm.processes import alive, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes and signals as Linux has them")

_SERVER = """
import os, signal, subprocess, sys, time
polite, where = sys.argv[1], sys.argv[2]
if polite == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
sleep = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
# What it starts starts something, in a group and in a session of its own.
nested = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {sleep!r}]); time.sleep(600)"
plain = subprocess.Popen([sys.executable, "-c", nested])
away = subprocess.Popen([sys.executable, "-c", nested], start_new_session=True)
grand = []
while len(grand) < 2:
    grand = [pid for one in (plain, away) for pid in open(f"/proc/{one.pid}/task/{one.pid}/children").read().split()]
    time.sleep(0.05)
with open(where + ".part", "w") as file:
    print(os.getpid(), plain.pid, away.pid, *grand, file=file)
os.rename(where + ".part", where)
if polite == "ends":
    sys.exit(3)
time.sleep(600)
"""
_PARENT = """
import os, subprocess, sys, time
leash, *command = sys.argv[1:]
child = subprocess.Popen([sys.executable, "-I", leash, "mind", str(os.getpid()), "0.5", *command])
print(child.pid, flush=True)
time.sleep(600)
"""


class Tree:
    """A parent, the leash, and a server with what it has started."""

    def __init__(self, folder: Path, polite: str) -> None:
        self.file = folder / "pids"
        server = [sys.executable, "-c", _SERVER, polite, str(self.file)]
        self.parent = subprocess.Popen(
            [sys.executable, "-c", _PARENT, leash.__file__, *server], stdout=subprocess.PIPE, text=True
        )
        assert self.parent.stdout is not None
        self.keeper = int(self.parent.stdout.readline())
        self.server, *self.others = map(int, self._pids())
        assert len(self.others) == 4, "each of the two that the server started has started one"

    def _pids(self) -> list[str]:
        for _ in range(600):
            if self.file.exists():
                return self.file.read_text().split()
            time.sleep(0.05)
        raise AssertionError("the server is not up")

    @property
    def left(self) -> list[int]:
        """Which of all but the parent are alive."""
        return [pid for pid in (self.keeper, self.server, *self.others) if alive(pid)]

    def gone(self, seconds: float = 20.0) -> bool:
        return wait_until(lambda: not self.left, seconds)


@contextlib.contextmanager
def grown(folder: Path, polite: str = "polite") -> Iterator[Tree]:
    tree = Tree(folder, polite)
    try:
        yield tree
    finally:
        for pid in (tree.parent.pid, tree.keeper, tree.server, *tree.others):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        tree.parent.communicate()


@pytest.mark.parametrize("polite", ["polite", "deaf"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_when_the_parent_dies_all_of_the_server_ends(number: int, polite: str, tmp_path: Path) -> None:
    with grown(tmp_path, polite) as tree:
        assert len(tree.left) == 6
        tree.parent.send_signal(number)
        assert tree.gone(), tree.left


def test_when_the_server_alone_is_killed_what_it_started_is_killed(tmp_path: Path) -> None:
    with grown(tmp_path) as tree:
        os.kill(tree.server, signal.SIGKILL)
        assert wait_until(lambda: not (set(tree.left) - {tree.keeper}), 20), tree.left
        assert tree.parent.poll() is None


def test_when_the_server_ends_by_itself_so_does_what_it_started(tmp_path: Path) -> None:
    with grown(tmp_path, "ends") as tree:
        assert wait_until(lambda: not (set(tree.left) - {tree.keeper}), 20), tree.left


def test_when_the_leash_itself_is_killed_the_server_is_told_to_end(tmp_path: Path) -> None:
    with grown(tmp_path) as tree:
        os.kill(tree.keeper, signal.SIGKILL)
        assert wait_until(lambda: not alive(tree.server), 20)


def test_it_ends_the_server_when_it_is_told_to(tmp_path: Path) -> None:
    with grown(tmp_path, "deaf") as tree:
        begun = time.monotonic()
        os.kill(tree.keeper, signal.SIGTERM)
        assert tree.gone(), tree.left
        assert time.monotonic() - begun > 0.4, "the grace was waited for"


@pytest.mark.parametrize(
    ("program", "code"),
    [("raise SystemExit(7)", 7), ("import os; os.kill(os.getpid(), 9)", 137), ("print('said')", 0)],
)
def test_the_exit_code_is_the_servers(program: str, code: int) -> None:
    words = [sys.executable, "-I", leash.__file__, "mind", str(os.getpid()), "5", sys.executable, "-c", program]
    assert subprocess.run(words, check=False, timeout=30, capture_output=True).returncode == code


def test_who_follows_dies_with_the_parent_and_writes_to_the_log(tmp_path: Path) -> None:
    log, file = tmp_path / "log", tmp_path / "pid"
    child = (
        "import os, sys, time; print('out', flush=True); print('err', file=sys.stderr, flush=True); "
        f"open({str(file)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    )
    parent = (
        "import os, subprocess, sys, time; subprocess.Popen([sys.executable, '-I', sys.argv[1], 'follow', "
        "str(os.getpid()), sys.argv[2], sys.executable, '-c', sys.argv[3]]); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", parent, leash.__file__, str(log), child]) as running:
        assert wait_until(lambda: file.exists() and file.read_text(), 20)
        follower = int(file.read_text())
        assert alive(follower)
        running.kill()
    assert wait_until(lambda: not alive(follower), 10)
    assert log.read_text().split() == ["out", "err"]


def test_who_is_started_by_nobody_that_lives_does_not_begin(tmp_path: Path) -> None:
    words = [sys.executable, "-I", leash.__file__, "follow", "1", str(tmp_path / "log"), sys.executable, "-c", "1"]
    assert subprocess.run(words, check=False, timeout=30).returncode == 1
