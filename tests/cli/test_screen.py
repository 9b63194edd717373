"""Terminals as they are: of any encoding and width, full, closed, or gone early."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from prism_eval.cli import screen

ODD = "名前 🦊 — “x” \u202e\x1b[31m ±"


@pytest.fixture(scope="module")
def run(tmp_path_factory, cache):
    """A run folder under names that few encodings have, as `report` reads it."""
    folder = tmp_path_factory.mktemp("odd") / "run"
    words = ["run", "-q", "-c", f"blind?label={ODD}", "-c", "oracle", "-b", "chartqa", "--limit", "2", "--out", folder]
    assert command(words, PRISM_EVAL_CACHE=str(cache)).returncode == 0
    return folder


def command(words, *, shell="", **environment):
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", f'"$@" {shell}', "bash", sys.executable, "-m", "prism_eval", *map(str, words)],
        env={**os.environ, **environment},
        capture_output=True,
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "cp437", "koi8-r", "utf-8"])
def test_what_an_encoding_lacks_is_replaced(run, encoding):
    done = command(["report", run], PYTHONIOENCODING=encoding, COLUMNS="80")
    assert (done.returncode, done.stderr) == (0, b"")
    text = done.stdout.decode(encoding)
    assert "oracle" in text
    assert "\x1b" not in text
    assert max(map(len, text.splitlines()[:-1])) <= 80


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_message_of_any_text_is_one_line(encoding):
    done = command(["run", "-c", f"{ODD}", "-b", "chartqa"], PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stdout) == (2, b"")
    (line,) = done.stderr.decode(encoding).splitlines()
    assert "names no plugin" in line


VERBS = [["--help"], ["--version"], ["benchmarks"], ["plugins"], ["store", "stats"], ["plan", "-c", "blind"]]


@pytest.mark.parametrize("words", [*VERBS, ["report"], ["run"]], ids=" ".join)
def test_output_that_cannot_be_written_is_one_line(run, words, tmp_path):
    more = {"report": [run], "run": ["-q", "-c", "blind", "-b", "chartqa", "--limit", "1", "--out", tmp_path]}
    words = [*words, *more.get(words[0], [])]
    done = command(words, shell=">/dev/full")
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.decode().splitlines() if not line.startswith("lmms: ")]
    assert "the output cannot be written: No space left on device" in line
    # What was done before anybody was told of it is there.
    assert "run" not in words or (tmp_path / "leaderboard.html").exists()


@pytest.mark.parametrize("words", VERBS, ids=" ".join)
@pytest.mark.parametrize("shell", ["| true", "| head -1"])
def test_a_reader_that_leaves_early_hears_nothing(run, words, shell):
    done = command(words, shell=shell)
    assert done.returncode in (0, 1)
    assert b"rror" not in done.stderr


@pytest.mark.parametrize("shell", [">&-", "2>&-", "<&- >&- 2>&-", "2>/dev/full"])
def test_a_run_without_streams_is_a_run(tmp_path, shell):
    words = ["run", "-c", "blind", "-b", "chartqa", "--limit", "1", "--out", tmp_path / "run"]
    done = command(words, shell=shell)
    assert (done.returncode, b"rror" in done.stderr) == (0, False)
    assert (tmp_path / "run" / "leaderboard.html").exists()
    assert (tmp_path / "run" / "verdicts.parquet").read_bytes()[:4] == b"PAR1"


def test_where_standard_error_is_full_the_exit_code_says_it_all():
    assert command(["rn"], shell="2>/dev/full").returncode == 2


def test_a_pipe_has_no_width_and_columns_says_one(monkeypatch, tmp_path, capsys):
    monkeypatch.delenv("COLUMNS", raising=False)
    assert screen.console().width > 10_000
    monkeypatch.setenv("COLUMNS", "72")
    assert screen.console().width == 72


@pytest.mark.parametrize("character", ["±", "…", "–", "─", "⟨", "é", "日", "🦊", "\ud800"])
@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_a_replacement_is_as_wide_as_one_character(character, encoding):
    screen.prepare()
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="prism-eval")
    stream.write(character)
    stream.flush()
    assert len(stream.buffer.getvalue().decode(encoding)) == 1


def test_the_module_is_the_program():
    words = ["run", "-c", "blnd"]
    program = Path(sys.executable).with_name("prism-eval")
    done = subprocess.run([program, *words], capture_output=True, check=False, timeout=60)
    again = command(words)
    assert (done.returncode, done.stderr) == (again.returncode, again.stderr)
    assert done.returncode == 2


def test_what_was_streamed_leaves_nothing_for_python_to_wait_for():
    used = "import atexit, prism_eval.benchmarks.sources.stream; atexit.register(print, 'Python has ended')"
    ends = "import sys; from prism_eval.cli import program; sys.argv = ['prism-eval', '--version']; program()"
    said = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True, timeout=60).stdout
        for code in (f"import atexit; atexit.register(print, 'Python has ended'); {ends}", f"{used}; {ends}")
    ]
    assert said[0] == f"{said[1]}Python has ended\n"


def test_a_programs_modules_are_not_looked_through_for_cycles():
    looks = "import atexit, gc; usual = gc.get_threshold()"
    ends = "atexit.register(lambda: print(gc.get_threshold() == usual, gc.get_freeze_count() > 9999))"
    obeys = "from prism_eval import cli; cli._obey = lambda: print(gc.get_threshold()[0]) or 0; cli.program()"
    code = f"{looks}; {ends}; {obeys}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True, timeout=60)
    assert done.stdout.split() == ["20000", "True", "True"]
