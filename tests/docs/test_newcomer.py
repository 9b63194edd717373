"""A newcomer adds a captioner, an engine, a scorer, a column and a benchmark from outside, each in one place."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.builders import png

PACKAGE = Path(__file__).with_name("newcomer")


@pytest.fixture
def tickets(tmp_path):
    """Two tickets, 8 and 16 wide, in a data folder."""
    home = tmp_path / "data" / "tickets"
    home.mkdir(parents=True)
    rows = []
    for number, width in enumerate((8, 16)):
        (home / f"{number}.png").write_bytes(png(size=(width, 8)))
        rows.append({"id": number, "question": "How wide is it?", "answer": str(width), "image": f"{number}.png"})
    (home / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return tmp_path / "data"


def python(*words, **environment):
    done = subprocess.run(
        [sys.executable, *map(str, words)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_one_of_each_works_beside_the_built_in_ones(tickets, tmp_path):
    python("-m", "pip", "install", "--quiet", "--no-deps", "--target", tmp_path / "site", PACKAGE)
    captioners = ["-c", "size", "-c", "parrot:8", "-c", "blind"]
    words = ["-b", "tickets", "-r", "parrot:8", "--data", tickets, "--out", tmp_path / "run", "-q"]
    python("-m", "prism_eval", "run", *captioners, *words, PYTHONPATH=str(tmp_path / "site"))

    captions = pd.read_parquet(tmp_path / "run" / "captions.parquet")
    assert set(captions[captions.captioner == "size"].text) == {"It is 8 wide.", "It is 16 wide."}
    assert set(captions[captions.captioner == "parrot:8"].text) == {"Answer: 8"}
    verdicts = pd.read_parquet(tmp_path / "run" / "verdicts.parquet")
    assert set(verdicts.benchmark) == {"tickets"}
    assert sorted(verdicts[verdicts.captioner == "blind"].score) == [0.5, 1.0]
    assert "Points per word" in (tmp_path / "run" / "leaderboard.html").read_text(encoding="utf-8")
