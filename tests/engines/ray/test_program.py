"""The whole program with replicas in a cluster of this machine, in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.builders import chart_folder
from tests.engines.ray.conftest import ended, marked

POINTS = "[prism_eval.engines]\ncounting = tests.engines.ray.counting:Counting\n"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder to put on the path, with a stranger's engine in it as pip would leave it there."""
    pytest.importorskip("ray", reason="the extra [ray] is not installed: tox run -e engines")
    facts = tmp_path / "site" / "prism_eval_counting-0.1.dist-info"
    facts.mkdir(parents=True)
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: prism-eval-counting\nVersion: 0.1\n")
    (facts / "entry_points.txt").write_text(POINTS)
    return facts.parent


def begin(site: Path, mark: str, *words: str) -> subprocess.Popen[str]:
    name, _, value = mark.partition("=")
    return subprocess.Popen(
        [sys.executable, "-m", "prism_eval", *words],
        env={**os.environ, "PYTHONPATH": str(site), "COLUMNS": "400", "HF_HUB_OFFLINE": "1", name: value},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def prism_eval(site: Path, mark: str, *words: str) -> tuple[int, str]:
    running = begin(site, mark, *words)
    said = "".join(running.communicate(timeout=240))
    return running.returncode, said


def words_of(tmp_path: Path, engine: str, out: str, *more: str) -> list[str]:
    data = tmp_path / "data"
    if not data.exists():
        chart_folder(data)
    return [
        *("run", "-c", f"{engine}?salt=eyes{''.join(more)}", "-r", f"{engine}?salt=reads{''.join(more)}"),
        *("-b", "chartqa", "--data", str(data), "--out", str(tmp_path / out)),
    ]


def rows(tmp_path: Path, out: str) -> list[list[dict[str, object]]]:
    return [pq.read_table(tmp_path / out / f"{name}.parquet").to_pylist() for name in ("captions", "answers")]


def test_a_run_in_a_cluster_is_the_run_without_and_each_finds_what_the_other_did(
    site: Path, mark: str, tmp_path: Path
) -> None:
    notes = f"&notes={tmp_path / 'notes'}"
    ray = words_of(tmp_path, "ray:counting:m", "ray", "&replicas=2", notes)
    code, said = prism_eval(site, mark, *ray, "--store", str(tmp_path / "one"))
    assert code == 0, said
    for noise in ("Traceback", "(raylet)", "WARNING", "INFO", "worker.py", "Ray "):
        assert noise not in said, said
    assert ended(mark, 10), "it leaves no process behind"
    plain = words_of(tmp_path, "counting:m", "plain", notes)
    assert prism_eval(site, mark, *plain, "--store", str(tmp_path / "two"))[0] == 0
    assert rows(tmp_path, "ray") == rows(tmp_path, "plain")
    calls = (tmp_path / "notes").read_text().count(" begin ")
    for words, store in ((plain, "one"), (ray, "two")):
        words[words.index("--out") + 1] += "-again"
        code, said = prism_eval(site, mark, *words, "--store", str(tmp_path / store))
        assert code == 0, said
        assert "Captions: 0 made" in said
    assert (tmp_path / "notes").read_text().count(" begin ") == calls
    manifest = json.loads((tmp_path / "ray" / "manifest.json").read_text())
    assert manifest["captioners"][0]["identity"]["engine"]["plugin"] == "counting"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_however_it_ends_nothing_is_left_behind(how: signal.Signals, site: Path, mark: str, tmp_path: Path) -> None:
    words = words_of(tmp_path, "ray:counting:m", "run", "&replicas=2&pause=30", f"&notes={tmp_path / 'notes'}")
    running = begin(site, mark, *words, "--store", str(tmp_path / "store"))
    until = time.monotonic() + 120
    while not ((tmp_path / "notes").exists() and " begin " in (tmp_path / "notes").read_text()):
        assert running.poll() is None, "".join(running.communicate())
        assert time.monotonic() < until
        time.sleep(0.2)
    assert len(marked(mark)) > 4, "a cluster is there"
    assert len(marked(mark, b"ray::Worker")) == 2
    begun = time.monotonic()
    # As a terminal does it: to all of the program's group.
    os.killpg(running.pid, how) if how is signal.SIGINT else os.kill(running.pid, how)
    _, said = running.communicate(timeout=60)
    took = time.monotonic() - begun
    print(f"\n{how.name}: ended after {took:.1f} s with {running.returncode}")
    assert "Traceback" not in said
    assert took < 10
    if how is signal.SIGINT:
        assert running.returncode == 130, said
    if how is signal.SIGKILL:
        assert ended(mark, 20, b"ray::Worker"), "no model holds its memory any longer"
    # Killed, Ray's agent looks a minute for the rest of Ray before it ends as well.
    assert ended(mark, 90 if how is signal.SIGKILL else 20), f"{marked(mark)} are left"


def test_doctor_says_what_a_replica_says(site: Path, mark: str) -> None:
    code, said = prism_eval(site, mark, "doctor", "ray:counting:m?replicas=2")
    assert code == 0, said
    assert "2 of 2 replicas ready" in said
    code, said = prism_eval(site, mark, "doctor", "ray:counting:m?refuses=no such weights")
    assert code == 1
    assert "no such weights" in said
    assert "Traceback" not in said
