"""compare, gate and baseline as a shell runs them: what they print, and their exit codes."""

import json
import shutil
import subprocess
import sys

import pytest

from prism_eval import evaluate
from prism_eval.gate.baseline import save
from prism_eval.gate.side import side_of_run
from tests.shell import shell


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two runs of the twins of ChartQA: what is known of them, and a sixth of that."""
    home = tmp_path_factory.mktemp("runs")
    of = {"benchmarks": "chartqa", "data": "synthetic", "store": home / "store.sqlite"}
    evaluate("oracle", out=home / "good", **of)
    evaluate("budget(oracle)?words=4", out=home / "bad", **of)
    evaluate("oracle", out=home / "few", limit=3, **of)
    evaluate("oracle", out=home / "caprl", edition="caprl", **of)
    save(side_of_run(home / "good"), home / "file")
    shutil.copytree(home / "good", home / "damaged")
    (home / "damaged" / "verdicts.parquet").write_bytes(b"PAR1")
    return home


def test_a_captioner_that_got_worse_fails(runs):
    done = shell("gate", "--baseline", runs / "good", "--candidate", runs / "bad")
    assert done.returncode == 1
    assert done.stdout.startswith("FAIL: ChartQA")
    assert "a loss of more than 3.0" in done.stdout


def test_a_captioner_against_itself_never_fails(runs):
    done = shell("gate", "--baseline", runs / "good", "--candidate", runs / "good")
    assert done.returncode in (0, 3)


def test_few_images_are_inconclusive_and_a_release_does_not_take_that(runs):
    words = ("gate", "--baseline", runs / "few", "--candidate", runs / "few")
    done = shell(*words)
    assert done.returncode == 3
    assert done.stdout.startswith("INCONCLUSIVE: ")
    assert shell(*words, "--event", "release").returncode == 1


def test_a_policy_says_what_a_cannot_tell_counts_as(runs, tmp_path):
    policy = tmp_path / "gate.toml"
    policy.write_text('[inconclusive]\npull_request = "pass"\n')
    words = ("gate", "--baseline", runs / "few", "--candidate", runs / "few", "--policy", policy)
    assert shell(*words).returncode == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("gate",), "a gate needs two runs"),
        (("gate", "--baseline", "{good}"), "a gate needs two runs"),
        (("gate", "--baseline", "{good}", "--candidate", "{caprl}"), "cannot be compared: protocol.edition"),
        (("gate", "--baseline", "{few}", "--candidate", "{good}"), "cannot be compared: chartqa: limit"),
        (("gate", "--baseline", "nowhere", "--candidate", "{good}"), "nowhere is no run folder"),
        (("gate", "--baseline", "{good}", "--candidate", "{good}", "--policy", "none.toml"), "cannot read the policy"),
        (("gate", "--baseline", "{good}", "--candidate", "{good}", "--entry", "7B"), "'7B' is no entry"),
        (
            ("gate", "--replay", "{good}", "--candidate", "{good}"),
            "--candidate is left out where --replay holds a run to itself",
        ),
        (("gate", "--replay", "nowhere"), "nowhere is no run folder"),
        (("gate", "--replay", "{good}", "--plan"), "--plan is left out where --replay"),
        (("gate", "--replay", "{good}", "--entry", "x"), "--entry is left out where --replay"),
        (("gate", "--plan"), "name it with --baseline"),
        (("gate", "--plan", "--baseline", "{good}", "--entry", "x"), "--entry is an entry of --candidate"),
        (("gate", "--plan", "--baseline", "{good}", "--junit", "x.xml"), "--junit is left out where --plan decides"),
        (("gate", "--plan", "--baseline", "{good}", "--format", "junit"), "--format junit is left out where --plan"),
        (("gate", "--baseline", "{good}", "--baseline", "{few}"), "--baseline is given twice"),
        (("gate", "--baseline", "", "--candidate", "{good}"), "--baseline is given nothing"),
        (("gate", "--baseline", "{good}", "init"), "gate init has its own words"),
        (("gate", "--baseline", "{good}", "--candidate", "{good}", "--junit", "-"), "'-' names no file"),
        (("gate", "--baseline", "{good}", "--candidate", "{damaged}"), "verdicts.parquet cannot be read"),
        (("gate", "--baseline", "{damaged}", "--candidate", "{good}"), "verdicts.parquet cannot be read"),
        (("gate", "--replay", "{damaged}"), "verdicts.parquet cannot be read"),
        (("gate", "--baseline", "{file}", "--candidate", "{good}", "--baseline-entry", "7B"), "'7B' is no entry"),
        (("gate", "--baseline", "{good}", "--candidate", "{file}", "--entry", "7B"), "'7B' is no entry"),
        (("compare", "{good}", "{caprl}"), "cannot be compared: protocol.edition"),
        (("compare", "{good}", "{good}", "--margin", "0"), "a margin lies between"),
        (("compare", "{good}", "{good}", "--margin", "nan"), "a margin lies between"),
        (("compare", "{good}", "{good}", "-o", "x.md"), "name one with --format"),
        (("compare", "{good}"), "Missing argument"),
        (("baseline", "save", "nowhere", "-o", "x.parquet"), "nowhere is no run folder"),
        (("baseline", "show", "nowhere"), "nowhere does not exist"),
        (("baseline", "diff", "{good}", "{good}"), "is no baseline"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_code_2(runs, words, says):
    named = {name: runs / name for name in ("good", "few", "caprl", "damaged", "file")}
    done = shell(*(str(word).format(**named) for word in words))
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert says in done.stderr


def test_compare_says_the_answer_first_on_a_narrow_terminal_too(runs):
    done = shell("compare", runs / "good", runs / "bad", columns=80)
    assert done.returncode == 0
    assert "worse by" in " ".join(done.stdout.split("\n\n")[0].split())
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "Lost: " in done.stdout


def test_compare_as_json_and_into_a_file(runs, tmp_path):
    said = json.loads(shell("compare", runs / "good", runs / "bad", "--format", "json").stdout)
    assert said["suite"]["verdict"] == "worse"
    assert said["lost"]["count"] == len(said["lost"]["items"]) > 0
    file = tmp_path / "difference.md"
    assert shell("compare", runs / "good", runs / "bad", "--format", "markdown", "-o", file).stdout == ""
    assert file.read_text().startswith("**budget(oracle)?words=4 against oracle: worse by")


def test_the_gate_as_json_holds_every_rule(runs):
    done = shell("gate", "--baseline", runs / "good", "--candidate", runs / "bad", "--format", "json")
    said = json.loads(done.stdout)
    assert (done.returncode, said["outcome"]) == (1, "FAIL")
    assert {rule["name"] for rule in said["rules"]} >= {"benchmark", "failed", "empty"}


def test_a_baseline_is_saved_shown_held_and_told_apart(runs, tmp_path):
    file, other = tmp_path / "b.parquet", tmp_path / "c.parquet"
    assert shell("baseline", "save", runs / "good", "-o", file).stdout.startswith(f"{file}: oracle, ")
    assert "ChartQA" in shell("baseline", "show", file).stdout
    assert shell("gate", "--baseline", file, "--candidate", runs / "bad").returncode == 1
    assert shell("baseline", "save", runs / "bad", "-o", other).returncode == 0
    assert shell("baseline", "diff", file, file).stdout == "The same.\n"
    differ = shell("baseline", "diff", file, other)
    assert differ.returncode == 1
    assert "worse by" in differ.stdout


@pytest.mark.parametrize("where", [">/dev/full", "| true", "| head -1"])
def test_a_decision_outlives_who_reads_it(runs, where):
    words = f"-m prism_eval gate --baseline {runs / 'few'} --candidate {runs / 'few'}"
    script = f"set -o pipefail; '{sys.executable}' {words} {where}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=120, check=False)
    # Where nobody can be told of it, it is no FAIL; who has seen enough has seen the decision.
    assert done.returncode == (2 if where == ">/dev/full" else 3), done.stderr
    assert done.stderr.count("\n") == (where == ">/dev/full")
