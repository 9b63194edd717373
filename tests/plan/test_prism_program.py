"""The protocol `prism` sends what Prism's program sends, and reads replies as it does."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prism_eval import evaluate
from prism_eval.captioners import CAPTIONER
from prism_eval.captioners.joining import join_captions
from prism_eval.plan import load_protocol
from prism_eval.plugins import Spec, build
from prism_eval.reasoners import REASONER
from prism_eval.run.reading import Table
from prism_eval.schema import Answer, Caption, FinishReason, Item, ItemKind, Outcome
from prism_eval.scoring.prism import Prism
from tests.builders import image
from tests.server.threaded import ThreadedServer

# What the program's own functions gave; its "source" says which.
PROGRAM: dict[str, Any] = json.loads((Path(__file__).parent / "prism_prompts.json").read_text("utf-8"))
PRISM = load_protocol("prism")
Serve = Callable[..., ThreadedServer]


def item(question: str, options: list[str], gold: str = "") -> Item:
    kind = ItemKind.CHOICE if options else ItemKind.SHORT
    golds = (gold or ("B" if options else "42"),)
    return Item(
        benchmark="b", id="1", kind=kind, question=question, images=(), golds=golds, cluster="c", options=tuple(options)
    )


def last(server: ThreadedServer) -> dict[str, Any]:
    body: dict[str, Any] = server.server.bodies[-1]
    return body


@pytest.mark.parametrize("case", PROGRAM["readers"])
async def test_the_reader_is_sent_what_the_program_sends(case: dict[str, Any], serve: Serve) -> None:
    server = serve()
    reasoner = build(REASONER, Spec.parse(f"openai:model?base_url={server.url}"), PRISM.reasoner_settings(0))
    read = join_captions([Caption(text) for text in case["captions"]], heading=PRISM.caption.heading)
    await reasoner.answer(read, item(case["question"], case["options"]), sample=0)
    assert last(server)["messages"] == [{"role": "user", "content": case["prompt"]}]
    assert (last(server)["temperature"], last(server)["max_tokens"]) == (0.0, 256)
    await reasoner.close()


@pytest.mark.parametrize("case", PROGRAM["captioners"])
async def test_what_the_reader_says_is_put_to_the_captioner_as_the_program_does(
    case: dict[str, Any], serve: Serve
) -> None:
    eyes, reader = serve(), serve(text=case["said"])
    reasoner = build(REASONER, Spec.parse(f"openai:model?base_url={reader.url}"), PRISM.reasoner_settings(0))
    settings = {**PRISM.captioner_settings(0), "reader": reasoner}
    captioner = build(CAPTIONER, Spec.parse(f"specific(openai:model?base_url={eyes.url})"), settings)
    await captioner.caption([image(1)], sample=0, question="What is on the lake?")
    assert last(eyes)["messages"][-1]["content"][-1]["text"] == case["prompt"]
    assert (last(reader)["temperature"], last(reader)["max_tokens"]) == (0.0, 512)
    await captioner.close()
    await reasoner.close()


@pytest.mark.parametrize("case", PROGRAM["asks"])
def test_the_reader_is_told_the_question_as_the_program_tells_it(
    case: dict[str, Any], serve: Serve, tmp_path: Path
) -> None:
    eyes, reader = serve(text="A lake."), serve(text="the lake")
    home = tmp_path / "data" / "lake"
    home.mkdir(parents=True)
    (home / "0.png").write_bytes(image(0).data)
    row = {"question": case["question"], "options": case["options"], "answer": "B" if case["options"] else "7"}
    (home / "test.jsonl").write_text(json.dumps({"id": "0", "image": "0.png", **row}), "utf-8")
    (tmp_path / "lake.toml").write_text(_DEFINITION, "utf-8")
    evaluate(
        f"specific(openai:model?base_url={eyes.url})",
        reasoner=f"openai:model?base_url={reader.url}",
        out=tmp_path / "run",
        store=tmp_path / "store.sqlite",
        data=str(tmp_path / "data"),
        benchmarks=str(tmp_path / "lake.toml"),
        protocol="prism",
    )
    asked, answered = (body["messages"][-1]["content"] for body in reader.server.bodies)
    assert asked == case["prompt"]
    assert answered.startswith("You are an excellent text-based reasoning expert.")


_DEFINITION = """
name = "lake"
title = "Lake"
summary = "One picture."
licence = "CC0"
homepage = "https://example.org"
citation = "@misc{lake}"
[source]
dataset = "owner/lake"
split = "test"
[fields]
id = ["id"]
question = "question"
answer = "answer"
options = "options"
images = [["image"]]
[scoring]
official = "strict"
prism = "prism"
"""


def test_replies_are_read_by_the_program_s_rule(shared: Path) -> None:
    golden = json.loads((shared / "cases" / "prism_golden.json").read_text("utf-8"))
    asked, scorer = item("Which?", list(golden["options"].values()), golden["gold"]), Prism()
    for case in golden["replies"]:
        verdict = scorer.score(asked, Answer(case["reply"]), PRISM.form)
        decided = case["prism_rule"] if case["prism_rule"] != "Z" else None
        assert verdict.extracted == decided, case
        assert verdict.score == float(decided == golden["gold"]), case
        assert (verdict.outcome is Outcome.UNPARSED) == (case["prism_rule"] is None), case


@pytest.mark.parametrize(
    ("reply", "end", "outcome"),
    [
        ("C", FinishReason.STOP, Outcome.WRONG),
        ("So it is B", FinishReason.LENGTH, Outcome.CORRECT),
        ("I weigh them all, and", FinishReason.LENGTH, Outcome.TRUNCATED),
        ("", FinishReason.FILTERED, Outcome.REFUSED),
        ("I can't process this file.", FinishReason.STOP, Outcome.REFUSED),
        ("Cannot determine the answer", FinishReason.STOP, Outcome.ABSTAINED),
        ("Z", FinishReason.STOP, Outcome.REFUSED),
        ("Whatever.", FinishReason.STOP, Outcome.UNPARSED),
    ],
)
def test_where_the_rule_finds_no_letter_nothing_is_drawn(reply: str, end: FinishReason, outcome: Outcome) -> None:
    asked = item("Which?", ["a red kite", "a blue boat", "two dogs"])
    verdict = Prism().score(asked, Answer(reply, end), PRISM.form)
    assert verdict.outcome is outcome
    assert verdict.score == float(outcome is Outcome.CORRECT)


def test_an_open_question_has_its_gold_for_an_option_as_the_program_makes_it() -> None:
    asked, scorer = item("How many?", [], "three"), Prism()
    scorer.check(asked)
    said = {reply: scorer.score(asked, Answer(reply), PRISM.form).outcome for reply in ("Three.", "Four.", "A")}
    assert said == {"Three.": Outcome.CORRECT, "Four.": Outcome.UNPARSED, "A": Outcome.CORRECT}


def test_a_run_captions_several_images_one_by_one_and_numbers_them(serve: Serve, tmp_path: Path) -> None:
    eyes, reader = serve(text="A lake."), serve(text="B")
    places = {"out": tmp_path / "run", "store": tmp_path / "store.sqlite", "data": "synthetic", "benchmarks": "mmmu"}
    evaluate(
        f"openai:model?base_url={eyes.url}",
        reasoner=f"openai:model?base_url={reader.url}",
        protocol="prism?prompt=gpt2",
        limit=40,
        **places,
    )
    asked = [body["messages"][-1]["content"] for body in reader.server.bodies]
    several = [text for text in asked if "image 2: " in text]
    assert several
    assert all("\nDescription: \nimage 1: A lake.\nimage 2: A lake.\n" in text for text in several)
    assert {last(eyes)["messages"][-1]["content"][-1]["text"]} == {PROMPTS["gpt2"]}
    rules = {row["note"] for row in Table(tmp_path / "run", "verdicts").rows(["note"])}
    assert rules <= {"Prism's option rule", ""}


PROMPTS = {"gpt2": "Analyze the image below and describe the main elements and their relationship."}
