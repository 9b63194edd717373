"""A result in an interpreter and in a notebook."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from prism_eval import Result, evaluate
from prism_eval.errors import UsageError

HOSTILE = "<script>alert(1)</script>&amp;\x1b[31m"


@pytest.fixture
def result(tmp_path: Path) -> Result:
    return evaluate(
        {HOSTILE: "oracle", "nothing": "blind"},
        benchmarks=["chartqa", "wemath"],
        limit=6,
        out=tmp_path / "run",
        store=tmp_path / "store.sqlite",
    )


def test_benchmarks_may_stand_in_one_text_as_on_the_command_line(tmp_path: Path) -> None:
    places = {"out": tmp_path / "run", "store": tmp_path / "store.sqlite"}
    assert evaluate("blind", benchmarks="chartqa, mmmu", limit=1, **places).leaderboard.benchmarks == (
        "chartqa",
        "mmmu",
    )
    # Not to be taken for all of them.
    with pytest.raises(UsageError, match="benchmarks='' names no benchmark"):
        evaluate("blind", benchmarks="", **places)


def test_it_shows_its_table(result: Result) -> None:
    shown = repr(result)
    assert "synthetic twins · random samples of up to 6" in shown
    assert "nothing" in shown
    assert "100.0" in shown
    assert str(result.folder.path) in shown
    assert "\x1b" not in shown
    assert max(map(len, shown.splitlines()[:-1])) <= 100


def test_a_notebook_gets_a_table_of_text(result: Result) -> None:
    html = result._repr_html_()
    assert html is not None
    assert "<table>" in html
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "\x1b" not in html
    assert "synthetic twins" in html


def test_without_its_folder_it_says_so(result: Result) -> None:
    again = Result(result.folder, result.counts, result.tallies)
    shutil.rmtree(result.folder.path)
    assert "does not exist" in repr(again)
    assert again._repr_html_() is None
