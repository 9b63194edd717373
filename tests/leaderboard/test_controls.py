"""Controls put a score in context: they are never ranked, and give recovery."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from prism_eval import evaluate
from prism_eval.leaderboard import build
from prism_eval.report.terminal import as_text
from tests.runfolder import verdict, write_run


def engine(plugin: str, model: str, **fields: Any) -> dict[str, Any]:
    return {"plugin": plugin, "engine": {"plugin": "openai", "model": model, "revision": None}, **fields}


def direct(model: str) -> dict[str, Any]:
    return {"plugin": "direct", "parts": [engine("prompted", model)]}


IDENTITIES = {
    "mine": engine("prompted", "A", prompt="Describe."),
    "cut": {"plugin": "budget", "parts": [engine("prompted", "A", prompt="Describe.")], "words": 9},
    "other": engine("prompted", "B"),
    "both": {"plugin": "merge", "parts": [engine("prompted", "A"), engine("prompted", "B")]},
    "shut": {"plugin": "blind"},
    "elsewhere": {"plugin": "mismatched", "parts": [engine("prompted", "A")]},
    "seen": direct("A"),
}
RIGHT = {"mine": 60, "cut": 40, "other": 50, "both": 55, "shut": 20, "elsewhere": 22, "seen": 80}


def run(folder: Path, *labels: str) -> Path:
    captioners = [{"label": label, "identity": IDENTITIES[label]} for label in labels]
    rows = [
        verdict(label, str(item), "correct" if item < RIGHT[label] else "wrong")
        for label in labels
        for item in range(100)
    ]
    return write_run(folder, rows, captioners=captioners)


def test_controls_stand_apart_by_their_plugin_and_cost_no_test(tmp_path: Path) -> None:
    board = build(run(tmp_path, *IDENTITIES), baseline="mine")
    assert [row.captioner for row in board.rows] == ["mine", "both", "other", "cut"]
    assert [(row.captioner, row.control) for row in board.controls] == [
        ("seen", "direct"),
        ("elsewhere", "mismatched"),
        ("shut", "blind"),
    ]
    assert {(row.rank, row.against, row.recovery) for row in board.controls} == {(None, None, None)}
    assert len(board.comparisons) == 6
    assert [len(row.rank or ()) for row in board.rows] == [2] * 4


def test_recovery_stands_with_its_interval_in_a_terminal_that_has_room(tmp_path: Path) -> None:
    board = build(run(tmp_path, *IDENTITIES))
    wide, narrow = as_text(board, 140), " ".join(as_text(board, 50).split())
    (found,) = (row.recovery for row in board.rows if row.captioner == "mine")
    assert found is not None
    assert f"{100 * found.value:.0f} % [{100 * found.low:.0f}, {100 * found.high:.0f}]" in wide
    assert "recovery" in narrow.partition("Not shown at this width: ")[2]


def test_recovery_is_of_the_captioners_own_model(tmp_path: Path) -> None:
    board = build(run(tmp_path, *IDENTITIES))
    shares = {row.captioner: row.recovery and row.recovery.value for row in board.rows}
    assert shares == {"mine": pytest.approx(40 / 60), "cut": pytest.approx(20 / 60), "other": None, "both": None}
    mine = board.rows[0].recovery
    assert mine is not None
    assert mine.low < mine.value < mine.high
    assert board.to_pandas().set_index("captioner").loc["mine", "recovery"] == mine.value


@pytest.mark.parametrize("without", ["shut", "seen"])
def test_without_a_control_there_is_no_recovery(tmp_path: Path, without: str) -> None:
    board = build(run(tmp_path, *(label for label in IDENTITIES if label != without)))
    assert {row.recovery for row in board.rows} == {None}


@pytest.mark.parametrize("shut", [78, 80, 99])
def test_where_seeing_the_image_is_not_shown_to_help_that_is_why_there_is_no_recovery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shut: int
) -> None:
    # Nearly as good without the image, as good, and better.
    monkeypatch.setitem(RIGHT, "shut", shut)
    board = build(run(tmp_path, *IDENTITIES))
    assert {row.recovery for row in board.rows} == {None}
    said = "No recovery for mine, cut: that the images help the model that captions them is not shown."
    assert [note for note in board.warnings if "recovery" in note] == [said]
    monkeypatch.undo()
    assert not any("recovery" in note for note in build(run(tmp_path / "apart", *IDENTITIES)).warnings)


def test_recovery_of_the_twins(tmp_path: Path) -> None:
    specs = ["oracle?recall=0.5", "budget(oracle)?words=5", "blind", "direct(oracle)", "oracle"]
    board = evaluate(specs, benchmarks="chartqa", out=tmp_path / "run", store=tmp_path / "store").leaderboard
    shares = {row.captioner: row.recovery for row in board.rows}
    assert shares["oracle"] is not None
    assert shares["oracle"].value == 1.0
    assert shares["oracle?recall=0.5"] is not None
    assert 0 < shares["oracle?recall=0.5"].value < 1


def test_a_control_that_failed_is_a_control_all_the_same(tmp_path: Path) -> None:
    rows = [verdict("a", str(item)) for item in range(9)] + [verdict("blind", str(item), "failed") for item in range(9)]
    board = build(write_run(tmp_path, rows))
    ((control),) = board.controls
    assert (control.control, control.unranked, control.mean) == ("blind", "", None)
    assert board.rows[0].rank == (1, 1)


def test_what_an_entry_took_is_what_its_captions_took(tmp_path: Path) -> None:
    folder = run(tmp_path, "mine", "seen")
    took = {"counted": 4, "timed": 5, "completion_tokens": 402, "seconds": 8.5, "cost": 0.25}
    took |= {"cached_tokens": 0, "cacheable_tokens": 50}
    answers = {"lexical": {"answers": 9, "counted": 2, "timed": 9, "completion_tokens": 9, "seconds": 1.0}}
    answers["lexical"] |= {"cached_tokens": 120, "cacheable_tokens": 150}
    counts = {"entries": {"mine": took | {"answers": answers}, "seen": {"counted": 0, "answers": answers}}}
    captioners = [{"label": label, "identity": IDENTITIES[label]} for label in ("mine", "seen")]
    rows = [verdict(label, str(item)) for label in ("mine", "seen") for item in range(3)]
    board = build(write_run(folder, rows, counts=counts, captioners=captioners))
    mine, seen = board.rows[0], board.controls[0]
    assert (mine.tokens_mean, mine.seconds, mine.cost) == (100.5, 8.5, 0.25)
    assert (seen.tokens_mean, seen.seconds, seen.cost) == (4.5, 1.0, None)
    assert (mine.seconds_mean, mine.cost_mean) == (1.7, 0.0625)
    assert (seen.seconds_mean, seen.cost_mean) == (None, None)
    assert (mine.cached, seen.cached) == (0.6, 0.8)


def test_the_revision_is_the_specs(tmp_path: Path) -> None:
    identity = engine("prompted", "A")
    identity["engine"]["revision"] = "main@1a2b"
    board = build(write_run(tmp_path, [verdict("a", "1")], captioners=[{"label": "a", "identity": identity}]))
    assert board.rows[0].revision == "main@1a2b"
