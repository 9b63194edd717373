"""Replies of today's models with what a careful person says of each, and the golds of the published sets given back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from prism_eval.schema import Answer, AnswerForm, Item, ItemKind, Outcome
from prism_eval.scoring.anls import ANLS
from prism_eval.scoring.base import Scorer
from prism_eval.scoring.chartqapro import ChartQAPro
from prism_eval.scoring.choice import MMStar, SeedBench2Plus, VisuLogic, WeMath
from prism_eval.scoring.judged import CharXiv, MathVerse
from prism_eval.scoring.mathvision import MathVision
from prism_eval.scoring.mmmu import MMMU, MMMUPro
from prism_eval.scoring.relaxed import Relaxed
from prism_eval.scoring.strict import Strict

SCORERS: dict[str, Scorer] = {
    "chartqa": Relaxed(),
    "chartqapro": ChartQAPro(),
    "charxiv": CharXiv(),
    "infovqa": ANLS(),
    "mathverse": MathVerse(),
    "mathvision": MathVision(),
    "mmmu": MMMU(),
    "mmmu_pro": MMMUPro(),
    "mmstar": MMStar(),
    "seedbench2plus": SeedBench2Plus(),
    "visulogic": VisuLogic(),
    "wemath": WeMath(),
}
# Where a person is kinder than the authors' rule, which the edition "official" keeps to.
BY_THE_AUTHORS_RULE = {
    # `float(text)`, else equal texts: no separators, units, words or lists (pix2struct, metrics.py).
    ("chartqa", "Answer: 1,234"),
    ("chartqa", "Answer: 47 million"),
    ("chartqa", "Answer: approximately 47"),
    ("chartqa", "Answer: 47 (in millions)"),
    ("chartqa", "Answer: The blue bar"),
    ("chartqa", "Answer: 2010 and 2012"),
    # Edit distance over the longer text (RRC InfographicVQA script).
    ("infovqa", "Answer: five"),
    # `ast.literal_eval(pred)`: a prediction is a list only as Python writes one (evaluate_predictions.py).
    ("chartqapro", "Answer: 2010, 2012"),
    # `answer == extraction`, and a language model for the rest (score_answer_s2.py).
    ("mathverse", "Answer: 140\N{DEGREE SIGN}"),
    ("mathverse", "Answer: 2\N{SQUARE ROOT}3"),
    ("mathverse", "Answer: x = 14"),
    ("mathverse", "Answer: 12\\text{ cm}"),
    # `is_equal`: units, percent signs and Unicode roots are not what `latex2sympy` takes (utils.py).
    ("mathvision", "Answer: 12 cm"),
    ("mathvision", "Answer: 12\\text{ cm}"),
    ("mathvision", "Answer: \\boxed{12\\,\\text{cm}^2}"),
    ("mathvision", "Answer: 75%"),
    ("mathvision", "Answer: 2\N{SQUARE ROOT}3"),
    # Numbers are digits, commas and a power of ten written 1e3 (eval_utils.py).
    ("mmmu", "Answer: 2.5 x 10^3"),
}
PERSON = {
    "correct": {Outcome.CORRECT},
    "wrong": {Outcome.WRONG},
    "none": {Outcome.ABSTAINED, Outcome.UNPARSED},
}


def item(golds: Any, options: Any = None, **columns: Any) -> Item:
    options = tuple(options.values() if isinstance(options, dict) else options or ())
    return Item(
        benchmark="b",
        id="1",
        kind=ItemKind.CHOICE if options else ItemKind.SHORT,
        question="?",
        images=(),
        golds=tuple(golds) if isinstance(golds, list) else (golds,),
        cluster="",
        options=options,
        columns=columns,
    )


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_verdicts_are_a_careful_persons(shared):
    rows = lines(shared / "verdicts" / "modern_replies.jsonl")
    assert len(rows) == 105
    others = {}
    for row in rows:
        one = item(row["gold"], row["options"], **row["extra"])
        verdict = SCORERS[row["benchmark"]].score(one, Answer(row["reply"]), AnswerForm())
        if verdict.outcome not in PERSON[row["human_verdict"]]:
            others[row["benchmark"], row["reply"]] = (row["human_verdict"], verdict.outcome)
            assert "the authors' published rule may decide otherwise" in row["note"]
    assert others.keys() == BY_THE_AUTHORS_RULE
    assert set(others.values()) == {("correct", Outcome.WRONG)}


def golds(shared: Path) -> Iterator[tuple[str, Item]]:
    """Every published gold that there is, with its benchmark."""
    data, verdicts = shared / "data", shared / "verdicts"
    for row in lines(data / "chartqa" / "test_all_questions.jsonl"):
        yield "chartqa", item(row["label"])
    for row in lines(data / "chartqapro" / "questions_only.jsonl"):
        if row["Answer"][-1].strip():
            yield "chartqapro", item(row["Answer"][-1], question_type=row["Question Type"], year=row["Year"])
    for row in json.loads((data / "charxiv" / "descriptive_val.json").read_text(encoding="utf-8")).values():
        yield from (("charxiv", item(gold)) for gold in row["answers"])
    for row in json.loads((data / "charxiv" / "reasoning_val.json").read_text(encoding="utf-8")).values():
        yield "charxiv", item(row["answer"])
    for row in lines(data / "infovqa" / "questions_only.jsonl"):
        yield from (("infovqa", item(gold)) for gold in row["answers"])
    for name in ("data", "testmini_rows_from_output_template", "testmini_text_only_first100"):
        for row in lines(data / "mathverse" / f"{name}.jsonl"):
            found = row["answer"] if isinstance(row["answer"], list) else [row["answer"]]
            yield from (("mathverse", item(str(gold))) for gold in found)
    known = {row["id"]: row for row in lines(verdicts / "mathvision" / "recorded_model_outputs.jsonl")}
    yield from (("mathvision", item(row["gold"], row["options"])) for row in known.values())
    for row in lines(verdicts / "mmmu" / "official_on_example_outputs.jsonl"):
        yield "mmmu", item(row["gold"], row["options"] if row["question_type"] == "multiple-choice" else None)
    for row in lines(verdicts / "mmmu_pro" / "recorded_gpt4o.jsonl"):
        # One published row has its options nested in a list, and so has one option.
        if len(row["options"]) > 1:
            yield "mmmu_pro", item(row["gold"], row["options"])


# ChartQAPro quotes the elements of a gold list before it reads it, but of a prediction only `ast.literal_eval(pred)`
# makes a list: golds such as [Canada, Mexico] are not found in themselves. "nan" is a number that equals nothing.
UNLIKE_THEMSELVES = {
    "nan",
    "[5 AM, 8 AM]",
    "[Age 11 to 18, Age 75 and over]",
    "[Andy, Hunter]",
    "[Canada, Mexico]",
    "[Line charts, Donut chart, Area chart]",
    "[Lula, Bolsonaro]",
    "[Maternal Mortality]",
    "[Mining, Logging]",
    "[Poland, Israel]",
    "[Policies and action, Optimistic scenario]",
    "[R80711 Gearbox Bearing Temperature, R80790 Gearbox Bearing Temperature]",
}


@pytest.mark.parametrize("form", ["{}", "Answer: {}", "\\boxed{{{}}}", "I look.\n\nAnswer: {}"])
def test_a_gold_given_back_is_right(form, shared):
    count, unlike, strict = 0, set(), Strict()
    for benchmark, one in golds(shared):
        for scorer in (SCORERS[benchmark], strict):
            count += 1
            score = scorer.score(one, Answer(form.format(one.golds[0])), AnswerForm()).score
            # One MathVerse gold is two lines long: behind a line of reasoning only its first is the answer's.
            if score != 1.0 and not (form.startswith("I look") and "\n" in one.golds[0]):
                unlike.add((scorer.name, one.golds[0]))
    assert count > 30_000
    assert unlike == {("chartqapro", gold) for gold in UNLIKE_THEMSELVES}
