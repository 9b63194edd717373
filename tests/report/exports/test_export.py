"""Exports as their user asks for them: to a pipe, to a file, and where that cannot be."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pyarrow.parquet as pq
import pytest

from prism_eval import evaluate
from prism_eval.cli import report as verb
from prism_eval.leaderboard import build
from prism_eval.report.exports import FILES, TEXTS, export
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
    command = [sys.executable, "-m", "prism_eval.cli", "report", *map(str, words)]
    return subprocess.run(command, capture_output=True, timeout=120, check=False)


def test_the_flag_knows_every_format() -> None:
    assert set(get_args(get_args(get_args(verb.Format)[0])[0])) == {*TEXTS, *FILES}


@pytest.mark.parametrize("name", TEXTS)
def test_a_pipe_gets_what_a_file_gets(name: str, run: Path, tmp_path: Path) -> None:
    file = tmp_path / "out"
    piped, written = report(run, "--format", name), report(run, "--format", name, "--output", file)
    assert piped.returncode == written.returncode == 0, piped.stderr + written.stderr
    assert piped.stdout == file.read_bytes() == TEXTS[name](build(run)).encode()
    assert written.stdout == b""
    assert b"again" in piped.stdout


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
        (["--format", "csv", "--output", "no/such/folder/x"], b"cannot write no/such/folder/x"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(words: list[str], said: bytes, run: Path) -> None:
    done = report(run, *words)
    assert done.returncode in (1, 2)
    (line,) = done.stderr.splitlines()
    assert said in line


def test_the_page_names_every_key_of_the_document(run: Path) -> None:
    page = (ROOT / "docs" / "exports.md").read_text(encoding="utf-8")
    section = page.partition("## The keys of the JSON document")[2]
    document = json.loads(TEXTS["json"](build(run)))
    keys = [*document, *document["benchmarks"][0], *document["columns"][0]]
    assert not [key for key in keys if f"`{key}`" not in section]
