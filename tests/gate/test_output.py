"""What a gate says to CI systems: shapes, limits, and texts of strangers."""

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from xmlschema import XMLSchema

from prism_eval.gate import decide
from prism_eval.gate.output import github
from prism_eval.gate.output.decisions import told
from prism_eval.gate.output.junit import junit
from prism_eval.gate.output.told import Case, Told
from prism_eval.gate.policy import make_policy
from prism_eval.sheets.sheet import Sheet
from tests.gate.sides import mixed, side
from tests.shell import shell

EVIL = "a\n::error::b\r\x00\x1b[31m%0A<b>&\"'|]]>\ud800\uffff"


def of_cases(*cases):
    return Told(Sheet(answer="FAIL", lines=(), grids=(), notes=()), {}, cases, {"baseline": EVIL})


def failing(count, level="error", says="lost"):
    return [Case("scores", f"benchmark {place}", "failure", level, says) for place in range(count)]


@pytest.fixture
def decision(tmp_path):
    first = side(tmp_path / "a", {"chartqa": mixed(600, 400), "infovqa": mixed(600, 400), "mmmu": mixed(6, 4)})
    second = side(tmp_path / "b", {"chartqa": mixed(300, 700), "infovqa": mixed(600, 400), "mmmu": mixed(6, 4)})
    policy = make_policy({"benchmarks": {"mmmu": {"tier": "critical"}, "infovqa": {"tier": "advisory"}}})
    return decide(first, second, policy)


SCHEMA = XMLSchema(Path(__file__).parent / "junit.xsd")


def check_shape(root):
    SCHEMA.validate(root)
    cases = list(root.iter("testcase"))
    for whole in (root, root.find("testsuite")):
        assert int(whole.get("tests")) == len(cases)
        for number, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(whole.get(number)) == sum(case.find(tag) is not None for case in cases)


def test_junit_has_the_shape_that_readers_agree_on(decision):
    root = ET.fromstring(junit(told(decision, "pull_request")))
    check_shape(root)
    shown = {case.get("name"): next(iter(case)) for case in root.iter("testcase")}
    assert shown["gate"].tag == "failure"
    assert shown["suite"].tag == "failure"
    assert shown["suite"].get("message") == shown["suite"].text != ""
    assert shown["benchmark mmmu"].tag == "skipped"
    # A supporting rule that fails is told, and turns nothing red by itself.
    assert shown["benchmark chartqa"].tag == "skipped"
    assert shown["benchmark infovqa"].tag == "system-out"
    assert shown["failed"].tag == "system-out"


def test_a_cannot_tell_is_a_failure_where_the_policy_says_so(decision):
    root = ET.fromstring(junit(told(decision, "release")))
    shown = {case.get("name"): next(iter(case)).tag for case in root.iter("testcase")}
    assert shown["benchmark mmmu"] == "failure"


def test_junit_takes_any_text(decision):
    cases = [Case("scores", EVIL, "failure", "error", EVIL), Case("scores", "2", "passed", "", EVIL * 9000)]
    text = junit(of_cases(*cases))
    root = ET.fromstring(text)
    check_shape(root)
    assert "\x00" not in text
    cases = root.find("testsuite").findall("testcase")
    cases[1].set("name", cases[0].get("name"))
    assert not SCHEMA.is_valid(root)  # two of one name


def test_errors_and_warnings_are_at_most_ten_each_the_worst_first():
    lines = github.commands(of_cases(failing(1)[0], *failing(25), *failing(3, "warning")))
    errors = [line for line in lines if line.startswith("::error ")]
    warnings = [line for line in lines if line.startswith("::warning ")]
    assert (len(errors), len(warnings)) == (10, 3)
    assert errors[0] == "::error title=prism-eval gate%3A benchmark 0::lost"
    assert errors[-1].endswith("::and 16 more")
    assert lines == errors + warnings


def test_ten_are_told_in_full():
    assert not any("more" in line for line in github.commands(of_cases(failing(1)[0], *failing(10))))


