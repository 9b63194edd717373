"""The whole program with real models: nothing of vLLM's is left however it ends, and what went wrong is one line."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.builders import chart_folder
from tests.engines.transformers.conftest import picture
from tests.engines.vllm.conftest import SPEC
from tests.engines.vllm.processes import alive, children, descendants, wait_until

Models = Callable[[str], Path]
_LOADS = 240.0
both = pytest.mark.parametrize("serve", ["false", "true"])


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "prism_eval", *words]


def run_words(models: Models, folder: Path, serve: str, *, seer: str = "", tokens: int = 24) -> list[str]:
    data = folder / "data"
    if not data.exists():
        chart_folder(data, images=6)
        for number in range(6):
            (data / "chartqa" / "images" / f"{number}.png").write_bytes(picture(number).data)
    seer = seer or f"vllm:{models('qwen')}?{SPEC}&max_tokens={tokens}&serve={serve}"
    words = ["run", "-c", f"{seer}&label=seer", "-r", "lexical", "-b", "chartqa", "--data", str(data)]
    return command(*words, "--store", str(folder / "s.sqlite"), "--out", str(folder / "run"))


@contextlib.contextmanager
def running(words: list[str]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        words, env={**os.environ, "COLUMNS": "400"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for_captions(folder: Path, process: subprocess.Popen[str]) -> set[int]:
    """Wait until vLLM is at work; returns all that was started."""
    log = folder / "run" / "vllm-qwen.log"

    def up() -> bool:
        # What vLLM says of the first conversation.
        return log.exists() and "chat template content format" in log.read_text(errors="replace")

    assert wait_until(lambda: up() or process.poll() is not None, _LOADS)
    assert process.poll() is None, process.communicate()
    return descendants(process.pid)


@both
def test_captions_from_the_command_line(serve: str, models: Models, tmp_path: Path) -> None:
    done = subprocess.run(run_words(models, tmp_path, serve), capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr
    said = (done.stdout + done.stderr).splitlines()
    assert not [line for line in said if "INFO" in line or "WARNING" in line or "transformers" in line]
    assert "Traceback" not in done.stderr
    assert "leaked" not in done.stderr
    texts = {row["text"] for row in pq.read_table(tmp_path / "run" / "captions.parquet").to_pylist()}
    assert len(texts) == 6
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert manifest["counts"]["entries"]["seer"]["completion_tokens"] > 0
    assert (tmp_path / "run" / "vllm-qwen.log").stat().st_size > 0
    # The other way finds what this one has stored: no model is loaded, and no server started.
    other = run_words(models, tmp_path, "true" if serve == "false" else "false")
    other[other.index("--out") + 1] = str(tmp_path / "again")
    again = subprocess.run(other, capture_output=True, text=True, timeout=120, check=False)
    assert "Captions: 0 made, 6 taken from the store" in again.stdout, again.stderr
    assert not list((tmp_path / "again").glob("*.log"))


@both
def test_kill_9_of_the_program_leaves_nothing(serve: str, models: Models, tmp_path: Path) -> None:
    with running(run_words(models, tmp_path, serve, tokens=900)) as process:
        begun = wait_for_captions(tmp_path, process)
        assert len(begun) >= 2
        process.kill()
        process.wait()
        assert wait_until(lambda: not any(map(alive, begun)), 40), [pid for pid in begun if alive(pid)]


@both
def test_ctrl_c_ends_at_once_and_leaves_nothing(serve: str, models: Models, tmp_path: Path) -> None:
    with running(run_words(models, tmp_path, serve, tokens=900)) as process:
        begun = wait_for_captions(tmp_path, process)
        asked = time.monotonic()
        process.send_signal(signal.SIGINT)
        code = process.wait(timeout=60)
        assert time.monotonic() - asked < 15
        _, said = process.communicate(timeout=60)
        assert code == 130, said
        assert "Traceback" not in said
        assert wait_until(lambda: not any(map(alive, begun)), 40), [pid for pid in begun if alive(pid)]


def test_kill_9_of_the_server_alone_ends_the_run_and_the_engine_core(models: Models, tmp_path: Path) -> None:
    with running(run_words(models, tmp_path, "true", tokens=900)) as process:
        begun = wait_for_captions(tmp_path, process)
        (keeper,) = (pid for pid in children(process.pid) if b"leash" in words_of(pid))
        (server,) = children(keeper)
        os.kill(server, signal.SIGKILL)
        _, said = process.communicate(timeout=90)
        assert process.returncode == 1, said
        # Before its first answer, or in the middle of one.
        assert re.search(r"vLLM's server (?:could not serve it|died) \(exit code 137\)", said), said
        assert "Traceback" not in said
        assert wait_until(lambda: not any(map(alive, begun)), 40), [pid for pid in begun if alive(pid)]


def test_kill_9_of_the_engine_core_ends_the_run(models: Models, tmp_path: Path) -> None:
    with running(run_words(models, tmp_path, "false", tokens=900)) as process:
        begun = wait_for_captions(tmp_path, process)
        core = next(pid for pid in begun if b"EngineCore" in words_of(pid))
        os.kill(core, signal.SIGKILL)
        _, said = process.communicate(timeout=90)
        assert process.returncode == 1, said
        assert "vLLM's engine died" in said
        assert "Traceback" not in said
        assert wait_until(lambda: not any(map(alive, begun)), 40), [pid for pid in begun if alive(pid)]


@both
@pytest.mark.parametrize("broken", ["weights", "argument"])
def test_one_that_does_not_load_says_why_in_one_line(broken: str, serve: str, models: Models, tmp_path: Path) -> None:
    model = shutil.copytree(models("qwen"), tmp_path / "qwen")
    more, words = '&engine_args={"no_such_argument": 1}', "no.such.argument"
    if broken == "weights":
        (model / "model.safetensors").write_bytes(b"no weights at all")
        more, words = "", r"qwen: vLLM.*Error.*\(the whole log: .*/run/vllm-qwen.log\)"
    seer = f"vllm:{model}?{SPEC}&max_tokens=24&serve={serve}{more}"
    done = subprocess.run(
        run_words(models, tmp_path, serve, seer=seer), capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 1, done.stderr
    print(done.stderr)
    (line,) = (line for line in done.stderr.splitlines() if "error:" in line.split(" ", 2)[1])
    assert re.search(words, line), line
    assert "Traceback" not in done.stderr


def words_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
