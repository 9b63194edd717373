"""The share of the gap between the smallest entry and the baseline, where it means something."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from prism_eval.leaderboard import Leaderboard, build
from prism_eval.report.html import render
from prism_eval.report.terminal import as_text
from prism_eval.statistics import gap_closed
from tests.runfolder import verdict, write_run


def board_of(folder: Path, *, baseline: str | None = None, **right: int) -> Leaderboard:
    rows = [
        verdict(label.replace("_", "-"), str(item), "correct" if item * 37 % 200 < most else "wrong")
        for label, most in right.items()
        for item in range(200)
    ]
    return build(write_run(folder, rows), baseline=baseline)


def test_an_entry_between_the_smallest_and_the_baseline_closes_a_share_of_the_gap(tmp_path: Path) -> None:
    board = board_of(tmp_path, large_72B=180, tuned_3B=140, plain_3B=80, other_7B=100)
    gaps = {row.captioner: row.gap for row in board.rows}
    assert (gaps["large-72B"], gaps["plain-3B"]) == (None, None)
    found = gaps["tuned-3B"]
    assert found is not None
    places = [board.verdicts.captioners.index(label) for label in ("tuned-3B", "plain-3B", "large-72B")]
    expected = gap_closed(*board.verdicts.matrix[places], np.arange(200))
    assert (found.lower, found.share) == ("plain-3B", expected)
    assert found.share.value == pytest.approx(0.6)
    assert f"60 % [{100 * found.share.low:.0f}, {100 * found.share.high:.0f}] from plain-3B" in render(board)
    said = " ".join(as_text(board, 80).split())
    assert "Of the gap from plain-3B to large-72B, closed: tuned-3B 60 % [" in said
    frame = board.to_pandas().set_index("captioner")
    assert frame.loc["other-7B", ["gap_closed", "gap_closed_from"]].tolist() == [pytest.approx(0.2), "plain-3B"]


@pytest.mark.parametrize(
    ("baseline", "right"),
    [
        (None, {"a": 180, "b": 100, "c": 50}),
        ("plain", {"large_72B": 180, "tuned_3B": 140, "plain_3B": 80}),
        (None, {"large_72B": 100, "tuned_3B": 140, "plain_3B": 99}),
        (None, {"large_72B": 180, "plain_3B": 80}),
    ],
)
def test_where_there_is_no_gap_nothing_closes_it(tmp_path: Path, baseline: str | None, right: dict[str, int]) -> None:
    board = board_of(tmp_path, baseline=baseline, **right)
    assert {row.gap for row in board.rows} == {None}
    assert "Gap to the baseline closed" not in render(board)
    assert "Of the gap" not in as_text(board, 80)


def test_a_gap_that_is_not_shown_is_said_to_be_the_reason(tmp_path: Path) -> None:
    board = board_of(tmp_path / "level", large_72B=100, tuned_3B=140, plain_3B=99)
    said = "Nobody closes a share of the gap from plain-3B to large-72B: that there is one is not shown."
    assert said in board.warnings
    # Nobody stands between two, or the gap is there.
    for name, right in (("two", {"large_72B": 100, "plain_3B": 99}), ("apart", {"large_72B": 180, "plain_3B": 80})):
        assert not any("closes a share" in note for note in board_of(tmp_path / name, **right).warnings)