def test_nobody_s_text_is_a_command_of_its_own():
    (line,) = github.commands(of_cases(Case("gate", EVIL, "failure", "error", EVIL)), file="a,b:c.toml")
    assert "\n" not in line
    assert "\r" not in line
    assert line.startswith("::error file=a%2Cb%3Ac.toml,title=prism-eval gate%3A a%0A%3A%3Aerror%3A%3Ab%0D")
    assert line.endswith(f"::{github._data(EVIL)}")
    assert "%250A" in line
    first, *_, last = github.unheard("::error::a label\n::set-output name=x::y").splitlines()
    assert first.startswith("::stop-commands::")
    assert last == f"::{first.removeprefix('::stop-commands::')}::"
    assert github.unheard("x") != github.unheard("x")


def test_what_the_rules_say_is_told_once(decision):
    lines = github.commands(told(decision, "pull_request"), file="gate.toml")
    assert [line.split("title=prism-eval gate%3A ")[1].split("::")[0] for line in lines] == [
        "suite",
        "benchmark mmmu",
        "benchmark chartqa",
    ]
    assert [line.split(" ")[0] for line in lines] == ["::error", "::warning", "::warning"]


def test_a_summary_is_cut_between_two_lines_and_says_so():
    text = "".join(f"| row {place} | ä |\n" for place in range(1000))
    cut = github.cut(text, 5_000)
    assert len(cut.encode()) <= 5_000
    *kept, blank, last = cut.splitlines()
    assert blank == ""
    assert all(re.fullmatch(r"\| row \d+ \| ä \|", line) for line in kept)
    assert last == f"{1000 - len(kept)} more lines were cut: GitHub shows no longer summary."
    assert github.cut(text, 50_000) == text


def test_a_summary_of_a_million_items_is_under_the_limit(decision):
    sheet = told(decision, "pull_request").sheet
    long = replace(sheet, notes=["x" * 1000] * 2000)
    assert len(github.summary(Told(long, {}, [])).encode()) <= github.SUMMARY_LIMIT


def test_github_is_told_in_an_action_and_others_as_they_ask(tmp_path, monkeypatch):
    from prism_eval import evaluate

    evaluate("oracle", benchmarks="chartqa", limit=3, data="synthetic", out=tmp_path / "r", store=tmp_path / "s.sqlite")
    words = ("gate", "--baseline", tmp_path / "r", "--candidate", tmp_path / "r")
    summary, xml = tmp_path / "summary.md", tmp_path / "gate.xml"
    summary.write_text("# mine\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    done = shell(*words, "--junit", xml)
    assert done.returncode == 3
    assert done.stdout.startswith("::stop-commands::")
    assert done.stdout.splitlines()[-1].startswith("::warning title=prism-eval gate%3A benchmark chartqa::")
    assert summary.read_text().startswith("# mine\n## prism-eval gate\n\n**INCONCLUSIVE: ")
    check_shape(ET.parse(xml).getroot())
    assert shell(*words, "--format", "terminal").stdout.startswith("INCONCLUSIVE")
    check_shape(ET.fromstring(shell(*words, "--format", "junit").stdout))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "no" / "such.md"))
    done = shell(*words)
    assert done.returncode == 3
    assert "the step's summary cannot be written: No such file" in done.stderr


def test_a_gate_that_could_not_decide_says_so_in_an_action(tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    done = shell("gate", "--baseline", "nowhere%", "--candidate", "nowhere")
    assert done.returncode == 2
    (line,) = done.stdout.splitlines()
    assert line.startswith("::error title=prism-eval gate%3A gate::nowhere ")
    assert "**ERROR: nowhere " in (tmp_path / "summary.md").read_text()


def test_a_gate_that_could_not_decide_is_an_error_among_the_tests(tmp_path):
    xml = tmp_path / "gate.xml"
    assert shell("gate", "--baseline", "nowhere", "--candidate", "nowhere", "--junit", xml).returncode == 2
    root = ET.parse(xml).getroot()
    check_shape(root)
    assert root.get("errors") == "1"
    assert "no run folder" in root.find(".//error").text
