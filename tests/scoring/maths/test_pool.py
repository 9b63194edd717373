"""math-verify in killable processes: limits that hold, losses that stay small, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from prism_eval.errors import MissingExtra, PrismError, UsageError
from prism_eval.scoring.maths import pool as pool_module
from prism_eval.scoring.maths import process
from prism_eval.scoring.maths.pool import MathPool

TOWERS = ["9^{9^{9^{9^{9^{9}}}}}", "8^{9^{9^{9^{9^{9}}}}}"]
linux = pytest.mark.skipif(sys.platform != "linux", reason="looks processes up in /proc")


@pytest.fixture
def pool():
    made = MathPool("math", limit=4.0)
    yield made
    made.close()


def children(parent: int) -> set[int]:
    """The mathematics processes of a parent that live, as /proc shows them."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes()
            state, owner = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if owner == str(parent) and state != "Z" and b"prism_eval.scoring.maths.worker" in words:
            found.add(int(entry.name))
    return found


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(holds, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while not holds() and time.monotonic() < until:
        time.sleep(0.05)
    return holds()


def test_a_tower_of_powers_ends_at_its_limit(pool):
    started = time.monotonic()
    assert pool.compare(TOWERS[0], "5").ended == "no result within 4 s"
    assert time.monotonic() - started < 60
    assert pool.compare("x", "x").score == 1.0


def test_other_comparisons_go_on_beside_a_tower():
    pool = MathPool("math", limit=60.0)
    with ThreadPoolExecutor() as threads:
        tower = threads.submit(pool.compare, TOWERS[0], "5")
        others = [threads.submit(pool.compare, f"x+{number}", f"{number}+x") for number in range(40)]
        assert all(other.result().score == 1.0 for other in others)
        assert not tower.done()
        pool.close()


def test_equal_comparisons_are_made_once_even_at_the_same_time(pool, monkeypatch):
    asked = []
    compare = process.MathProcess.compare

    async def counted(self, answer, gold, limit):
        asked.append((answer, gold))
        return await compare(self, answer, gold, limit)

    pool.compare("1", "1")
    monkeypatch.setattr(process.MathProcess, "compare", counted)
    started = time.monotonic()
    with ThreadPoolExecutor(15) as threads:
        ended = set(threads.map(lambda _: pool.compare(TOWERS[0], "5").ended, range(15)))
    assert ended == {"no result within 4 s"} == {pool.compare(TOWERS[0], "5").ended}
    assert asked == [(TOWERS[0], "5")]
    assert time.monotonic() - started < 15


def test_a_process_that_dies_loses_nothing(pool, monkeypatch):
    compare, deaths = process.MathProcess.compare, []

    async def dies_once(self, answer, gold, limit):
        if answer == "b" and not deaths:
            deaths.append(answer)
            self._process.kill()
        return await compare(self, answer, gold, limit)

    monkeypatch.setattr(process.MathProcess, "compare", dies_once)
    assert pool.compare("b", "b").score == 1.0
    assert deaths == ["b"]


def test_an_answer_that_kills_every_process_is_wrong_and_says_why(pool, monkeypatch):
    compare = process.MathProcess.compare

    async def dies(self, answer, gold, limit):
        if answer == "b":
            self._process.kill()
        return await compare(self, answer, gold, limit)

    monkeypatch.setattr(process.MathProcess, "compare", dies)
    result = pool.compare("b", "b")
    assert (result.score, result.ended) == (0.0, "the mathematics process died")
    assert pool.compare("c", "c").score == 1.0


@linux
def test_a_process_that_died_idle_is_replaced(pool):
    pool.compare("c", "c")
    (idle,) = children(os.getpid())
    os.kill(idle, signal.SIGKILL)
    assert pool.compare("d", "d").score == 1.0


def test_several_threads_share_a_pool(pool):
    with ThreadPoolExecutor(8) as threads:
        scores = list(threads.map(lambda number: pool.compare(f"{number}y", f"y{number % 2}").score, range(8)))
    assert scores == [1.0, 1.0] + [0.0] * 6


def test_memory_is_bounded(pool, monkeypatch):
    monkeypatch.setattr(pool_module, "REMEMBERED", 1)
    for text in ("a", "b", "a", "b"):
        assert pool.compare(text, text).score == 1.0
    assert len(pool._known) == 1


def test_a_very_long_answer_is_not_read(pool):
    assert pool.compare("x" * 2_001, "x").ended == "answer of more than 2000 characters"


@pytest.mark.parametrize(("settings", "message"), [({"workers": 0}, "at least 1"), ({"limit": 0}, "more than 0")])
def test_settings_that_cannot_work_are_refused(settings, message):
    with pytest.raises(UsageError, match=message):
        MathPool("math", **settings)


def test_a_missing_package_says_what_mends_it(pool, monkeypatch):
    monkeypatch.setattr(process, "find_spec", lambda name: None)
    for _ in range(2):
        with pytest.raises(MissingExtra, match=r"prism-eval\[math\]"):
            pool.compare("x", "y")


def test_a_process_that_does_not_start_is_an_error(pool, monkeypatch):
    monkeypatch.setattr(process.sys, "executable", "/bin/false" if sys.platform != "win32" else "where")
    with pytest.raises(PrismError, match="does not start: run"):
        pool.compare("x", "y")


@linux
def test_close_ends_busy_and_idle_processes_and_those_who_wait_hear_of_it():
    pool = MathPool("math", limit=60.0)
    with ThreadPoolExecutor() as threads:
        pool.compare("x", "x")
        waiting = [threads.submit(pool.compare, tower, "5") for tower in TOWERS]
        assert wait_until(lambda: len(children(os.getpid())) == 2, 30)
        pool.close()
        for one in waiting:
            with pytest.raises(PrismError, match="stopped before"):
                one.result(timeout=10)
    assert children(os.getpid()) == set()
    assert not any(thread.name == "mathematics" for thread in threading.enumerate())
    assert pool.compare("x", "y").score == 0.0
    pool.close()
    assert children(os.getpid()) == set()


@linux
def test_a_forgotten_pool_leaves_no_process():
    pool = MathPool("math")
    pool.compare("x", "x")
    assert len(children(os.getpid())) == 1
    del pool
    assert wait_until(lambda: children(os.getpid()) == set(), 10)


PARENT = """
    import os, threading, time
    from prism_eval.scoring.maths.pool import MathPool

    pool = MathPool("math", limit=1.0)
    pool.compare("x", "x")
    print("ready", flush=True)
"""


def parent(body: str, folder: Path) -> subprocess.Popen[str]:
    code = textwrap.dedent(PARENT) + textwrap.dedent(body)
    return subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=folder, start_new_session=True
    )


