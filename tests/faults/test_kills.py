"""A real process, a real server, a real SIGKILL."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest

from prism_eval.run.reading import Table
from tests.builders import chart_folder
from tests.server.calls import unexcused_repeats

LET_THE_SERVER_READ = 0.1
IMAGES, QUESTIONS = 40, 4


def command(server, tmp_path, *more):
    spec = f"openai:model?base_url={server.url}"
    return [
        sys.executable, "-m", "prism_eval", "run", "-c", spec, "-r", spec, "-b", "chartqa", "-q",
        "--data", str(tmp_path / "data"), "--store", str(tmp_path / "store.sqlite"), "--out", str(tmp_path / "run"),
        "--concurrency", "8", *more,
    ]  # fmt: skip


def start(server, tmp_path, *more):
    return subprocess.Popen(
        command(server, tmp_path, *more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background job ignores SIGINT, and so would its children, these tests' included.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - it only resets a signal
    )


def wait_for_calls(server, count, process):
    deadline = time.monotonic() + 30
    while len(server.events()) < count and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)


def test_ten_kills_repeat_nothing_that_was_finished(spawn_server, tmp_path):
    server = spawn_server(latency=0.05)
    chart_folder(tmp_path / "data", images=IMAGES, questions=QUESTIONS)
    rng = random.Random(7)
    kills = []
    for _ in range(10):
        process = start(server, tmp_path)
        wait_for_calls(server, len(server.events()) + rng.randrange(4, 30), process)
        time.sleep(rng.random() * 0.1)
        killed = time.time()
        process.kill()
        process.communicate()
        time.sleep(LET_THE_SERVER_READ)
        kills.append((killed, time.time()))
    finished = start(server, tmp_path)
    _, errors = finished.communicate(timeout=120)
    assert finished.returncode == 0, errors

    rows = list(Table(tmp_path / "run", "verdicts").rows(["item", "outcome", "images"]))
    assert len(rows) == IMAGES * QUESTIONS
    assert {row["outcome"] for row in rows} <= {"correct", "wrong"}
    assert unexcused_repeats(server.events(), kills) == []
    arrivals = Counter(event.fingerprint for event in server.events() if event.event == "arrive")
    assert len(arrivals) == IMAGES + IMAGES * QUESTIONS


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_stops_within_a_second_keeps_everything_and_says_how_to_go_on(number, spawn_server, tmp_path):
    server = spawn_server(latency=0.2)
    chart_folder(tmp_path / "data", images=IMAGES, questions=QUESTIONS)
    process = start(server, tmp_path)
    wait_for_calls(server, 20, process)
    asked = time.monotonic()
    os.kill(process.pid, number)
    _, errors = process.communicate(timeout=10)
    took = time.monotonic() - asked
    assert process.returncode == 130
    assert took < 1.5, f"took {took:.2f} s"
    assert "give the same command again" in errors
    assert "Traceback" not in errors
    answered = {event.fingerprint for event in server.events() if event.event == "finish"}
    before = len(server.events())
    again = start(server, tmp_path)
    again.communicate(timeout=60)
    assert again.returncode == 0
    repeated = [
        event for event in server.events()[before:] if event.event == "arrive" and event.fingerprint in answered
    ]
    assert len(repeated) <= 8, "only what was in flight may be asked again"


def test_ctrl_c_stops_within_a_second_while_a_server_is_waited_for(spawn_server, tmp_path):
    server = spawn_server(latency=0.05)
    chart_folder(tmp_path / "data", images=IMAGES, questions=QUESTIONS)
    process = start(server, tmp_path)
    wait_for_calls(server, 20, process)
    server.process.kill()
    time.sleep(1.5)
    asked = time.monotonic()
    os.kill(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=10)
    assert time.monotonic() - asked < 1.5
    assert (process.returncode, len(errors.strip().splitlines())) == (130, 1), errors


def test_a_fifth_of_calls_failing_still_ends_every_item(spawn_server, tmp_path):
    server = spawn_server(fail=0.2)
    chart_folder(tmp_path / "data", images=IMAGES, questions=QUESTIONS)
    process = start(server, tmp_path)
    _, errors = process.communicate(timeout=120)
    assert "Traceback" not in errors
    rows = list(Table(tmp_path / "run", "verdicts").rows(["outcome", "score"]))
    assert len(rows) == IMAGES * QUESTIONS
    assert {row["outcome"] for row in rows} <= {"correct", "wrong", "failed"}
    failed = [row for row in rows if row["outcome"] == "failed"]
    assert all(row["score"] is None for row in failed)
    assert process.returncode == (1 if failed else 0)


def test_a_server_of_failures_only_scores_nothing(spawn_server, tmp_path):
    server = spawn_server(fail=1.0, modes="500")
    chart_folder(tmp_path / "data", images=2, questions=1)
    (tmp_path / "plan.toml").write_text("attempts = 1\n", encoding="utf-8")
    process = start(server, tmp_path, "--plan", str(tmp_path / "plan.toml"))
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert {row["outcome"] for row in Table(tmp_path / "run", "verdicts").rows(["outcome"])} == {"failed"}
    assert "2 items failed and are in no score" in errors
    assert "500" in errors
