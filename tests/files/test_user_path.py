"""``~`` is a home folder wherever a path can be given, in Python, in a spec and on the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from prism_eval import evaluate
from prism_eval.benchmarks import available, open_benchmark, skeleton
from prism_eval.calls import Store
from prism_eval.captioners import CAPTIONER
from prism_eval.errors import UsageError
from prism_eval.files.folders import user_folder, user_path
from prism_eval.plan import load_protocol
from prism_eval.plan.plan import read_plan
from prism_eval.plugins import Spec, build
from tests.builders import chart_folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with some data, captions and a definition in it."""
    home = tmp_path / "home"
    chart_folder(home / "data", images=2, questions=1)
    captions = [json.dumps({"image": f"images/{n}.png", "caption": "A chart."}) + "\n" for n in range(2)]
    (home / "captions.jsonl").write_text("".join(captions), encoding="utf-8")
    (home / "mine.toml").write_text(skeleton("mine"), encoding="utf-8")
    (home / "plan.toml").write_text('captioners = ["blind"]\ndata = "~/data"\n', encoding="utf-8")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(tmp_path)
    return home


def test_in_python(home: Path, tmp_path: Path) -> None:
    run = evaluate("file:~/captions.jsonl", benchmarks="chartqa", data="~/data", out="~/run", store="~/store.sqlite")
    assert (run.folder.path, run.failed) == (home / "run", 0)
    assert (home / "store.sqlite").is_file()
    assert open_benchmark("chartqa", Path("~/data")).source.origin == str(home / "data" / "chartqa")
    assert available("~/data") == ("chartqa",)
    assert open_benchmark("~/mine.toml", _with_mine(home)).name == "mine"
    assert read_plan(Path("~/plan.toml"))["data"] == "~/data"
    with Store(Path("~/other.sqlite")) as store:
        assert store.path == home / "other.sqlite"
    assert build(CAPTIONER, Spec.parse("file?model=~/captions.jsonl"), {}).model == home / "captions.jsonl"
    with pytest.raises(UsageError, match="no/such"):
        load_protocol("~/no/such.toml")
    assert not (tmp_path / "~").exists()


def _with_mine(home: Path) -> str:
    (home / "data" / "mine").mkdir()
    return "~/data"


def test_the_cache_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRISM_EVAL_CACHE", "~/cache")
    assert user_folder() == home / "cache"


def test_nobodys_home_is_one_line() -> None:
    with pytest.raises(UsageError, match="~nobody-of-that-name/data: ") as caught:
        user_path("~nobody-of-that-name/data")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "words",
    [
        "run -c blind -b chartqa --data=~/data --out=~/again --store=~/store.sqlite -q",
        "run -c file:~/captions.jsonl -b chartqa --data=~/data --out=~/again -q",
        "run --plan=~/plan.toml --out=~/again -q",
        "caption -c blind --data=~/data --out=~/again -q",
        "answer ~/run -q",
        "score ~/run -q",
        "report ~/run",
        "plan --plan=~/plan.toml --store=~/store.sqlite",
        "store stats --store=~/store.sqlite",
        "store verify --store=~/store.sqlite",
        "store prune --failures --store=~/store.sqlite",
        "doctor --data=~/data --store=~/store.sqlite",
        "benchmarks chartqa --data=~/data",
        "benchmarks new receipts --out=~/receipts.toml",
    ],
)
def test_on_the_command_line(home: Path, tmp_path: Path, words: str) -> None:
    evaluate("blind", benchmarks="chartqa", data="~/data", out="~/run", store="~/store.sqlite")
    done = subprocess.run(
        [sys.executable, "-m", "prism_eval", *words.split()],
        cwd=tmp_path,
        env={**os.environ, "HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "~").exists()
