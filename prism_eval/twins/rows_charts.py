"""Rows of the chart and infographic benchmarks, in their own schemas."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from prism_eval.twins.chart_data import KINDS, TOPICS, topics_for
from prism_eval.twins.charts import chart, dashboard
from prism_eval.twins.infographics import INFOGRAPHICS
from prism_eval.twins.panels import SETS, paper_figure
from prism_eval.twins.questions import Dealer, Question, listed, lower, number
from prism_eval.twins.scene import Scene, asked
from prism_eval.twins.tables import FACTS, Row, table

_CHARXIV = (
    "image:image, category, year, original_figure_path, original_id, figure_path, num_subplots:int, subplot_row:int, "
    "subplot_col:int, subplot_loc, reasoning_q_source:int, reasoning_q, reasoning_a, reasoning_a_type:int, "
) + ", ".join(f"descriptive_q{index}:int, descriptive_a{index}" for index in range(1, 5))

_SORTS = ("Multi Choice", "Fact Checking", "Conversational", "Hypothetical")


@table("type, question, answer, image:image")
def chartqa(rng: random.Random) -> Iterator[Row]:
    """12 charts with three questions each: two readings, one comparison."""
    kinds = KINDS * 2
    for topic, kind in zip(topics_for(rng, kinds), kinds, strict=True):
        scene = chart(rng, topic, kind)
        for question in (*_of_kind(scene, "reading")[:2], _of_kind(scene, "derived", "name")[0]):
            yield {
                # In the real one, too, what people wrote takes more than reading a value.
                "type": "augmented_test" if question.kind == "reading" else "human_test", "question": question.text,
                "answer": question.answer, "image": scene.png, FACTS: [scene.facts],
            }  # fmt: skip


@table(
    "questionId, question, answers:texts, answer_type:texts, image:image, image_url, operation/reasoning:texts, ocr, "
    "data_split"
)
def infovqa(rng: random.Random) -> Iterator[Row]:
    """12 infographics with three questions each; a percentage is also right without its sign."""
    for ident, (_, scene, question) in enumerate(asked(rng, rng.sample(INFOGRAPHICS, 12), 3), start=70000):
        yield {
            "questionId": str(ident), "question": question.text,
            "answers": list(dict.fromkeys((question.answer, question.answer.removesuffix("%")))),
            "answer_type": ["single span"], "image": scene.png, "data_split": "val", FACTS: [scene.facts],
        }  # fmt: skip


@table(_CHARXIV)
def charxiv(rng: random.Random) -> Iterator[Row]:
    """12 figures, each with one reasoning question and four of the numbered descriptive ones."""
    for index, title in enumerate(rng.sample(SETS, 12)):
        panels = (1, 2, 4, 1, 3, 2)[index % 6]
        others = rng.sample([name for name in SETS if name != title], panels - 1)
        scene, templates = paper_figure(rng, [title, *others])
        # Row 0 is how the real data says that there is only one plot.
        row, reasoning = 0 if panels == 1 else 1, scene.questions[0]
        described: Row = {}
        for place, key in enumerate(rng.sample(sorted(templates), 4), start=1):
            described |= {f"descriptive_q{place}": key, f"descriptive_a{place}": templates[key].answer}
        yield {
            "image": scene.png, "category": rng.choice(("cs", "physics", "econ", "stat")), "year": "24",
            "original_id": f"2401.{index:05d}", "figure_path": f"images/{index}.jpg", "num_subplots": panels,
            "subplot_row": row, "subplot_col": row, "reasoning_q_source": 1, "reasoning_q": reasoning.text,
            "reasoning_a": reasoning.answer, "reasoning_a_type": 1, **described, FACTS: [scene.facts],
        }  # fmt: skip


@table("Question:texts, Answer:texts, Question Type, image:binary, Year:texts, Paragraph")
def chartqapro(rng: random.Random) -> Iterator[Row]:
    """12 dashboards with a plain question each, and one or two of the other four sorts in turn."""
    dealer, topics = Dealer(rng), rng.sample(TOPICS, len(TOPICS))
    for index in range(12):
        # Five apart, so no two dashboards show the same pair.
        scene = dashboard(rng, topics[index], topics[(index + 5) % len(topics)])
        plain, readings = _of_kind(scene, "derived", "name", "year")[0], _of_kind(scene, "reading")
        turns: dict[str, _Turn] = {"Factoid": ([plain.text], [plain.answer], "")}
        for place in (index, index // 3 + 1)[: 1 if index % 3 else 2]:
            turns[_SORTS[place % 4]] = _turn(_SORTS[place % 4], rng, dealer, readings)
        # A claim and a supposition are facts of their own, which every row of the picture then carries.
        facts = list(dict.fromkeys((*scene.facts, *(fact for *_, fact in turns.values() if fact))))
        for sort, (texts, answers, _) in turns.items():
            is_plain = sort == "Factoid"
            yield {
                "Question": texts, "Answer": answers, "Question Type": sort, "image": scene.png,
                "Year": ["YES" if is_plain and plain.kind == "year" else "NO"] * len(texts),
                "Paragraph": "The office that drew these charts checks its figures twice." if is_plain else "",
                FACTS: [facts],
            }  # fmt: skip


_Turn = tuple[list[str], list[str], str]
"""A row's questions and their answers, and the fact that answers them where the picture's do not."""


def _turn(sort: str, rng: random.Random, dealer: Dealer, readings: Sequence[Question]) -> _Turn:
    """One of ChartQAPro's four further sorts of question, each on other values than the rest."""
    read, claimed, one, two, supposed = readings[:5]
    match sort:
        case "Multi Choice":
            options, letter = dealer.deal(read, 4)
            return [f"{read.text}\n\n{listed(options, ') ', letters='abcd')}"], [letter], ""
        case "Fact Checking":
            truth = rng.random() < 0.5
            said = claimed.answer if truth else claimed.wrong(rng, 1)[0]
            claim = claimed.fact.replace(f"is {claimed.answer}.", f"is {said}.")
            return [claim], [str(truth)], f"The claim that {lower(claim).removesuffix('.')} is {truth}."
        case "Conversational":
            return [one.text, f"And {lower(two.text)}"], [one.answer, two.answer], ""
        case _:
            what = supposed.text.removeprefix("What is the ").removesuffix("?")
            doubled = number(2 * float(supposed.answer))
            fact = f"If it doubled, the {what} would be {doubled}."
            return [f"If it doubled, what would the {what} be?"], [doubled], fact


def _of_kind(scene: Scene, *kinds: str) -> list[Question]:
    return [question for question in scene.questions if question.kind in kinds]
