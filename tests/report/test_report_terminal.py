from __future__ import annotations

import io
import re
from collections import Counter
from pathlib import Path

import pytest
from rich.console import Console

from prism_eval.leaderboard import build
from prism_eval.report.names import columns
from prism_eval.report.terminal import LeaderboardView
from tests.runfolder import verdict, write_run

TWELVE = [f"benchmark_{letter}" for letter in "abcdefghijkl"]


def printed(folder: Path, width: int) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(LeaderboardView(build(folder), notes=True))
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
    narrow, wide = printed(folder, 80), printed(folder, 340)
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
    line = next(line for line in text.splitlines() if line.startswith(" 1 "))
    assert line.split()[:2] == ["1", "ocr"]
    assert line.split()[5:7] == ["6", "1"]  # words, failed
    assert "33.3 [" in line
    assert text.startswith("No captioner is ranked: ocr, 1 of 4 answers failed.\n1 of 4 answers failed: in no score · ")


def test_labels_are_never_markup_nor_commands(tmp_path: Path) -> None:
    text = printed(run_of(tmp_path, ["[bold]x[/bold]", "\x1b[31mred"], ["[i]b[/i]"]), 100)
    assert "[bold]x[/bold]" in text
    assert "[i]b[/i]" in text
    assert "␛[31mred" in text
    assert "\x1b" not in text


def test_a_long_label_leaves_the_numbers_whole(tmp_path: Path) -> None:
    label = "openai:Qwen/Qwen2.5-VL-72B-Instruct?base_url=http://127.0.0.1:8000/v1&temperature=0.7"
    text = printed(run_of(tmp_path, [label, "ocr"], TWELVE), 80)
    line = next(line for line in text.splitlines() if line.startswith(" 2 "))
    assert "Qwen2.5" in line
    assert line.split()[-2:] == ["6", "0"]


def test_a_captioner_without_scores_is_a_row_all_the_same(tmp_path: Path) -> None:
    rows = [verdict("ocr", "one"), verdict("down", "one", "failed", caption=None)]
    line = next(line for line in printed(write_run(tmp_path, rows), 100).splitlines() if " down " in line)
    assert "\N{EN DASH}" in line


def test_a_run_without_verdicts_prints_without_rows(tmp_path: Path) -> None:
    folder = write_run(tmp_path, [], benchmarks=[{"name": "chartqa"}])
    assert "There is no score: no answer is in the run." in printed(folder, 80)


QWEN = ["openai:Qwen/Qwen2.5-VL-3B-Instruct", "openai:Qwen/Qwen2.5-VL-72B-Instruct"]


@pytest.mark.parametrize("captioners", [QWEN, [*QWEN, "blind"], [f"日本語{index}" for index in range(12)]], ids=len)
@pytest.mark.parametrize("benchmarks", [1, 12])
@pytest.mark.parametrize("width", [80, 60, 40, 30])
def test_names_tell_captioners_apart_and_numbers_are_whole(
    tmp_path: Path, captioners: list[str], benchmarks: int, width: int
) -> None:
    folder = run_of(tmp_path, captioners, TWELVE[:benchmarks])
    text = printed(folder, width)
    assert max(map(columns, text.splitlines())) <= width
    table = text.split("captioner")[1].split("\n \n")[0].splitlines()
    names = [line.split()[1] for line in table if line.strip()[:1].isdigit()]
    assert len(names) == len(set(names)) == len(captioners)
    estimates = [cell.estimate for row in build(folder).everyone for cell in row.cells.values()]
    numbers = Counter(f"{100 * estimate.value:.1f}" for estimate in estimates if estimate)
    assert all(text.count(number) >= count for number, count in numbers.items())
    # Behind the name there is nothing but whole numbers, ranges of them, scores, ends, and words of a verdict.
    cells = [cell for line in table if line.strip()[:1].isdigit() for cell in line.split()[2:]]
    assert [
        cell
        for cell in cells
        if not re.fullmatch(r"\d+(\.\d)?|\d+–\d+|–|\[\d+\.\d,|\d+\.\d\]|\dB|[+-]\d+\.\d|72B|baseline|[a-z]+", cell)
    ] == []


def test_a_narrow_terminal_goes_without_columns_and_says_so(tmp_path: Path) -> None:
    text = printed(run_of(tmp_path, QWEN, TWELVE), 40)
    heading = next(line for line in text.splitlines() if "captioner" in line)
    assert heading.split() == ["#", "captioner", "score", "[low,", "high]"]
    assert "Not shown at this width: rank, size, against baseline, words, failed." in " ".join(text.split())
    assert "Not shown" not in printed(tmp_path, 260)


