from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from prism_eval.leaderboard import build
from prism_eval.report.terminal import LeaderboardView
from tests.runfolder import verdict, write_run

TWELVE = [f"benchmark_{letter}" for letter in "abcdefghijkl"]


def printed(folder: Path, width: int) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(LeaderboardView(build(folder)))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def run_of(folder: Path, captioners: list[str], benchmarks: list[str], **manifest: object) -> Path:
    rows = [
        verdict(captioner, str(item), "correct" if item % (place + 2) else "wrong", benchmark=benchmark)
        for place, captioner in enumerate(captioners)
        for benchmark in benchmarks
        for item in range(6)
    ]
    return write_run(folder, rows, **manifest)


@pytest.mark.parametrize("captioners", [1, 4, 9, 20])
@pytest.mark.parametrize("benchmarks", [1, 12])
@pytest.mark.parametrize("width", [72, 80, 120, 240])
def test_every_line_fits_and_no_cell_is_cut(tmp_path: Path, captioners: int, benchmarks: int, width: int) -> None:
    folder = run_of(tmp_path, [f"c{index}" for index in range(captioners)], TWELVE[:benchmarks])
    text = printed(folder, width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    for name in TWELVE[:benchmarks]:
        assert name in text


def test_twelve_benchmarks_become_rows_at_eighty_columns_and_columns_where_they_fit(tmp_path: Path) -> None:
    folder = run_of(tmp_path, ["ocr", "blind"], TWELVE)
    narrow, wide = printed(folder, 80), printed(folder, 260)
    assert narrow.count("benchmark_a") == wide.count("benchmark_a") == 1
    assert "benchmark_b" not in next(line for line in narrow.splitlines() if "benchmark_a" in line)
    assert "benchmark_b" in next(line for line in wide.splitlines() if "benchmark_a" in line)


def test_it_says_what_an_issue_asks_for(tmp_path: Path) -> None:
    rows = [
        verdict("ocr", "one"),
        verdict("ocr", "two", "unparsed"),
        verdict("ocr", "three", "unparsed"),
        verdict("ocr", "four", "failed", caption=None),
    ]
    text = printed(write_run(tmp_path, rows), 80)
    line = next(line for line in text.splitlines() if " ocr " in line)
    assert line.split()[:2] == ["1", "ocr"]
    assert line.split()[-5:] == ["1", "3", "2", "1", "6"]  # rank, items, unparsed, failed, words
    assert "33.3" in line
    assert "1 of 4 answers failed" in text


def test_labels_are_never_markup_nor_commands(tmp_path: Path) -> None:
    text = printed(run_of(tmp_path, ["[bold]x[/bold]", "\x1b[31mred"], ["[i]b[/i]"]), 100)
    assert "[bold]x[/bold]" in text
    assert "[i]b[/i]" in text
    assert "␛[31mred" in text
    assert "\x1b" not in text


def test_a_long_label_leaves_the_numbers_whole(tmp_path: Path) -> None:
    label = "openai:Qwen/Qwen2.5-VL-72B-Instruct?base_url=http://127.0.0.1:8000/v1&temperature=0.7"
    text = printed(run_of(tmp_path, [label, "ocr"], TWELVE), 80)
    line = next(line for line in text.splitlines() if "openai:Qwen" in line)
    assert line.split()[-3:] == ["0", "0", "6"]


def test_a_captioner_without_scores_is_a_row_all_the_same(tmp_path: Path) -> None:
    rows = [verdict("ocr", "one"), verdict("down", "one", "failed", caption=None)]
    line = next(line for line in printed(write_run(tmp_path, rows), 100).splitlines() if " down " in line)
    assert "\N{EN DASH}" in line


def test_a_run_without_verdicts_prints_without_rows(tmp_path: Path) -> None:
    folder = write_run(tmp_path, [], benchmarks=[{"name": "chartqa"}])
    assert "captioner" in printed(folder, 80)
