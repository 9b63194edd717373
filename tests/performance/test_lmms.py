"""lmms-eval beside prism-eval: the same server, images and questions, in turns. Run with ``-m performance -s``.

Both ask a model that sees the image, once a question: lmms-eval by its backends for such servers, prism-eval by its
control ``direct``. ``LMMS_PYTHON`` names the Python of an environment with lmms-eval, where it is not this one; how to
make one is in tox.ini, under ``lmms``.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import pytest

from tests.lmms import local_tasks
from tests.performance.account import Account
from tests.performance.charts import chart_png
from tests.performance.conftest import Record
from tests.performance.measuring import Measured, start_to_exit
from tests.server.plugin import ServerProcess

pytestmark = pytest.mark.performance
_AT_ONCE, _FEW, _TURNS = 64, 200, 3
_BACKENDS = {"openai": f"num_concurrent={_AT_ONCE}", "async_openai": f"num_cpus={_AT_ONCE}"}
"""Each with as many requests in flight as prism-eval; neither was faster with half or twice as many."""


@pytest.fixture(scope="module")
def lmms_python() -> str:
    """The Python that has lmms-eval; skips where none is known."""
    named = os.environ.get("LMMS_PYTHON")
    if named is None and importlib.util.find_spec("lmms_eval") is None:
        pytest.skip("lmms-eval is not installed here, and LMMS_PYTHON names no Python that has it")
    return named or sys.executable


@dataclass(frozen=True)
class Program:
    """What one program took for some questions.

    Attributes:
        took: Start to exit.
        rate: Questions a second, from the first that arrived at the server to the last that was answered.
    """

    took: Measured
    rate: float


def write_data(home: Path, python: str, *, side: int, questions: int) -> None:
    """The same questions as a benchmark's folder and as a task of lmms-eval's."""
    rng = np.random.default_rng(side)
    rows = (
        {
            "type": "human_test",
            "question": f"What is the value of bar {number}?",
            "answer": str(number),
            "image": chart_png(rng, (side, side)),
        }
        for number in range(questions)
    )
    (home / "data" / "chartqa").mkdir(parents=True)
    data = local_tasks.write_parquet(home / "data" / "chartqa" / "test.parquet", rows)
    where = "import importlib.util as u; print(u.find_spec('lmms_eval').submodule_search_locations[0])"
    package = subprocess.run([python, "-c", where], capture_output=True, text=True, check=True).stdout.strip()
    upstream = Path(package) / "tasks" / "chartqa" / "chartqa.yaml"
    task = local_tasks.LOCAL.format(upstream=upstream, task="chartqa_local", split="test", data=data)
    (home / "tasks").mkdir()
    (home / "tasks" / "chartqa_local.yaml").write_text(task, encoding="utf-8")


def commands(home: Path, python: str, url: str) -> Mapping[str, list[str]]:
    """The programs by name; what they write lies beside the data."""
    spec = f"openai:model?base_url={url}"
    words = f"run -q -b chartqa --no-images --concurrency {_AT_ONCE} -c direct({spec}) -r {spec}".split()
    places = f"--data {home / 'data'} --out {home / 'run'} --store {home / 'store.sqlite'} --overwrite".split()
    theirs = {
        name: f"{python} -m lmms_eval --model {name} --model_args model_version=model,base_url={url},api_key=none,"
        f"timeout=600,{at_once} --tasks chartqa_local --include_path {home / 'tasks'} --batch_size 1 "
        f"--output_path {home / name}".split()
        for name, at_once in _BACKENDS.items()
    }
    return {"prism-eval": [sys.executable, "-m", "prism_eval", *words, *places], **theirs}


def measured(home: Path, python: str, spawn: Callable[..., ServerProcess]) -> dict[str, Program]:
    """What each of the programs takes, one after the other, each with a server of its own that has met nobody."""
    found = {}
    for name in ("prism-eval", *_BACKENDS):
        # Who sees an image is a captioner to this server; a chart's question is answered in a few words all the same.
        server = spawn("paced", log=False, overhead=0.02, caption_tokens=4)
        command = commands(home, python, server.url)[name]
        quiet = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(home / "huggingface"), "OPENAI_API_KEY": "none"}
        took = start_to_exit(command, home / f"{name}.log", **quiet)
        account = Account.of(server.url)
        found[name] = Program(took, len(account.answered) / account.seconds)
        print(f"\n{name}: {len(account.answered)} questions, {found[name].rate:.1f} a second, {took}", end="")
        server.process.kill()
    # Its answers are in its store, and it would not ask again.
    (home / "store.sqlite").unlink()
    return found


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("side", "questions", "faster"), [(256, 1600, 6), (1024, 300, 20)])
def test_throughput_where_the_client_is_the_limit(
    side: int,
    questions: int,
    faster: float,
    lmms_python: str,
    tmp_path: Path,
    spawn_server: Callable[..., ServerProcess],
    record: Record,
) -> None:
    write_data(tmp_path, lmms_python, side=side, questions=questions)
    # In turns, and the medians: a machine that others use as well is a third slower from one minute to the next.
    turns = [measured(tmp_path, lmms_python, spawn_server) for _ in range(_TURNS)]
    rates = {name: median(turn[name].rate for turn in turns) for name in turns[0]}
    best = max(_BACKENDS, key=rates.__getitem__)
    ratio = median(turn["prism-eval"].rate / turn[best].rate for turn in turns)
    about = (
        f"{questions} questions, {_AT_ONCE} in flight at a server that takes 20 ms: "
        f"{rates['prism-eval']:.0f} a second, lmms-eval's {best} {rates[best]:.0f}; medians of {_TURNS} turns"
    )
    record(f"throughput beside lmms-eval, {side} px", ratio, at_least=faster, unit="x", about=about)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("side", [256, 1024])
def test_a_small_run_from_start_to_exit(
    side: int, lmms_python: str, tmp_path: Path, spawn_server: Callable[..., ServerProcess], record: Record
) -> None:
    write_data(tmp_path, lmms_python, side=side, questions=_FEW)
    found = measured(tmp_path, lmms_python, spawn_server)
    ours, theirs = found["prism-eval"].took, [found[name].took for name in _BACKENDS]
    wall, memory = min(one.seconds for one in theirs), min(one.megabytes for one in theirs)
    about = f"{_FEW} questions start to exit: {ours.seconds:.1f} s and {wall:.1f} s"
    name = f"{_FEW} questions beside lmms-eval, {side} px"
    record(f"{name}: wall time", ours.seconds / wall, at_most=1 / 6, unit="x", about=about)
    about = f"{_FEW} questions: {ours.megabytes:.0f} MB and {memory:.0f} MB"
    record(f"{name}: memory", ours.megabytes / memory, at_most=1 / 3, unit="x", about=about)
