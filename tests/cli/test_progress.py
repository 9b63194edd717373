"""What is shown while a run goes on: to a terminal, to a log, to a machine."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import subprocess
import sys
from dataclasses import replace

import pytest

from prism_eval.cli.progress import told, told_of
from prism_eval.run.pace import Pace, StagePace
from tests.builders import chart_folder


@pytest.fixture
def words(tmp_path):
    """A run of so many charts against a server, without its display."""

    def make(server, *more, images=12, questions=2):
        data = chart_folder(tmp_path / "data", images=images, questions=questions)
        spec = f"openai:model?base_url={server.url}"
        return [
            sys.executable, "-m", "prism_eval", "run", "-c", spec, "-r", spec, "-b", "chartqa", "--no-images",
            "--data", str(data), "--out", str(tmp_path / "run"), "--store", str(tmp_path / "store"), *more,
        ]  # fmt: skip

    return make


def shown(command):
    return subprocess.run(command, check=False, capture_output=True, text=True)


def events(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def test_a_machine_reads_one_object_a_line(words, serve):
    server = serve(latency=0.4)
    done = shown(words(server, "--progress", "json", "--concurrency", "4"))
    assert done.returncode == 0, done.stderr
    first, *between, last = events(done.stderr)
    assert len(events(done.stderr)) == len(done.stderr.splitlines()), "nothing else stands between them"
    assert (first["event"], first["total"]) == ("start", 24)
    assert server.url in first["destinations"]
    assert {event["event"] for event in between} == {"progress"}
    assert [event["done"] for event in between] == sorted(event["done"] for event in between)
    assert (
        max(event["stages"]["caption"]["in_flight"] + event["stages"]["answer"]["in_flight"] for event in between) <= 4
    )
    assert (last["event"], last["done"], last["left"]) == ("end", 24, 0.0)
    assert {name: stage["made"] for name, stage in last["stages"].items()} == {"caption": 12, "answer": 24}
    assert {stage["in_flight"] for stage in last["stages"].values()} == {0}
    assert last["stages"]["answer"]["tokens_per_second"] > 0
    assert "Took " in done.stdout
    assert "36 requests; 12 captions shared with an earlier question." in done.stdout


def test_the_end_is_told_however_a_run_ends(words, serve):
    server = serve(fail=1.0, modes=("401",))
    done = shown(words(server, "--progress", "json"))
    assert done.returncode != 0
    last = events(done.stderr)[-1]
    assert (last["event"], last["stages"]["answer"]["made"]) == ("end", 0)


def test_what_is_done_counts_though_an_earlier_one_is_late(words, serve):
    # The first chart's caption takes long; the results of all the others wait for it to be written.
    server = serve(fail=1.0, modes=("slow",), slow=4.0, only="in chart 0?")
    done = shown(words(server, "--progress", "json"))
    seen = [event["done"] for event in events(done.stderr) if event["event"] == "progress"]
    assert 22 in seen


def test_a_log_gets_plain_lines_and_what_was_tried_again(words, serve):
    server = serve(quota=12, window=4.0, over="429", retry_after="3")
    done = shown(words(server))
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stderr
    line = r"^\d+ of 24 done.* · waiting for http://\S+: .* · captions \d+ made"
    assert re.search(line, done.stderr, re.MULTILINE)
    assert re.search(r"\d+ requests \(\d+ tried again\)", done.stdout)


def test_a_terminal_of_80_columns_shows_a_bar_and_a_line_for_each_stage(words, serve):
    server = serve(latency=0.3)
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"}
    environment.pop("NO_COLOR", None)
    process = subprocess.Popen(
        words(server, "--concurrency", "2", "--progress", "auto"),
        stdout=subprocess.PIPE, stderr=theirs, stdin=subprocess.DEVNULL, env=environment, close_fds=True,
    )  # fmt: skip
    os.close(theirs)
    written = b""
    # A terminal whose other side is closed says so by an error.
    with contextlib.suppress(OSError):
        while part := os.read(ours, 65536):
            written += part
    os.close(ours)
    assert process.communicate()[0]
    assert process.returncode == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written.decode())
    lines = {line.strip() for line in re.split(r"[\r\n]+", text)}
    assert max(len(line) for line in lines if not line.startswith("Images go to")) <= 80
    assert any(re.match(r"\d+/24 .* \d+ s left", line) for line in lines)
    assert any(re.match(r"captions \d+ made, .*in flight", line) for line in lines)
    assert any(re.match(r"answers \d+ made, .*tokens/s", line) for line in lines)


@pytest.mark.parametrize("how", ["none", "-q"])
def test_nothing_is_shown_to_whoever_wants_nothing(words, serve, how):
    flags = ["-q"] if how == "-q" else ["--progress", how]
    done = shown(words(serve(), *flags, images=1))
    assert (done.returncode, done.stderr) == (0, "")


def test_a_way_that_there_is_not_is_refused(words, serve):
    done = shown(words(serve(), "--progress", "loud"))
    assert done.returncode == 2
    assert "'loud' is not one of" in done.stderr.replace("\n", " ")


def test_what_is_nothing_goes_without_saying():
    quiet = StagePace(0, 0, 0, 0, 0, None, None)
    assert told_of("caption", quiet) == "captions 0 made"
    busy = StagePace(1200, 40, 3, 2, 16, 3.24, 2100.0)
    assert told_of("answer", busy) == (
        "answers 1,200 made, 40 stored, 3 failed, 16 in flight, 3.2/s, 2,100 tokens/s, 2 tried again"
    )
    assert told_of("answer", replace(busy, cached=0.624)).endswith("62 % of prompts cached, 2 tried again")
    assert told(Pace(1204, 4000, 60.0, 720.0, {}, ())) == "1,204 of 4,000 done, 12 min left"
    assert told(Pace(7, None, 60.0, None, {}, ())) == "7 done"
