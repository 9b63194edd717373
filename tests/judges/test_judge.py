"""The judge: what it is asked, how its verdict is read, and what becomes of its failures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from prism_eval import evaluate
from prism_eval.errors import UnknownName, UsageError
from prism_eval.judges import JUDGE, Judge, read_verdict
from prism_eval.plugins import Spec, build
from prism_eval.reasoners.base import Reasoner
from prism_eval.report.evaluate import published
from prism_eval.run.execute import run_plan
from prism_eval.run.reading import read_manifest
from prism_eval.schema import Answer, FinishReason, Generation
from prism_eval.scoring.judged import UNDECIDED
from tests.builders import png

GOLD = "dark blue"
REPLIES = {"0": "Answer: dark blue", "1": "Answer: navy", "2": "It is a bluish tone.\nRather dark.",
           "3": "Answer: cannot answer"}  # fmt: skip


class Scripted(Reasoner):
    """Says what the script has for a question."""

    async def answer(self, caption, item, *, sample):
        return Answer(REPLIES[item.question[-2]])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Four reasoning questions of CharXiv."""
    home = tmp_path / "data" / "charxiv"
    (home / "images").mkdir(parents=True)
    rows = []
    for number in range(4):
        (home / "images" / f"{number}.png").write_bytes(png(number))
        rows.append({"image": f"{number}.png", "reasoning_q": f"Which colour is line {number}?",
                     "reasoning_a": GOLD, "reasoning_a_type": 1})  # fmt: skip
    (home / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return home.parent


@pytest.fixture
def run(tmp_path, data):
    def go(judge=None, **plan):
        return evaluate("blind", reasoner=Scripted(), benchmarks="charxiv:reasoning", data=data, judge=judge,
                        out=tmp_path / "run", store=tmp_path / "store.sqlite", **plan)  # fmt: skip

    return go


def spec(server):
    return f"openai:model?base_url={server.url}&label=Grader"


def test_without_a_judge_the_verdict_says_so(run):
    frame = run().to_pandas()
    assert list(frame["outcome"]) == ["correct", "wrong", "unparsed", "abstained"]
    assert UNDECIDED in frame["note"][1]


def test_a_judge_decides_what_rules_leave_open_and_is_remembered(run, serve):
    server = serve(text="The same colour.\nVerdict: correct")
    result = run(spec(server))
    frame = result.to_pandas()
    assert list(frame["outcome"]) == ["correct", "correct", "correct", "abstained"]
    assert list(frame["score"]) == [1, 1, 1, 0]
    assert list(frame["note"]) == ["asked-for form", "judge Grader", "judge Grader", ""]
    assert result.tallies["judge"].made == len(server.server.bodies) == 2
    asked = server.server.bodies[0]["messages"][0]["content"]
    assert all(text in asked for text in ("Which colour is line", GOLD, "Verdict: correct"))
    manifest = read_manifest(result.folder.path)
    assert manifest["judge"]["label"] == "Grader"
    assert manifest["judge"]["identity"]["engine"]["model"] == "model"
    assert manifest["counts"]["calls"]["judge"] == {"hits": 0, "made": 2, "failed": 0}
    assert not any("Rules score" in warning for warning in result.leaderboard.warnings)
    assert "Grader" in result.html.read_text(encoding="utf-8")
    again = run(spec(server))
    assert (again.tallies["judge"].made, again.tallies["judge"].hits) == (0, 2)
    assert again.to_pandas().equals(frame)


def test_a_judge_that_says_wrong(run, serve):
    frame = run(spec(serve(text="Verdict: wrong"))).to_pandas()
    assert list(frame["outcome"]) == ["correct", "wrong", "wrong", "abstained"]
    assert frame["note"][1] == "judge Grader"


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        ({"text": "Probably fine."}, "its reply has no line"),
        ({"fail": 1.0, "modes": ("500",)}, "internal server error"),
        ({"fail": 1.0, "modes": ("refusal",)}, "its reply has no line"),
        ({"fail": 1.0, "modes": ("length",)}, "its reply has no line"),
    ],
)
def test_a_judge_that_fails_is_never_a_score_and_is_asked_again(behaviour, words, run, serve):
    server = serve(**behaviour)
    result = run(spec(server), attempts=2)
    frame = result.to_pandas()
    assert list(frame["outcome"]) == ["correct", "failed", "failed", "abstained"]
    assert frame["score"].isna().tolist() == [False, True, True, False]
    assert "judge Grader: " in frame["note"][1]
    assert words in frame["note"][1]
    assert (result.failed, result.tallies["judge"].failed) == (2, 2)
    server.behaviour.text, server.behaviour.fail = "Verdict: correct", 0.0
    assert run(spec(server)).failed == 0


def test_scoring_alone_may_ask_the_judge_and_nobody_else(run, serve, tmp_path):
    server = serve(text="Verdict: correct")
    plan = run().folder.read_plan().model_copy(update={"judge": spec(server)})
    places = {"out": tmp_path / "run", "store": tmp_path / "store.sqlite"}
    result = run_plan(plan, reasoners={"scripted": Scripted()}, stages=["score"], live=frozenset({"score"}), **places)
    assert list(published(result).to_pandas()["outcome"]) == ["correct", "correct", "correct", "abstained"]
    assert {stage: tally.made for stage, tally in result.tallies.items()} == {"caption": 0, "answer": 0, "judge": 2}


def test_a_judge_that_nobody_needs_is_not_asked(run, serve):
    server = serve(text="Verdict: correct")
    result = run(spec(server), edition="strict")
    assert server.server.bodies == []
    assert "judge" not in result.tallies
    assert "judge" not in read_manifest(result.folder.path)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("Verdict: correct", True),
        ("Same.\n**Verdict: Wrong.**\n", False),
        ("Verdict: correct\nNo, wait.\nVerdict: wrong", False),
        ("verdict:correct\r\n", True),
        ("Verdict: correct or wrong", None),
        ("The verdict is correct", None),
        ("Verdict: incorrect", None),
        ("", None),
        ("\n" * 200_000, None),
    ],
)
def test_a_verdict_is_a_line_of_its_own(text, verdict):
    assert read_verdict(Generation(text)) is verdict
    assert read_verdict(Generation(text, FinishReason.LENGTH)) is None


def test_what_cannot_judge_is_a_usage_error():
    with pytest.raises(UnknownName, match="unknown judge"):
        build(JUDGE, Spec.parse("lexical"), {})
    with pytest.raises(UsageError, match="takes no parts"):
        build(JUDGE, Spec.parse("openai(a)"), {})
    with pytest.raises(UsageError, match=r"prompt has no \{golds\}"):
        build(JUDGE, Spec.parse("openai:m?prompt={question}{reply}"), {})
    assert isinstance(build(JUDGE, Spec.parse("openai:m"), {"seed": 3}), Judge)
