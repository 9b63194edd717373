"""compare, gate and baseline as a shell runs them: what they print, and their exit codes."""

import json

import pytest

from prism_eval import evaluate
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
        (("gate", "--baseline", "{good}", "--candidate", "{few}"), "cannot be compared: chartqa: limit"),
        (("gate", "--baseline", "nowhere", "--candidate", "{good}"), "nowhere is no run folder"),
        (("gate", "--baseline", "{good}", "--candidate", "{good}", "--policy", "none.toml"), "cannot read the policy"),
        (("gate", "--baseline", "{good}", "--candidate", "{good}", "--entry", "7B"), "'7B' is no entry"),
        (("gate", "--replay", "{good}", "--candidate", "{good}"), "--replay holds a run to itself"),
        (("gate", "--replay", "nowhere"), "nowhere is no run folder"),
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
    named = {name: runs / name for name in ("good", "few", "caprl")}
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
