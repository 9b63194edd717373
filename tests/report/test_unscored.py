"""A leaderboard without a single score says why where its scores would stand, in every form."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from prism_eval.leaderboard import Leaderboard, build
from prism_eval.report.exports import FILES, FOLDERS, TEXTS
from prism_eval.report.exports.sheet import records
from prism_eval.report.html import render
from prism_eval.report.terminal import as_text
from tests.runfolder import verdict, write_run

REASON = "the server at 10.0.0.1 said 500: <no model>\x1b[31m"
SHOWN = "the server at 10.0.0.1 said 500: <no model>␛[31m"
WHY = "There is no score: every answer failed, 6 times with: the server at 10.0.0.1 said 500:"


def failed(captioner: str, item: int, note: str = REASON) -> dict[str, object]:
    return verdict(captioner, str(item), "failed", note=note, caption=None, answer=None)


@pytest.fixture
def board(tmp_path: Path) -> Leaderboard:
    """Two captioners of four items each, all failed: six for one reason, two for others."""
    rows = [failed(label, item) for label in ("one", "two") for item in range(3)]
    rows += [failed("one", 3, "another"), failed("two", 3, "a third")]
    return build(write_run(tmp_path / "run", rows))


def test_it_names_the_most_frequent_failure(board: Leaderboard) -> None:
    assert board.unscored == (f"There is no score: every answer failed, 6 times with: {REASON}; and 2 other reasons.")


@pytest.mark.parametrize("width", [60, 80, 200])
def test_a_terminal_has_the_reason_in_place_of_the_table(board: Leaderboard, width: int) -> None:
    text = " ".join(as_text(board, width).split())
    assert WHY in text
    assert "and 2 other reasons." in text
    assert "one, two are not ranked: 4 of 4 answers failed." in text
    assert "\x1b[31m" not in text
    assert "rank:" not in text


def test_the_page_has_it_in_place_of_the_scores(board: Leaderboard) -> None:
    page = render(board)
    section = page.partition("<h3>Scores</h3>")[2].partition("</section>")[0]
    assert SHOWN.replace("<", "&lt;").replace(">", "&gt;") in section
    assert "<table" not in section
    assert "Press a heading to sort" not in section


@pytest.mark.parametrize("name", ["markdown", "latex"])
def test_texts_have_it_in_place_of_the_table(board: Leaderboard, name: str) -> None:
    text = TEXTS[name](board)
    assert WHY in text
    assert "|---|" not in text
    assert "tabular" not in text


def test_tables_of_programs_have_it_in_every_line(board: Leaderboard, tmp_path: Path) -> None:
    assert all(f"4 of 4 answers failed {WHY}" in str(record["unranked"]) for record in records(board))
    assert TEXTS["csv"](board).count(WHY) == 2
    assert json.loads(TEXTS["json"](board))["unscored"].startswith(WHY)
    FILES["parquet"](board, tmp_path / "out.parquet")
    assert all(WHY in text for text in pq.read_table(tmp_path / "out.parquet")["unranked"].to_pylist())
    FOLDERS["datasets"](board, tmp_path / "set", images=False)
    assert WHY in (tmp_path / "set" / "README.md").read_text()


@pytest.mark.parametrize("note", ["", None])
def test_a_run_that_does_not_say_why_is_no_trouble(tmp_path: Path, note: str | None) -> None:
    board = build(write_run(tmp_path / "run", [failed("one", 0) | {"note": note}]))
    assert board.unscored == "There is no score: every answer failed, and the run does not say why."


def test_one_score_is_enough(tmp_path: Path) -> None:
    board = build(write_run(tmp_path / "run", [failed("one", 0), verdict("two", "0")]))
    assert board.unscored == ""
    assert "There is no score" not in as_text(board, 100) + render(board)
