"""A run is a pure function of its plan: every call once, whoever asks, whatever the plugin says the next time."""

from __future__ import annotations

import itertools
import subprocess
import sys
import textwrap
import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from prism_eval import evaluate
from prism_eval.captioners.base import Captioner
from prism_eval.captioners.blind import Blind
from prism_eval.captioners.budget import Budget
from prism_eval.captioners.merge import Merge
from prism_eval.captioners.mismatched import Mismatched
from prism_eval.errors import UsageError
from prism_eval.plugins import runtime
from prism_eval.schema import Caption
from tests.builders import chart_folder

IMAGES = 30
_NEVER_AGAIN = itertools.count()


@dataclass(kw_only=True)
class Restless(Captioner):
    """Never says the same thing twice; counts what it was asked."""

    asked: list[str] = runtime(default_factory=list)

    async def caption(self, images, *, sample, question=None):
        self.asked.append(f"{images[0].digest}/{sample}")
        number = next(_NEVER_AGAIN)
        return Caption(f"caption number {number} of this chart, with the value {number % 7}")


def entries(a: Captioner) -> dict[str, Captioner]:
    return {
        "a": a,
        "budget(a)": Budget(parts=(a,), words=4),
        "merge(a, blind)": Merge(parts=(a, Blind())),
        "mismatched(a)": Mismatched(parts=(a,)),
        "merge(budget(a), a)": Merge(parts=(Budget(parts=(a,), words=2), a)),
    }


@pytest.fixture
def data(tmp_path):
    return chart_folder(tmp_path / "data", images=IMAGES, questions=2)


def run(tmp_path, data, name, a, **plan):
    return evaluate(entries(a), benchmarks="chartqa", data=data, out=tmp_path / name,
                    store=tmp_path / "store.sqlite", **plan)  # fmt: skip


def tables(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.parquet"))}


def test_side_by_side_in_combinators_a_captioner_is_asked_once_an_image(tmp_path, data):
    a = Restless()
    result = run(tmp_path, data, "one", a)
    assert result.failed == 0
    assert len(a.asked) == len(set(a.asked)) == IMAGES
    frame = result.to_pandas().pivot_table(index=["item"], columns="captioner", values="caption", aggfunc="first")
    for said, cut, merged, both in frame[["a", "budget(a)", "merge(a, blind)", "merge(budget(a), a)"]].to_numpy():
        assert said.startswith(cut)
        assert merged == said
        assert both.endswith(said)


def test_a_second_run_on_the_same_store_writes_the_same_bytes(tmp_path, data):
    first, second = Restless(), Restless()
    one, two = run(tmp_path, data, "one", first), run(tmp_path, data, "two", second)
    assert (len(first.asked), second.asked) == (IMAGES, [])
    assert two.tallies["caption"].made == 0
    assert tables(one.folder.path) == tables(two.folder.path)


def test_samples_are_calls_of_their_own(tmp_path, data):
    a = Restless()
    run(tmp_path, data, "one", a, samples=3)
    assert len(a.asked) == len(set(a.asked)) == 3 * IMAGES


def test_two_runs_at_the_same_time_end_with_the_same_bytes(tmp_path, data):
    threads = [threading.Thread(target=run, args=(tmp_path, data, name, Restless())) for name in ("one", "two")]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert tables(tmp_path / "one") == tables(tmp_path / "two") != {}


_SCRIPT = """
    import asyncio, os, sys, time, uuid
    from dataclasses import dataclass
    from prism_eval import Caption, Captioner, evaluate

    @dataclass(kw_only=True)
    class Restless(Captioner):
        async def caption(self, images, *, sample, question=None):
            await asyncio.sleep(0.01)
            return Caption(uuid.uuid4().hex)

    data, out, store, go = sys.argv[1:]
    print("ready", flush=True)
    while not os.path.exists(go):
        time.sleep(0.001)
    evaluate({"a": Restless()}, benchmarks="chartqa", data=data, out=out, store=store)
"""


def test_two_processes_at_the_same_time_end_with_the_same_bytes(tmp_path, data):
    script, go = tmp_path / "both.py", tmp_path / "go"
    script.write_text(textwrap.dedent(_SCRIPT), encoding="utf-8")
    words = [str(data), None, str(tmp_path / "store.sqlite"), str(go)]
    processes = []
    for name in ("one", "two"):
        words[1] = str(tmp_path / name)
        processes.append(subprocess.Popen([sys.executable, str(script), *words], stdout=subprocess.PIPE, text=True))
    for process in processes:
        assert process.stdout.readline().strip() == "ready"
    go.touch()
    assert [process.wait(60) for process in processes] == [0, 0]
    [process.stdout.close() for process in processes]
    assert tables(tmp_path / "one") == tables(tmp_path / "two") != {}


@dataclass(kw_only=True)
class Named(Captioner):
    word: str = "x"
    secret: list = field(default_factory=list)

    async def caption(self, images, *, sample, question=None):
        return Caption(self.word)


def test_two_entries_that_are_one_and_the_same_are_refused(tmp_path, data):
    with pytest.raises(UsageError, match=r"'p' and 'q' are one and the same.*revision=.*label="):
        evaluate({"p": Named(), "q": Named()}, benchmarks="chartqa", data=data, out=tmp_path / "run")
    same = "openai:m?base_url=http://127.0.0.1:{port}/v1&label={port}"
    with pytest.raises(UsageError, match="'1' and '2' are one and the same"):
        evaluate([same.format(port=1), same.format(port=2)], benchmarks="chartqa", data=data, out=tmp_path / "run")
