"""A command that cannot have been meant is one clear line and exit code 2, whichever verb it is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from prism_eval import evaluate
from prism_eval.cli import main

NUMBER = "1" + "0" * 24
ASKS = ["run", "caption", "plan"]
CAPTIONS = ["-c", "blind", "-b", "chartqa"]


@pytest.fixture
def said(monkeypatch, capsys, tmp_path):
    """What a command says on standard error, and its exit code."""
    monkeypatch.chdir(tmp_path)

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["prism-eval", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        return capsys.readouterr().err, ended.value.code

    return call


def one_line(said, words):
    error, code = said(*words)
    assert code == 2, error
    (line,) = error.splitlines()
    assert line.startswith("prism-eval: error: ")
    return line


@pytest.mark.parametrize("verb", ASKS)
@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([*CAPTIONS, "--limit", NUMBER], "limit: Input should be less than"),
        ([*CAPTIONS, "--limit", "9" * 5000], "limit"),
        ([*CAPTIONS, "--limit", "0"], "leave --limit out"),
        ([*CAPTIONS, "--limit", "-3"], "--limit -3 asks nothing"),
        ([*CAPTIONS, "--limit", "1.5"], "'--limit'"),
        ([*CAPTIONS, "--limit", "1e3"], "'--limit'"),
        ([*CAPTIONS, "--seed", NUMBER], "seed: Input should be less than"),
        ([*CAPTIONS, "--seed", "-1"], "seed"),
        ([*CAPTIONS, "--samples", "0"], "samples: Input should be greater than 0"),
        ([*CAPTIONS, "--samples", NUMBER], "samples: Input should be less than"),
        ([*CAPTIONS, "--limit", "5", "--limit", "6"], "--limit is given twice"),
        ([*CAPTIONS, "--limit", "5", "--limit=5"], "--limit is given twice"),
        ([*CAPTIONS, "--data", "x", "--data", "y"], "--data is given twice"),
        ([*CAPTIONS, "-r", "lexical", "--reasoner", "lexical"], "reasoner 'lexical' is named twice"),
        ([*CAPTIONS, "--seed", "1", "--seed", "2"], "--seed is given twice"),
        (["-c", "", "-b", "chartqa"], "--captioner is given nothing"),
        (["-c", "blind", "-c", " ", "-b", "chartqa"], "--captioner is given nothing"),
        (["-c", "blind", "-b", ""], "--benchmark is given nothing"),
        (["-c", "blind", "-b", "chartqa", "-b="], "benchmark"),
        (["-c", "blind", "-b", ","], "names no benchmark"),
        (["-c", "blind", "-b", "chartqa,chartqa"], "the benchmark 'chartqa' is named twice"),
        (["-c", "blind", "-b", "chartqa", "-b", "chartqa"], "the benchmark 'chartqa' is named twice"),
        (["-c", "blind", "-c", "blind"], "the captioner 'blind' is named twice"),
        ([*CAPTIONS, "--data="], "--data is given nothing"),
        ([*CAPTIONS, "-r", ""], "--reasoner is given nothing"),
        ([*CAPTIONS, "--protocol", ""], "--protocol is given nothing"),
        ([*CAPTIONS, "--store", ""], "--store is given nothing"),
        ([*CAPTIONS, "--store", "."], "'.' is a directory"),
        ([*CAPTIONS, "--plan", "."], "'.' is a directory"),
        (["-c", "oracle?recall=0.5&recall=0.6", "-b", "chartqa"], "'recall' is given twice"),
        (["-c", "budget(oracle?recall=0.5&recall=0.5)?words=5", "-b", "chartqa"], "'recall' is given twice"),
        (["-c", "oracle?recal=0.5", "-b", "chartqa"], "recal"),
        (["-c", "openai:", "-b", "chartqa"], "openai"),
        (["-c", "nothing", "-b", "chartqa"], "unknown captioner 'nothing'"),
        (["-c", "direct(blind)", "-b", "chartqa"], "blind has no model that could answer"),
        (["-c", "merge(blind, direct(oracle))", "-b", "chartqa"], "direct writes no captions"),
        ([*CAPTIONS, "--limitt", "5"], "--limit"),
        ([*CAPTIONS, "stray"], "stray"),
        ([*CAPTIONS, "--limit"], "--limit"),
    ],
)  # fmt: skip
def test_what_asks_wrongly(said, verb, words, says):
    assert says in one_line(said, [verb, *words])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["run", *CAPTIONS, "--concurrency", "1000000000"], "concurrency"),
        (["run", *CAPTIONS, "--concurrency", "0"], "concurrency"),
        (["run", *CAPTIONS, "--orders", "0"], "orders"),
        (["run", *CAPTIONS, "--orders", "1000"], "orders"),
        (["run", *CAPTIONS, "--edition", "oficial"], "edition"),
        (["run", *CAPTIONS, "--judge", "nobody"], "unknown judge"),
        (["run", *CAPTIONS, "--judge", ""], "--judge is given nothing"),
        (["run", *CAPTIONS, "--out", ""], "--out is given nothing"),
        (["run", *CAPTIONS, "--out", "file"], "is a file"),
        (["run", *CAPTIONS, "-q", "-q"], "--quiet is given twice"),
        (["caption", *CAPTIONS, "--edition", "official"], "--edition"),
        (["rn"], "Did you mean 'run'"),
        (["--verison"], "--version"),
        (["report"], "RUN"),
        (["report", ""], "RUN is given nothing"),
        (["report", "nowhere"], "no run folder"),
        (["report", "captioned", "--format", "csv", "--judge-losses", "openai:model"], "leave --judge-losses out"),
        (["report", "captioned", "--format", "csv", "--history", "captioned"], "leave --history out"),
        (["history", "."], "no run folder"),
        (["report", "file"], "no run folder"),
        (["report", "."], "no run folder"),
        (["report", "captioned"], "verdicts.parquet does not exist"),
        (["report", "captioned", "nowhere"], "nowhere is no run folder"),
        (["answer", "nowhere"], "no run folder"),
        (["answer", "captioned", "-r", "nobody"], "unknown reasoner"),
        (["answer", "captioned", "-r", ""], "--reasoner is given nothing"),
        (["answer", "captioned", "--concurrency", "0"], "concurrency"),
        (["score", "nowhere"], "no run folder"),
        (["score", "captioned"], "answers.parquet does not exist"),
        (["store", "prune"], "nothing to prune"),
        (["store", "prune", "--source", "blnd", "--store", "store.sqlite"], "did you mean 'blind'"),
        (["store", "prune", "--source", "typo", "--store", "store.sqlite"], "known: blind"),
        (["store", "prune", "--older-than", "-1"], "--older-than"),
        (["store", "prune", "--older-than", "soon"], "--older-than"),
        (["store", "prune", "--failures", "--failures"], "--failures is given twice"),
        (["store", "stats", "--store", "nowhere.sqlite"], "no store at nowhere.sqlite"),
        (["store", "verify", "--store", "nowhere.sqlite"], "no store at nowhere.sqlite"),
        (["store", "verfy"], "Did you mean 'verify'"),
        (["benchmarks", "verfy"], "Did you mean 'verify'"),
        (["benchmarks", "verify", "chartqa", "mmmu", "chartqa"], "NAME 'chartqa' is given twice"),
        (["benchmarks", "download", "chartqa", "chartqa", "folder"], "NAME 'chartqa' is given twice"),
        (["doctor", "oracle", "blind", "oracle"], "SPEC 'oracle' is given twice"),
        (["run", *CAPTIONS, "--out", "/dev/null"], "cannot write the run folder /dev/null"),
        (["run", *CAPTIONS, "--out", "file/run"], "cannot write the run folder"),
        (["benchmarks", "chartka"], "did you mean 'chartqa'"),
        (["benchmarks", "chartqa", "--data", "nowhere"], "nowhere"),
        (["benchmarks", "new", "A b"], "benchmark name"),
        (["benchmarks", "new"], "NAME"),
        (["plugins", "more"], "more"),
        (["doctor", "--data", ""], "--data is given nothing"),
    ],
)  # fmt: skip
def test_what_else_is_wrong(said, tmp_path, words, says):
    (tmp_path / "file").write_text("", encoding="utf-8")
    if {"captioned", "store.sqlite"} & set(words):
        out = ["--out", "captioned", "--store", "store.sqlite", "-q"]
        assert said("caption", "-c", "blind", "-b", "chartqa", "--limit", "1", *out)[1] == 0
    assert says in one_line(said, words)


@pytest.mark.parametrize(
    "words",
    [
        ["doctor", "nothing"],
        ["doctor", "--data", "nowhere"],
        ["doctor", "oracle?recal=1"],
        ["benchmarks", "verify", "chartka"],
        ["benchmarks", "verify", "chartqa", "chartka"],
    ],
    ids=" ".join,
)
def test_what_goes_through_a_list_ends_with_2_where_a_name_was_wrong(said, words):
    error, code = said(*words)
    assert (code, error) == (2, "")


def test_a_pointer_to_help_names_a_command_that_explains(said, monkeypatch, capsys):
    for words in (["rn"], ["store", "typo"], ["store", "prune", "--older-than", "-1"], ["run", "--limit", "x"]):
        line = one_line(said, words)
        pointer = line.partition("(see prism-eval")[2].removesuffix(")").split()
        monkeypatch.setattr(sys, "argv", ["prism-eval", *pointer])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 0
        assert capsys.readouterr().out.startswith("Usage: prism-eval")


@pytest.mark.parametrize("words", [[], ["store"]], ids=["prism-eval", "store"])
def test_without_a_word_the_help_is_printed(monkeypatch, capsys, words):
    shown = []
    for given in (words, [*words, "--help"]):
        monkeypatch.setattr(sys, "argv", ["prism-eval", *given])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 0
        shown.append(capsys.readouterr())
    assert shown[0] == shown[1]
    assert "Usage: prism-eval" in shown[0].out


def test_what_may_be_repeated_still_is(said, tmp_path):
    words = ["-c", "blind", "-c", "oracle", "-b", "chartqa,mmstar", "-b", "mmmu", "--limit", "1", "-q"]
    assert said("run", *words, "--out", tmp_path / "run") == ("", 0)


@pytest.mark.parametrize("value", [10**24, -1, "many", None])
def test_python_is_told_the_same(value):
    from prism_eval.errors import UsageError

    with pytest.raises(UsageError, match="limit"):
        evaluate("blind", benchmarks="chartqa", limit=value)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
@pytest.mark.parametrize("where", ["label", "out"])
def test_a_name_that_is_not_utf_8_ends_in_no_traceback(tmp_path: Path, where: str) -> None:
    name = b"\xff"
    out = os.fsencode(tmp_path) + b"/run" + (name if where == "out" else b"")
    captioner = b"oracle?label=" + (name if where == "label" else b"plain")
    words = [sys.executable, "-m", "prism_eval", "run", "-c", captioner, "-b", "chartqa", "--limit", "1", "--out", out]
    done = subprocess.run(
        words, capture_output=True, check=False, env={**os.environ, "PRISM_EVAL_CACHE": str(tmp_path)}
    )
    assert b"Traceback" not in done.stderr
    assert done.returncode == (2 if where == "out" else 0), done.stderr