@linux
def test_nothing_is_left_when_the_parent_is_killed(tmp_path):
    """One process sees its input end; the other one, which computes for ever, has a clock of its own."""
    body = f"""
        threading.Thread(target=pool.compare, args=({TOWERS[0]!r}, "5")).start()
        while True: pool.compare(str(time.time()) + "x", "x")
    """
    with parent(body, tmp_path) as killed:
        assert killed.stdout.readline() == "ready\n"
        assert wait_until(lambda: len(children(killed.pid)) == 2, 60)
        left = children(killed.pid)
        killed.kill()
        killed.wait()
        assert wait_until(lambda: not any(map(lives, left)), 20)


@linux
def test_ctrl_c_reaches_only_the_parent(tmp_path):
    body = """
        try:
            print("waits", flush=True)
            time.sleep(60)
        except KeyboardInterrupt:
            print(pool.compare("y", "y").score, flush=True)
        time.sleep(60)
    """
    with parent(body, tmp_path) as interrupted:
        assert [interrupted.stdout.readline() for _ in range(2)] == ["ready\n", "waits\n"]
        before = children(interrupted.pid)
        assert len(before) == 1
        os.killpg(interrupted.pid, signal.SIGINT)
        assert interrupted.stdout.readline() == "1.0\n"
        assert children(interrupted.pid) == before
        interrupted.kill()


@linux
def test_an_interpreter_that_ends_without_close_leaves_nothing(tmp_path):
    with parent("time.sleep(2)", tmp_path) as ended:
        assert ended.stdout.readline() == "ready\n"
        left = children(ended.pid)
        assert len(left) == 1
        assert ended.wait(timeout=30) == 0
    assert wait_until(lambda: not any(map(lives, left)), 5)


@pytest.mark.parametrize("name", ["math_verify", "json", "math", "sympy", "random"])
def test_a_module_in_the_working_directory_is_never_executed(pool, tmp_path, monkeypatch, name):
    marker = tmp_path / "executed"
    (tmp_path / f"{name}.py").write_text(f"open({str(marker)!r}, 'w').close()\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    # What many shell profiles make of an unset variable: an empty entry, which is the working directory.
    monkeypatch.setenv("PYTHONPATH", os.pathsep)
    assert pool.compare("x+1", "1+x").score == 1.0
    assert not marker.exists()


def test_a_whole_folder_of_traps_changes_nothing(pool, tmp_path, monkeypatch):
    """Modules, a package of our own name, what Python runs at its start, and variables that point to them."""
    marker = tmp_path / "executed"
    trap = f"open({str(marker)!r}, 'a').write(__file__)\n"
    modules = ("math_verify", "json", "math", "sympy", "sitecustomize", "usercustomize", "logging", "signal", "worker")
    packages = ("prism_eval", "prism_eval/scoring", "prism_eval/scoring/maths")
    for package in packages:
        (tmp_path / package).mkdir()
    files = [*(f"{name}.py" for name in modules), *(f"{package}/__init__.py" for package in packages)]
    for file in (*files, "prism_eval/scoring/maths/worker.py", "start.py"):
        (tmp_path / file).write_text(trap, encoding="utf-8")
    (tmp_path / "traps.pth").write_text(f"import os; exec({trap!r})\n", encoding="utf-8")
    (tmp_path / "pyvenv.cfg").write_text(f"home = {tmp_path}\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep)
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "start.py"))
    monkeypatch.setenv("PYTHONSAFEPATH", "")
    monkeypatch.setenv("PYTHONINSPECT", "1")
    monkeypatch.setenv("PYTHONWARNINGS", "error::math_verify.Trap")
    assert pool.compare("x+1", "1+x").score == 1.0
    assert not marker.exists()


@linux
def test_processes_see_no_keys(pool, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "secret-of-the-user")
    pool.compare("x", "x")
    (pid,) = children(os.getpid())
    assert b"secret-of-the-user" not in Path(f"/proc/{pid}/environ").read_bytes()


def test_importing_the_scorers_loads_no_mathematics():
    code = (
        "import sys, prism_eval.scoring.caprl, prism_eval.scoring.mathvision, prism_eval.scoring.judged;"
        "print({'math_verify', 'sympy', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
