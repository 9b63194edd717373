"""The first commands of the README, as a newcomer gives them."""

import importlib.util
import os
import subprocess
import sys

import pytest

from prism_eval.leaderboard import build
from prism_eval.schema import Outcome

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(importlib.util.find_spec("rapidocr") is None, reason="the extra [ocr] is not installed"),
]


def run(tmp_path, *words):
    command = [sys.executable, "-m", "prism_eval", "run", "--out", str(tmp_path / "run"), *words]
    store = ["--store", str(tmp_path / "store.sqlite")]
    done = subprocess.run([*command, *store], capture_output=True, text=True, env=os.environ, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    assert str(tmp_path / "run" / "leaderboard.html") in done.stdout
    return {row.captioner: row for row in build(tmp_path / "run").everyone}


def test_the_twins_tell_captioners_apart(tmp_path):
    rows = run(tmp_path, "-c", "oracle?recall=0.5", "-c", "oracle", "-c", "blind", "--data", "synthetic")
    assert len(rows["oracle"].cells) == 12
    assert rows["blind"].mean.value < rows["oracle?recall=0.5"].mean.value < rows["oracle"].mean.value
    assert all(row.outcomes[Outcome.FAILED] == 0 for row in rows.values())


def test_reading_the_text_of_every_twin_beats_saying_nothing(tmp_path):
    rows = run(tmp_path, "-c", "ocr", "-c", "blind", "--data", "synthetic", "--limit", "4")
    assert rows["ocr"].mean.value > rows["blind"].mean.value
    assert rows["ocr"].outcomes[Outcome.FAILED] == 0


def test_reading_the_text_of_real_charts_beats_saying_nothing(tmp_path, shared):
    words = ["--benchmark", "chartqa", "--data", str(shared / "data"), "--reasoner", "lexical", "--limit", "30"]
    rows = run(tmp_path, "--captioner", "ocr", "--captioner", "blind", *words)
    assert rows["ocr"].mean.low > rows["blind"].mean.value
