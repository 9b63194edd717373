"""``prism-eval reward serve`` in a process of its own: told where it is, asked, ended, killed and started anew."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from http.client import HTTPException

import pytest

from tests.rewards.reader import COLOUR, DOGS
from tests.rewards.serving.process import served
from tests.server.fault_server import Behaviour
from tests.server.threaded import ThreadedServer

BODY = {"rollouts": [{"caption": f"Caption {number} of a car.", "questions": [COLOUR, DOGS]} for number in range(20)]}


@pytest.fixture
def reader():
    with ThreadedServer(Behaviour(latency=0.02)) as running:
        yield running


@pytest.fixture
def start(tmp_path, reader):
    """Starts the server, on one store each time."""
    return partial(served, reader.url, tmp_path / "cache")


def post(url, body, **headers):
    request = urllib.request.Request(f"{url}/score", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as response:
        return [one["value"] for one in json.loads(response.read())["rewards"]]


def test_it_says_where_it_is_and_ends_when_it_is_told_to(start, tmp_path):
    with start("--log", tmp_path / "diary.jsonl", "--asks", "2") as server:
        assert server.url.startswith("http://127.0.0.1:")
        assert len(server.told) == 1
        values = post(server.url, BODY)
        assert all(value in (0.0, 0.5, 1.0) for value in values)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(timeout=20) == 0
    assert values.count(0.0) <= len((tmp_path / "diary.jsonl").read_text().splitlines())


def test_beyond_this_machine_it_asks_for_a_token_or_says_that_it_does_not(start):
    with start("--host", "0.0.0.0") as server:
        assert "whoever reaches 0.0.0.0 can ask this reader" in server.told[0]
    with start("--host", "0.0.0.0", PRISM_EVAL_REWARD_TOKEN="secret") as server:
        assert len(server.told) == 1
        here = server.url.replace("0.0.0.0", "127.0.0.1")
        with pytest.raises(urllib.error.HTTPError, match="401"):
            post(here, BODY)
        assert len(post(here, BODY, Authorization="Bearer secret")) == 20


def test_killed_under_load_and_started_again_it_goes_on_from_its_store(start, reader, tmp_path):
    # So slow that the kill comes before the end, on a busy machine too.
    reader.server.behaviour.latency = 0.5
    with start() as server:
        asking = ThreadPoolExecutor(1).submit(post, server.url, BODY)
        while len(reader.server.bodies) < 100:
            time.sleep(0.005)
        server.process.kill()
        # Whoever waits has no reply at all: nothing that could be taken for a reward.
        with pytest.raises((OSError, HTTPException)):
            asking.result(timeout=20)
    with closing(sqlite3.connect(tmp_path / "cache" / "store.sqlite")) as store:
        ((kept,),) = store.execute("SELECT count(*) FROM generations")
    reader.server.behaviour.latency = 0.0
    with start() as server:
        before = len(reader.server.bodies)
        values = post(server.url, BODY)
    assert None not in values
    # What is in the store is not asked again, and all the rest is.
    assert len(reader.server.bodies) - before == 20 * 8 - kept
    assert 0 < kept < 20 * 8


def test_a_port_that_is_taken_is_told_in_one_line(reader):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "prism_eval", "reward", "serve", "-r", "lexical", "--port", port],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 2
    assert f"cannot listen on 127.0.0.1, port {port}" in done.stderr
    assert done.stderr.count("\n") == 1
