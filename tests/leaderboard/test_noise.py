"""Where images have several captions, what comes of drawing them stands apart from what comes of the images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prism_eval.leaderboard import build
from prism_eval.report.html import render
from prism_eval.report.terminal import as_text
from prism_eval.statistics import caption_noise
from tests.runfolder import verdict, write_run

SCORES = np.random.default_rng(0).random((3, 60)) < np.repeat([0.9, 0.2], 30)


def rows(captioner: str, samples: int) -> list[dict[str, Any]]:
    return [
        verdict(captioner, str(item), "correct" if SCORES[sample, item] else "wrong", sample=sample, order=order)
        | {"images": [f"image {item // 2}"], "cluster": f"image {item // 2}"}
        for sample in range(samples)
        for item in range(60)
        for order in (0, 1)
    ]


def test_the_error_is_taken_apart_and_shown(tmp_path: Path) -> None:
    board = build(write_run(tmp_path, [*rows("a", 3), *rows("blind", 3)]))
    (row,) = board.rows
    expected = caption_noise(SCORES, np.arange(60) // 2)
    assert row.noise is not None
    assert expected is not None
    assert row.noise.drawn.error == pytest.approx(expected.drawn.error)
    assert row.noise.images == pytest.approx(expected.images)
    assert board.controls[0].noise is None
    said = f"{100 * expected.drawn.error:.1f} [{100 * expected.drawn.low:.1f}, {100 * expected.drawn.high:.1f}]"
    assert said in as_text(board, 80)
    assert said in render(board)
    frame = board.to_pandas().set_index("captioner")
    assert frame.loc["a", "error_captions_low"] == pytest.approx(expected.drawn.low)
    assert frame.loc["a", "error_images"] == pytest.approx(expected.images)


def test_one_caption_an_image_says_nothing_of_it(tmp_path: Path) -> None:
    board = build(write_run(tmp_path, rows("a", 1)))
    assert board.rows[0].noise is None
    assert "error from images" not in as_text(board, 80)
    assert "Error from" not in render(board)
