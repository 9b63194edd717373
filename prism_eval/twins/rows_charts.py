"""Rows of the chart and infographic benchmarks, in their own schemas."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

from prism_eval.twins.chart_data import TOPICS
from prism_eval.twins.charts import KINDS, chart, dashboard, topics_for
from prism_eval.twins.infographics import THEMES, infographic
from prism_eval.twins.panels import SETS, paper_figure
from prism_eval.twins.scene import Dealer, Question, Scene
from prism_eval.twins.tables import FACTS, Row

CHARTQA = {"type": "string", "question": "string", "answer": "string", "image": "image"}
CHARTQAPRO = {
    "Question": "strings", "Answer": "strings", "Question Type": "string", "image": "binary", "Year": "strings",
    "Paragraph": "string",
}  # fmt: skip
INFOVQA = {
    "questionId": "string", "question": "string", "answers": "strings", "answer_type": "strings", "image": "image",
    "image_url": "string", "operation/reasoning": "strings", "ocr": "string", "data_split": "string",
}  # fmt: skip
CHARXIV = {
    "image": "image", "category": "string", "year": "string", "original_figure_path": "string",
    "original_id": "string", "figure_path": "string", "num_subplots": "int", "subplot_row": "int",
    "subplot_col": "int", "subplot_loc": "string", "reasoning_q_source": "int", "reasoning_q": "string",
    "reasoning_a": "string", "reasoning_a_type": "int",
    **{f"descriptive_q{index}": "int" for index in range(1, 5)},
    **{f"descriptive_a{index}": "string" for index in range(1, 5)},
}  # fmt: skip


def chartqa(rng: random.Random) -> Iterator[Row]:
    """12 charts with three questions each: two readings, one comparison."""
    kinds = KINDS * 2
    for topic, kind in zip(topics_for(rng, kinds), kinds, strict=True):
        scene = chart(rng, topic, kind)
        derived = _of_kind(scene.questions, "derived", "name")
        for question in (*_of_kind(scene.questions, "reading")[:2], derived[rng.randrange(len(derived))]):
            source = "augmented_test" if question.kind == "reading" else "human_test"
            yield {"type": source, "question": question.text, "answer": question.answer, "image": scene.png,
                   FACTS: [scene.facts]}  # fmt: skip


def chartqapro(rng: random.Random) -> Iterator[Row]:
    """12 dashboards with a plain question each, and one or two of the other four sorts in turn."""
    dealer, topics = Dealer(rng), rng.sample(TOPICS, len(TOPICS))
    for index in range(12):
        left, right = topics[index % len(topics)], topics[(index + 5) % len(topics)]
        scene = dashboard(rng, left, right)
        asked = [_factoid(scene), _SORTS[index % 4](rng, dealer, scene)]
        if index % 3 == 0:
            asked.append(_SORTS[(index // 3 + 1) % 4](rng, dealer, scene))
        facts = list(dict.fromkeys((*scene.facts, *(fact for _, fact in asked if fact))))
        for row, _ in asked:
            yield {"image": scene.png, "Paragraph": "", **row, FACTS: [facts]}


def infovqa(rng: random.Random) -> Iterator[Row]:
    """12 infographics with three questions each."""
    for page, theme in enumerate(rng.sample(THEMES, 12)):
        scene = infographic(rng, theme)
        for order, question in enumerate(scene.questions[:3]):
            bare = question.answer.removesuffix("%")
            yield {
                "questionId": str(70000 + 10 * page + order), "question": question.text,
                "answers": list(dict.fromkeys((question.answer, bare))), "answer_type": ["single span"],
                "image": scene.png, "data_split": "val", FACTS: [scene.facts],
            }  # fmt: skip


def charxiv(rng: random.Random) -> Iterator[Row]:
    """12 figures, each with one reasoning question and four of the numbered descriptive ones."""
    sets = rng.sample(SETS, len(SETS))
    for index in range(12):
        panels = (1, 2, 4, 1, 3, 2)[index % 6]
        titles = [sets[index], *rng.sample([name for name in sets if name != sets[index]], panels - 1)]
        scene, templates = paper_figure(rng, panels, titles)
        chosen = rng.sample(sorted(templates), 4)
        facts = list(dict.fromkeys((*scene.facts, *(templates[key].fact for key in templates))))
        yield {
            "image": scene.png, "category": rng.choice(("cs", "physics", "econ", "stat")), "year": "24",
            "original_id": f"2401.{index:05d}", "figure_path": f"images/{index}.jpg", "num_subplots": panels,
            "subplot_row": 0 if panels == 1 else 1, "subplot_col": 0 if panels == 1 else 1,
            "reasoning_q_source": 1, "reasoning_q": scene.questions[0].text,
            "reasoning_a": scene.questions[0].answer, "reasoning_a_type": 1, FACTS: [facts],
            **{f"descriptive_q{place}": key for place, key in enumerate(chosen, start=1)},
            **{f"descriptive_a{place}": templates[key].answer for place, key in enumerate(chosen, start=1)},
        }  # fmt: skip


def _of_kind(questions: Sequence[Question], *kinds: str) -> list[Question]:
    return [question for question in questions if question.kind in kinds]


def _pro(kind: str, *turns: Question, **more: Any) -> Row:
    return {
        "Question": [turn.text for turn in turns], "Answer": [turn.answer for turn in turns], "Question Type": kind,
        "Year": ["YES" if turn.kind == "year" else "NO" for turn in turns], **more,
    }  # fmt: skip


def _factoid(scene: Scene) -> tuple[Row, str]:
    question = _of_kind(scene.questions, "derived", "name", "year")[0]
    return _pro("Factoid", question, Paragraph="The office that drew these charts checks its figures twice."), ""


def _multi_choice(_: random.Random, dealer: Dealer, scene: Scene) -> tuple[Row, str]:
    question = _of_kind(scene.questions, "reading")[0]
    options, letter = dealer.deal(question, 4)
    listed = "\n".join(f"{mark}) {option}" for mark, option in zip("abcd", options, strict=True))
    row = _pro("Multi Choice", question)
    return {**row, "Question": [f"{question.text}\n\n{listed}"], "Answer": [letter]}, ""


def _fact_checking(rng: random.Random, _: Dealer, scene: Scene) -> tuple[Row, str]:
    question = _of_kind(scene.questions, "reading")[1]
    truth = rng.random() < 0.5
    claimed = question.fact if truth else question.fact.replace(f"is {question.answer}.", f"is {question.wrong[0]}.")
    claim = claimed.removesuffix(".")
    row = _pro("Fact Checking", question)
    statement = f"The claim that {claim[0].lower()}{claim[1:]} is {truth}."
    return {**row, "Question": [f"{claim}."], "Answer": [str(truth)]}, statement


def _conversation(_: random.Random, __: Dealer, scene: Scene) -> tuple[Row, str]:
    one, two = _of_kind(scene.questions, "reading")[2:4]
    row = _pro("Conversational", one, two)
    return {**row, "Question": [one.text, f"And {two.text[0].lower()}{two.text[1:]}"]}, ""


def _hypothetical(_: random.Random, __: Dealer, scene: Scene) -> tuple[Row, str]:
    question = _of_kind(scene.questions, "reading")[4]
    what = question.text.removeprefix("What is the ").removesuffix("?")
    doubled = f"{2 * float(question.answer):.6f}".rstrip("0").rstrip(".")
    row = _pro("Hypothetical", question)
    row |= {"Question": [f"If it doubled, what would the {what} be?"], "Answer": [doubled]}
    return row, f"If it doubled, the {what} would be {doubled}."


_SORTS = (_multi_choice, _fact_checking, _conversation, _hypothetical)
