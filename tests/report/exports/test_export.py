"""Exports as their user asks for them: to a pipe, to a file, and where that cannot be."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pyarrow.parquet as pq
import pytest

from prism_eval import evaluate
from prism_eval.cli import report as verb
from prism_eval.leaderboard import Leaderboard, build
from prism_eval.report.exports import FILES, FOLDERS, TEXTS, export
from prism_eval.report.exports.sheet import records
from tests.builders import chart_folder
from tests.conftest import ROOT
from tests.runfolder import verdict, write_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("run")
    chart_folder(home / "data")
    data = {"benchmarks": "chartqa", "data": home / "data", "store": home / "store.sqlite"}
    evaluate(["blind", "budget(blind)?words=0&label=again"], **data, out=home / "run")
    return home / "run"


def report(*words: object) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "prism_eval", "report", *map(str, words)]
    return subprocess.run(command, capture_output=True, timeout=120, check=False)


def test_the_flag_knows_every_format() -> None:
    assert set(get_args(get_args(get_args(verb.Format)[0])[0])) == {*TEXTS, *FILES, *FOLDERS}


@pytest.mark.parametrize("name", TEXTS)
def test_a_pipe_gets_what_a_file_gets(name: str, run: Path, tmp_path: Path) -> None:
    file = tmp_path / "out"
    piped, written = report(run, "--format", name), report(run, "--format", name, "--output", file)
    assert piped.returncode == written.returncode == 0, piped.stderr + written.stderr
    assert piped.stdout == file.read_bytes() == TEXTS[name](build(run)).encode()
    assert written.stdout == b""
    assert b"again" in piped.stdout


@pytest.fixture
def mixed(tmp_path: Path) -> Leaderboard:
    """Two entries, one that failed too often to be ranked, and a control."""
    items = [str(number) for number in range(30)]
    rows = [verdict("good|one", item) for item in items]
    rows += [verdict("base", item, "correct" if int(item) % 2 else "wrong") for item in items]
    rows += [verdict("gone", item, "failed" if item == "0" else "correct") for item in items]
    rows += [verdict("nothing", item, "wrong", caption="") for item in items]
    plugins = {"good|one": "openai", "base": "openai", "gone": "openai", "nothing": "blind"}
    captioners = [
        {"label": label, "identity": {"plugin": plugin, "revision": "abc"}} for label, plugin in plugins.items()
    ]
    return build(write_run(tmp_path / "mixed", rows, captioners=captioners), baseline="base")


def test_controls_and_those_without_a_rank_stand_apart(mixed: Leaderboard) -> None:
    kinds = {record["captioner"]: record["kind"] for record in records(mixed)}
    assert kinds == {"good|one": "entry", "base": "entry", "gone": "unranked", "nothing": "control"}
    lines = TEXTS["latex"](mixed).splitlines()
    names = [line.split(" & ")[0] for line in lines[lines.index(r"\midrule") :]]
    good, base, gone, nothing = r"good\textbar{}one", "base", "gone (not ranked: ", "nothing (control: blind)"
    assert [name[: len(gone)] if name.startswith(gone) else name for name in names] == [
        *(r"\midrule", good, base),
        *(r"\midrule", gone),
        *(r"\midrule", nothing),
        *(r"\bottomrule", r"\end{tabular}"),
    ]
    table = [line for line in TEXTS["markdown"](mixed).splitlines() if line.startswith("| ")]
    assert [line.split(" | ")[0] for line in table[1:3]] == [r"| good\|one", "| base"]


def test_what_papers_print_is_marked_and_has_no_interval(tmp_path: Path) -> None:
    board = build(write_run(tmp_path / "run", [verdict("a", "1")]), published=["caprl"])
    (row,) = [row for row in board.published if row.captioner == "CapRL-3B" and "chartqa" in row.scores][:1]
    found = [record for record in records(board) if record["kind"] == "published"]
    assert len(found) == len(board.published) > 0
    record = next(one for one in found if one["captioner"] == "CapRL-3B" and one["chartqa"] == row.scores["chartqa"])
    assert (record["mean"], record["chartqa_low"], record["rank_best"]) == (row.printed, None, None)
    assert record["source"] == row.source
    assert {tuple(one) for one in records(board)} == {tuple(records(board)[0])}
    lines = [line for line in TEXTS["markdown"](board).splitlines() if line.startswith("| CapRL-3B (as published: ")]
    assert any(f"| {100 * row.scores['chartqa']:.1f} |" in line for line in lines)


def test_the_verdict_against_the_baseline_comes_with_its_interval(mixed: Leaderboard) -> None:
    against = mixed.rows[0].against
    record, base = records(mixed)[:2]
    assert (record["baseline"], record["verdict"], record["sentence"]) == ("base", "better", against.sentence)
    assert (record["against_low"], record["against_high"]) == (against.difference.low, against.difference.high)
    assert (base["verdict"], base["revision"]) == (None, "abc")
    markdown = TEXTS["markdown"](mixed)
    assert markdown.startswith(r"**Against base, good\|one is better by 50.0 \[")
    assert re.search(r"\| \+50\.0 \\\[\+\d\d\.\d, \+\d\d\.\d\\\] better \|", markdown)
    document = json.loads(TEXTS["json"](mixed))
    (pair,) = document["comparisons"]
    assert (pair["first"], pair["second"], pair["value"]) == ("good|one", "base", 0.5)
    assert document["answer"] == mixed.answer


def test_a_parquet_file_holds_every_number(run: Path, tmp_path: Path) -> None:
    board = build(run)
    for name in ("one", "two"):
        export(board, "parquet", tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    table = pq.read_table(tmp_path / "one")
    assert table.to_pylist() == records(board)
    assert "null" not in {str(field.type) for field in table.schema}


def test_every_column_is_in_every_table_of_programs(tmp_path: Path) -> None:
    board = build(write_run(tmp_path, [verdict("a", "1")]))
    (record,) = records(board)
    assert set(board.to_pandas().columns) <= set(record)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--format", "parquet"], b"--format parquet makes no text: name a place for it with --output"),
        (["--format", "html"], b"'html' is not one of"),
        (["--format", "csv", "--images"], b"--format csv shows no images"),
        (["--format", "csv", "--output", "no/such/folder/x"], b"cannot write no/such/folder/x"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(words: list[str], said: bytes, run: Path) -> None:
    done = report(run, *words)
    assert done.returncode in (1, 2)
    (line,) = done.stderr.splitlines()
    assert said in line


def test_the_page_names_every_key_of_the_document(mixed: Leaderboard) -> None:
    page = (ROOT / "docs" / "exports.md").read_text(encoding="utf-8")
    section = page.partition("## The keys of the JSON document")[2]
    document = json.loads(TEXTS["json"](mixed))
    parts = (document[name][0] for name in ("benchmarks", "columns", "comparisons", "runs"))
    texts = [name for name, value in document["rows"][0].items() if value is None or isinstance(value, str)]
    numbers = set(mixed.to_pandas().columns) - {"captioner"}
    keys = {*document, *(key for part in parts for key in part), *texts} - numbers
    assert not [key for key in keys if f"`{key}`" not in section]
