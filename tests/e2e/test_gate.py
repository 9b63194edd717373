"""The gate on real charts: a captioner of whose words most are gone fails, and one held to itself never does."""

import importlib.util

import pytest

from prism_eval import evaluate
from tests.shell import shell

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(importlib.util.find_spec("rapidocr") is None, reason="the extra [ocr] is not installed"),
]


def test_fifteen_words_of_what_ocr_reads_are_a_regression(tmp_path, shared):
    of = {"benchmarks": "chartqa", "data": str(shared / "data"), "limit": 60, "store": tmp_path / "store.sqlite"}
    evaluate("ocr", out=tmp_path / "main", **of)
    evaluate("budget(ocr)?words=15", out=tmp_path / "mine", **of)
    baseline = tmp_path / "baseline.parquet"
    assert shell("baseline", "save", tmp_path / "main", "-o", baseline).returncode == 0
    worse = shell("gate", "--baseline", baseline, "--candidate", tmp_path / "mine")
    assert worse.returncode == 1
    assert "a loss of more than 3.0" in worse.stdout
    assert shell("gate", "--baseline", baseline, "--candidate", tmp_path / "main").returncode in (0, 3)
    replayed = shell("gate", "--replay", tmp_path / "mine")
    assert (replayed.returncode, "every verdict as it was" in " ".join(replayed.stdout.split())) == (0, True)
    assert "worse by" in shell("compare", tmp_path / "main", tmp_path / "mine").stdout
