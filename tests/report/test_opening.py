from __future__ import annotations

import re
from pathlib import Path

import pytest

from prism_eval.leaderboard import build
from prism_eval.report.html import render
from prism_eval.report.opening import Opening, opening_of
from tests.runfolder import verdict, write_run

RIGHT = {"base": 50, "up": 90, "down": 10, "near": 49, "same": 50}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    known = [
        verdict(captioner, str(item), "correct" if item * 37 % 100 < right else "wrong")
        for captioner, right in RIGHT.items()
        for item in range(100)
    ]
    known += [verdict("nothing", str(item), "wrong", caption="") for item in range(100)]
    known += [verdict("broken", str(item), "failed" if item < 50 else "correct") for item in range(100)]
    captioners = [{"label": label, "identity": {"plugin": label}} for label in (*RIGHT, "broken")]
    captioners.append({"label": "nothing", "identity": {"plugin": "blind"}})
    return write_run(tmp_path, known, captioners=captioners)


@pytest.fixture
def opening(folder: Path) -> Opening:
    board = build(folder, baseline="base")
    return opening_of(board, {row.captioner: row.captioner for row in board.everyone})


def test_each_row_is_drawn_by_its_verdict(opening: Opening) -> None:
    kinds = {line.row.captioner: line.kind for line in opening.ranked}
    assert kinds["base"] == "baseline"
    assert kinds["up"] == "better"
    assert kinds["down"] == "worse"
    assert {kinds["near"], kinds["same"]} <= {"par", "unknown"}
    assert [(line.row.captioner, line.kind) for line in opening.controls] == [("nothing", "control")]
    assert [line.row.captioner for line in opening.unranked] == ["broken"]


def test_a_verdict_stands_in_words_with_its_ends(opening: Opening) -> None:
    said = {line.row.captioner: line.against for line in opening.ranked}
    assert said["base"] == ("baseline", "")
    assert said["up"][0] == "better"
    assert re.fullmatch(r"\+40\.0 \[\+[\d.]+, \+[\d.]+\]", said["up"][1])


def test_the_scale_holds_every_interval(opening: Opening) -> None:
    for line in (*opening.ranked, *opening.controls):
        assert line.mean is not None
        assert opening.scale.low <= line.mean.low
        assert line.mean.high <= opening.scale.high
    assert opening.level == pytest.approx(0.5)


def test_the_answer_is_the_heading_and_what_qualifies_it_stands_below(folder: Path, opening: Opening) -> None:
    board = build(folder, baseline="base")
    assert opening.headline.startswith("Against base, ")
    assert opening.headline.count(". ") == 0
    assert " ".join([opening.headline, *opening.qualified]) == board.answer
    page = render(board)
    assert page.index("<h1>") < page.index('class="ranking"')
    assert f"<h1>{opening.headline}".replace("-", "\N{MINUS SIGN}")[:30] in page.replace("-", "\N{MINUS SIGN}")


def test_without_a_baseline_nobody_is_against_it(folder: Path) -> None:
    board = build(folder)
    opening = opening_of(board, {row.captioner: row.captioner for row in board.everyone})
    assert opening.level is None
    assert not opening.columns
    assert {line.kind for line in opening.ranked} == {"plain"}
    assert "Against the baseline" not in render(board).partition('id="benchmarks"')[0]
