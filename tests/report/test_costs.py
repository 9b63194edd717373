"""Score against what a caption costs: charts where the numbers are, and a table with all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from prism_eval.leaderboard import build
from prism_eval.leaderboard.writing import three_digits
from prism_eval.report.html import render
from tests.runfolder import verdict, write_run

SECONDS, COST = "<figcaption>Score against time of a caption", "<figcaption>Score against cost of captions"


def run(folder: Path, **took: dict[str, Any]) -> Path:
    rows = [
        verdict(label, str(item), "correct" if item % (place + 2) else "wrong")
        for place, label in enumerate(took)
        for item in range(20)
    ]
    entries = {label: {"captions": 20, "counted": 20, "timed": 20, **said} for label, said in took.items()}
    return write_run(folder, rows, counts={"entries": entries, "seconds": 400.0})


def test_time_and_cost_are_charts_and_their_numbers_a_table(tmp_path: Path) -> None:
    large = {"completion_tokens": 8000, "seconds": 250.0, "cost": 0.5}
    small = {"completion_tokens": 6000, "seconds": 25.0, "cost": 0.02}
    board = build(run(tmp_path, large=large, small=small))
    page = render(board)
    assert SECONDS in page
    assert COST in page
    table = page.partition('id="costs-table"')[2].partition("</table>")[0]
    cells = " ".join(table.split())
    for text in ("12.5", "1.25", "Seconds a caption", "Cost of 1,000 captions", ">25<", ">1<", "400", "300"):
        assert text in cells
    for row in board.rows:
        assert row.mean is not None
        assert f"{100 * row.mean.value:.1f}" in cells
    assert "the whole run worked for 7 min" in page
    assert render(build(tmp_path)) == page


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {}),
        ({"seconds": 0.002}, {"seconds": 0.004}),
        ({"seconds": 50.0, "cost": 0.1}, {}),
        ({"seconds": 50.0, "cost": 0.1}, {"seconds": 50.0, "cost": 0.1}),
    ],
)
def test_where_there_is_nothing_to_trade_there_is_no_chart(
    tmp_path: Path, one: dict[str, Any], other: dict[str, Any]
) -> None:
    page = render(build(run(tmp_path, one=one, other=other)))
    assert SECONDS not in page
    assert COST not in page


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.004213, "0.00421"), (1.25, "1.25"), (12.34, "12.3"), (4213, "4,210"), (25.0, "25"), (1e-14, "0")],
)
def test_numbers_of_any_size_have_three_digits(value: float, text: str) -> None:
    assert three_digits(value) == text
