"""Where images have several captions, the best of them stands beside their mean, as a diagnostic."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prism_eval.leaderboard import build, question_scores
from prism_eval.leaderboard.imports import import_caprl
from prism_eval.report.html import fragment, render
from prism_eval.report.terminal import as_text
from prism_eval.statistics import clustered_mean
from tests.runfolder import verdict, write_run

SCORES = np.random.default_rng(3).random((3, 20)) < 0.4


def rows(captioner: str, samples: int, *, failed: tuple[int, int] | None = None) -> list[dict[str, Any]]:
    def outcome(sample: int, item: int) -> str:
        return "failed" if (sample, item) == failed else "correct" if SCORES[sample, item] else "wrong"

    return [
        verdict(captioner, str(item), outcome(sample, item), sample=sample)
        | {"images": [f"image {item // 2}"], "cluster": f"image {item // 2}"}
        for sample in range(samples)
        for item in range(20)
    ]


def test_the_best_stands_beside_the_mean_and_is_called_a_diagnostic(tmp_path: Path) -> None:
    board = build(write_run(tmp_path, [*rows("a", 3), *rows("blind", 3)]))
    (row,) = board.rows
    expected = clustered_mean(SCORES.max(axis=0).astype(float), np.arange(20) // 2)
    assert row.best is not None
    assert row.mean is not None
    assert (row.best.value, row.best.low) == (pytest.approx(expected.value), pytest.approx(expected.low))
    assert row.best.value > row.mean.value
    # What guessing gets out of as many tries.
    assert board.controls[0].best is not None
    text, page = as_text(board, 160), render(board)
    written = f"{100 * expected.value:.1f} [{100 * expected.low:.1f}, {100 * expected.high:.1f}]"
    assert "best of n" in text.splitlines()[3]
    assert written in text
    assert "Best of n is a diagnostic" in " ".join(text.split())
    assert "Best of n, a diagnostic" in page
    assert "Best of n, a diagnostic" in fragment(board)
    assert board.on_best in page.replace("&#39;", "'")
    frame = board.to_pandas().set_index("captioner")
    assert frame.loc["a", "best_of_n"] == pytest.approx(expected.value)


def test_one_caption_an_image_has_no_best(tmp_path: Path) -> None:
    board = build(write_run(tmp_path, rows("a", 1)))
    assert board.rows[0].best is None
    assert board.on_best == ""
    assert "best of n" not in as_text(board, 160)
    assert "Best of n" not in render(board)


def test_a_narrow_terminal_goes_without_it_and_says_so(tmp_path: Path) -> None:
    text = " ".join(as_text(build(write_run(tmp_path, rows("a", 3))), 60).split())
    assert "Not shown at this width: best of n" in text


def test_every_question_has_its_mean_its_best_and_its_error(tmp_path: Path) -> None:
    questions = question_scores(write_run(tmp_path, [*rows("a", 3, failed=(1, 4)), *rows("b", 3)]))
    assert list(questions.columns) == ["captioner", "benchmark", "item", "captions", "mean", "best", "error"]
    of = questions.set_index(["captioner", "item"])
    for item in range(20):
        drawn = SCORES[:, item].astype(float)
        if item != 4:
            assert of.loc[("a", str(item)), "mean"] == pytest.approx(drawn.mean())
            assert of.loc[("a", str(item)), "best"] == drawn.max()
            assert of.loc[("a", str(item)), "error"] == pytest.approx(drawn.std(ddof=1) / 3**0.5)
    left = SCORES[[0, 2], 4].astype(float)
    assert (of.loc[("a", "4"), "captions"], of.loc[("b", "4"), "captions"]) == (2, 3)
    assert of.loc[("a", "4"), "mean"] == pytest.approx(left.mean())
    board = build(tmp_path)
    for row in board.rows:
        assert row.best is not None
        assert questions[questions.captioner == row.captioner].best.mean() == pytest.approx(row.best.value)


def test_caprl_s_own_numbers_of_every_question_are_these(shared: Path, tmp_path: Path) -> None:
    home = shared / "cases" / "caprl_golden"
    expected = json.loads((home / "expected.json").read_text("utf-8"))
    names = ("chartqa", "infovqa", "mmmu")
    import_caprl([str(home / f"details_{name}.json") for name in names], tmp_path / "run", model="m")
    questions = question_scores(tmp_path / "run")
    for name in names:
        own = questions[questions.benchmark == f"{name}:caprl"]
        assert own.best.mean() == pytest.approx(expected[name]["best_of_4"])
        assert own["mean"].mean() == pytest.approx(expected[name]["mean"])
        for column in ("mean", "best"):
            told = sorted(one[column] for one in expected[name]["questions"])
            assert sorted(own[column]) == pytest.approx(told)
