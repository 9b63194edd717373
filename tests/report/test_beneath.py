"""Beneath the leaderboard: other reasoners' scores, and where points are lost, in the terminal and on the page."""

from __future__ import annotations

from pathlib import Path

import pytest

from prism_eval.leaderboard import Leaderboard, build
from prism_eval.report.html import render
from prism_eval.report.terminal import LeaderboardView, as_text
from tests.runfolder import verdict, write_run

READERS = [{"label": name, "identity": {"plugin": name}} for name in ("lexical", "other <reader>")]
SAID, SILENT = "Sales were 42.", "A chart of cats."


def board(folder: Path, *, right: dict[str, dict[str, int]]) -> Leaderboard:
    """A run with a share of right answers, of 60, by reasoner and captioner."""
    rows = [
        verdict(
            captioner,
            str(item),
            "correct" if (7 * item) % 60 < count else "wrong",
            reasoner=reasoner,
            caption=SAID if captioner == "good" else SILENT,
            question="What were the sales?",
        )
        for reasoner, counts in right.items()
        for captioner, count in counts.items()
        for item in range(60)
    ]
    readers = [reader for reader in READERS if reader["label"] in right]
    several = {"reasoners": readers} if len(readers) > 1 else {}
    return build(write_run(folder, rows, reasoner=readers[0], **several))


@pytest.fixture
def several(tmp_path: Path) -> Leaderboard:
    return board(tmp_path, right={"lexical": {"good": 50, "poor": 10}, "other <reader>": {"good": 12, "poor": 45}})


def test_the_scores_with_another_reasoner_and_whether_the_order_survives(several: Leaderboard) -> None:
    assert several.readers is not None
    text = as_text(several, 120)
    assert "With other reasoners" in text
    (line,) = (line for line in text.splitlines() if "75.0 [" in line)
    assert line.split()[:2] == ["poor", "16.7"]
    said = " ".join(text.split())
    assert "tell apart stands in opposite orders: it does not survive. good is ahead of poor with lexical" in said
    page = render(several)
    assert '<section id="readers"' in page
    assert "other &lt;reader&gt;" in page
    assert "other <reader>" not in page


def test_one_reasoner_has_no_such_table(tmp_path: Path) -> None:
    alone = board(tmp_path, right={"lexical": {"good": 50, "poor": 10}})
    assert alone.readers is None
    assert "With other reasoners" not in as_text(alone)
    assert 'id="readers"' not in render(alone)


def test_a_single_reasoner_by_another_name_is_no_other_one(tmp_path: Path) -> None:
    rows = [verdict("good", str(item), reasoner="openai:model") for item in range(3)]
    assert build(write_run(tmp_path, rows)).readers is None


def test_where_points_are_lost_is_on_the_page_and_among_the_notes(tmp_path: Path) -> None:
    from rich.console import Console

    lost = board(tmp_path, right={"lexical": {"good": 50, "poor": 10}})
    page = render(lost)
    assert '<section id="losses"' in page
    assert "omitted: 83.3 points" in page
    assert "reader: 16.7 points" in page
    assert "Where points are lost" not in as_text(lost)
    console = Console(width=100, color_system=None)
    with console.capture() as captured:
        console.print(LeaderboardView(lost, notes=True))
    text = captured.get()
    assert "Where points are lost" in text
    assert [line.split() for line in text.splitlines() if line.split()[:1] == ["poor"]][-1] == [
        "poor",
        "83.3",
        "0.0",
        "83.3",
    ]


def test_where_nothing_is_lost_there_is_no_section(tmp_path: Path) -> None:
    assert 'id="losses"' not in render(board(tmp_path, right={"lexical": {"good": 60, "poor": 60}}))
