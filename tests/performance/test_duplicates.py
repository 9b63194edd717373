"""Calls that are made twice where servers fail and runs are killed. Run with ``-m performance -s``."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders import chart_folder
from tests.performance.account import Account
from tests.performance.conftest import Record
from tests.server.plugin import ServerProcess

pytestmark = pytest.mark.performance
_IMAGES, _QUESTIONS, _KILLS, _SLOTS = 300, 4, 5, 32
_LET_THE_SERVER_READ = 0.2


def test_nothing_is_asked_twice(tmp_path: Path, spawn_server: Callable[..., ServerProcess], record: Record) -> None:
    # A tenth of the requests fail and five runs are killed; what failed is asked again, and what was answered never.
    server = spawn_server("paced", log=False, slots=_SLOTS, decode=0.001, fail=0.1, modes="429,500,reset")
    data = chart_folder(tmp_path / "data", images=_IMAGES, questions=_QUESTIONS)
    spec = f"openai:model?base_url={server.url}"
    words = f"run -q -b chartqa --no-images --concurrency {_SLOTS} -c {spec} -r {spec} --data {data}".split()
    places = ["--out", str(tmp_path / "run"), "--store", str(tmp_path / "store.sqlite")]
    command = [sys.executable, "-m", "prism_eval", *words, *places]
    rng, kills = random.Random(3), []
    for number in range(_KILLS):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        calls = (number + 1) * _IMAGES * (1 + _QUESTIONS) // (_KILLS + 2) + rng.randrange(50)
        while len(Account.of(server.url).answered) < calls and process.poll() is None:
            time.sleep(0.2)
        assert process.poll() is None, "it was over before it could be killed"
        killed = time.time()
        process.kill()
        process.wait()
        time.sleep(_LET_THE_SERVER_READ)
        kills.append((killed, time.time()))
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    account = Account.of(server.url)
    distinct = len({call.fingerprint for call in account.answered})
    assert distinct == _IMAGES * (1 + _QUESTIONS), "nothing is lost either"
    about = (
        f"{distinct:,} calls, a tenth of all tries failing, {_KILLS} times kill -9; what a kill broke off is excused"
    )
    record("calls made twice", account.repeats(kills), at_most=0, unit="calls", about=about)