def test_far_too_narrow_for_a_table_is_told_in_sentences(tmp_path: Path) -> None:
    text = printed(run_of(tmp_path, ["ocr", "blind"], TWELVE[:2]), 16)
    assert max(map(len, text.splitlines())) <= 16
    told = " ".join(text.split())
    assert "# 1, captioner ocr, score 50.0" in told
    assert "benchmark benchmark_a, 1 50.0" in told
    assert "…" not in told


def test_what_was_measured_stands_first(tmp_path: Path) -> None:
    rows = [verdict("a", str(item), "failed" if item else "correct", caption=None) for item in range(3)]
    plan = {"data": "synthetic", "limit": 3, "first": False}
    text = printed(write_run(tmp_path, rows, plan=plan, benchmarks=[{"name": "chartqa", "items": 3, "size": 36}]), 120)
    first, second = text.splitlines()[:2]
    assert first == "No captioner is ranked: a, 2 of 3 answers failed."
    assert second.startswith(
        "2 of 3 answers failed: in no score · synthetic twins · random 3 of 36 questions, seed 0 · lexical"
    )


@pytest.mark.parametrize("width", [80, 40])
def test_a_benchmark_s_own_numbers_are_a_table(tmp_path: Path, width: int) -> None:
    captioners = [f"c{place}" for place in range(15)]
    said = [
        {"benchmark": "we\x1bmath", "captioner": name, "sample": 0, "metrics": {"strict": place, "CM \x1b": 1.5}}
        for place, name in enumerate(captioners)
    ]
    text = printed(run_of(tmp_path, captioners, ["wemath"], aggregates=said), width)
    assert "we␛math, by the benchmark's own aggregation" in " ".join(text.split())
    assert text.count("1.5") >= 15
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= width


def test_the_answer_stands_first_controls_under_a_rule_and_notes_in_one_line(tmp_path: Path) -> None:
    rows = [
        verdict(
            captioner, str(item), "failed" if captioner == "broken" and item < 3 else "correct" if item % n else "wrong"
        )
        for n, captioner in enumerate(["Qwen2.5-VL-3B", "Qwen2.5-VL-72B", "broken", "blind", "mismatched"], 2)
        for item in range(24)
    ]
    folder = write_run(tmp_path / "a run", rows)
    console = Console(file=io.StringIO(), width=80, color_system=None)
    console.print(LeaderboardView(build(folder)))
    assert isinstance(console.file, io.StringIO)
    lines = [line.rstrip() for line in console.file.getvalue().splitlines()]
    assert lines[0].startswith("Against Qwen2.5-VL-72B, of Qwen2.5-VL-3B we cannot tell: these data could show")
    start = next(place for place, line in enumerate(lines) if "captioner" in line)
    assert lines[start].split() == [*HEADINGS]
    rule = lines[start + 1]
    assert set(rule) == {" ", "─"}
    assert [place for place, line in enumerate(lines) if line == rule] == [start + 1, start + 4, start + 6]
    assert lines[start + 3].split()[:3] == ["2", "Qwen2.5-VL-3B", "1–2"]
    assert lines[start + 5].split()[:3] == ["3", "broken", "–"]
    assert [line.split()[1] for line in lines[start + 7 : start + 9]] == ["mismatched", "blind"]
    assert "broken is not ranked: 3 of 24 answers failed." in lines
    assert f"to read with the scores: prism-eval report '{folder}' --notes" in " ".join(lines).replace("  ", " ")
    assert not any(line.startswith("!") for line in lines)


HEADINGS = ("#", "captioner", "rank", "score", "[low,", "high]", "against", "baseline", "words", "failed")


@pytest.mark.parametrize("width", [200, 80, 40, 24])
def test_what_papers_print_stands_apart_as_printed(tmp_path: Path, width: int) -> None:
    folder = run_of(tmp_path, ["CapRL-3B", "Qwen2.5-VL-72B"], ["chartqa", "mmstar"])
    board = build(folder, published=["caprl", "moco_rubric"])
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(LeaderboardView(board))
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert max(map(len, text.splitlines())) <= width
    apart = " ".join(text[text.index("As published") :].split())
    assert "arXiv 2509.22647v1, Table 3" in apart
    # Printed, recomputed from eleven cells, and over the two that this leaderboard has.
    assert all(number in apart for number in ("48.3", "48.4", f"{(80.5 + 55.0) / 2:.1f}", "67.17"))
    assert {row.captioner for row in board.rows} == {"CapRL-3B", "Qwen2.5-VL-72B"}
    assert max(row.rank.worst for row in board.rows if row.rank) == 2
