"""Every published gold given back as a reply is right in the edition ``caprl``, and by CapRL's own rule."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from prism_eval.errors import DataError
from prism_eval.schema import Answer, AnswerForm, Item, ItemKind
from prism_eval.scoring.caprl import CapRL, CapRLChart, CapRLInfo, CapRLMath

BOXED = AnswerForm(boxed=True)
REPLIES = (
    "<answer>\\boxed{{{}}}</answer>",
    "<think>hm</think>\n<answer>So it is \\boxed{{{}}}.</answer>",
    "Answer: {}.",
    "\\boxed{{{}}}",
)
# Two letters, which math-verify cannot read. CapRL's code accepts any answer beside a gold that
# it cannot read (``if not gold_parsed: return 1.0`` in ``verify_math``): here `check` refuses the item.
UNREADABLE = {"C\nD"}


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def chart_golds(data: Path) -> Iterator[str]:
    yield from (row["label"] for row in lines(data / "chartqa" / "test_all_questions.jsonl"))
    # Two rows have no last answer: no item can be made of them.
    yield from filter(None, (row["Answer"][-1] for row in lines(data / "chartqapro" / "questions_only.jsonl")))
    reasoning, descriptive = (
        json.loads((data / "charxiv" / f"{name}_val.json").read_text()) for name in ("reasoning", "descriptive")
    )
    yield from (row["answer"] for row in reasoning.values())
    yield from (answer for row in descriptive.values() for answer in row["answers"])


def info_golds(data: Path) -> Iterator[str]:
    yield from (answer for row in lines(data / "infovqa" / "questions_only.jsonl") for answer in row["answers"])


def math_golds(data: Path) -> Iterator[str]:
    recorded = lines(data.parent / "verdicts" / "mathvision" / "recorded_model_outputs.jsonl")
    yield from (row["gold"] for row in recorded if not row["options"])
    yield from (row["gold_value"] for row in recorded[:600] if row["gold_value"])
    for name in ("data", "testmini_rows_from_output_template", "testmini_text_only_first100"):
        yield from (str(row["answer"]) for row in lines(data / "mathverse" / f"{name}.jsonl"))


def short(gold: str) -> Item:
    return Item(benchmark="b", id="1", kind=ItemKind.SHORT, question="?", images=(), golds=(gold,), cluster="")


GOLDS = {
    "caprl_chart": (CapRLChart, chart_golds, 3_800),
    "caprl_info": (CapRLInfo, info_golds, 400),
    "caprl_math": (CapRLMath, math_golds, 500),
}


@pytest.mark.parametrize("name", GOLDS)
def test_a_gold_given_back_is_right(name, shared):
    scorer_class, golds_of, count = GOLDS[name]
    golds = sorted({str(gold) for gold in golds_of(shared / "data")} - UNREADABLE)
    assert len(golds) > count
    scorer: CapRL = scorer_class()
    try:
        wrong = [
            (gold, reply)
            for gold in golds
            for reply in REPLIES
            if scorer.score(short(gold), Answer(reply.format(gold)), BOXED).score != 1.0
        ]
        # A sample, since each takes a comparison in another process.
        by_caprl = [
            gold
            for gold in golds[::20]
            if scorer.official(short(gold), f"</think><answer>\\boxed{{{gold}}}</answer>") != 1.0
        ]
    finally:
        scorer.close()
    assert (wrong, by_caprl) == ([], [])


def test_the_one_gold_that_cannot_be_given_back(shared):
    scorer = CapRLMath()
    try:
        for gold in UNREADABLE & set(math_golds(shared / "data")):
            with pytest.raises(DataError, match="math-verify cannot read the gold answer"):
                scorer.check(short(gold))
        assert set(math_golds(shared / "data")) > UNREADABLE
    finally:
        scorer.close()
