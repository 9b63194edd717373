"""Rows of the benchmarks that ask by discipline: MMMU, MMMU-Pro and MMStar."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Iterator

from prism_eval.twins import humanities, plane, sciences, teasers
from prism_eval.twins.chart_data import TOPICS
from prism_eval.twins.charts import chart
from prism_eval.twins.exam_page import exam_page
from prism_eval.twins.scene import Dealer, Question, Scene, fresh
from prism_eval.twins.streets import street
from prism_eval.twins.tables import FACTS, Row

_IMAGES = {f"image_{index}": "image" for index in range(1, 8)}
MMMU = {
    "id": "string", "question": "string", "options": "string", "explanation": "string", **_IMAGES,
    "img_type": "string", "answer": "string", "topic_difficulty": "string", "question_type": "string",
    "subfield": "string",
}  # fmt: skip
MMMU_PRO = {
    "id": "string", "question": "string", "options": "string", "explanation": "string", **_IMAGES,
    "img_type": "string", "answer": "string", "topic_difficulty": "string", "subject": "string",
}  # fmt: skip
MMMU_PRO_VISION = {"id": "string", "image": "image", "options": "string", "answer": "string", "subject": "string"}
MMSTAR = {
    "index": "int", "question": "string", "image": "image", "answer": "string", "category": "string",
    "l2_category": "string", "meta_info": "source",
}  # fmt: skip

_FIGURES = (
    humanities.market, sciences.circuit, humanities.staff, sciences.molecule, humanities.ledger, sciences.tree,
    humanities.contours, sciences.pulley, humanities.timeline, sciences.pedigree, humanities.swatches, sciences.vitals,
)  # fmt: skip
_PAIRED = (humanities.market, sciences.circuit, humanities.ledger, sciences.tree)
_LEVELS = ("Easy", "Medium", "Hard")


def mmmu(rng: random.Random) -> Iterator[Row]:
    """12 figures with two questions each, every fourth one open, and four questions on two images."""
    dealer, seen, number = Dealer(rng), set[str](), 0
    for figure in _FIGURES:
        scene = fresh(seen, functools.partial(figure, rng))
        for question in scene.questions[:2]:
            number += 1
            yield _mmmu_row(rng, dealer, number, question, [scene], is_open=number % 4 == 0)
    for figure in _PAIRED:
        pair = [fresh(seen, functools.partial(figure, rng)) for _ in range(2)]
        number += 1
        yield _mmmu_row(rng, dealer, number, pair[number % 2].questions[1], pair, is_open=False)


def _mmmu_row(
    rng: random.Random, dealer: Dealer, number: int, question: Question, scenes: list[Scene], *, is_open: bool
) -> Row:
    options, answer = ([], _open_answer(question)) if is_open else dealer.deal(question, 4)
    marks = [f"<image {index}>" for index in range(1, len(scenes) + 1)]
    lead = f"{marks[0]} {question.text}" if len(scenes) == 1 else f"Compare {marks[0]} and {marks[1]}. {question.text}"
    return {
        "id": f"validation_{scenes[0].subject}_{number}", "question": lead, "options": str(options), "explanation": "",
        **{f"image_{index}": scene.png for index, scene in enumerate(scenes, start=1)}, "img_type": "['Diagrams']",
        "answer": answer, "topic_difficulty": rng.choice(_LEVELS),
        "question_type": "open" if is_open else "multiple-choice", "subfield": scenes[0].subject,
        FACTS: [scene.facts for scene in scenes],
    }  # fmt: skip


def _open_answer(question: Question) -> str:
    """The gold of an open question; a number also goes without its unit, so then it is a list in a string."""
    number = question.answer.split()[0]
    bare = number[0].isdecimal() and number != question.answer
    return str([question.answer, number]) if bare else question.answer


def _pro_scenes(rng: random.Random) -> Iterator[tuple[int, Scene, Question]]:
    seen, number = set[str](), 0
    for figure in _FIGURES:
        scene = fresh(seen, functools.partial(figure, rng))
        for question in scene.questions[:2]:
            number += 1
            yield number, scene, question


def mmmu_pro(rng: random.Random, *, width: int = 10) -> Iterator[Row]:
    """12 figures with two questions each and up to ``width`` options."""
    dealer = Dealer(rng)
    for number, scene, question in _pro_scenes(rng):
        options, letter = dealer.deal(question, width)
        yield {
            "id": f"test_{scene.subject}_{number}", "question": f"<image 1> {question.text}", "options": str(options),
            "explanation": "", "image_1": scene.png, "img_type": "['Diagrams']", "answer": letter,
            "topic_difficulty": rng.choice(_LEVELS), "subject": scene.subject, FACTS: [scene.facts],
        }  # fmt: skip


def mmmu_pro_vision(rng: random.Random) -> Iterator[Row]:
    """24 pages with a figure, the question on it and its options."""
    dealer = Dealer(rng)
    for number, scene, question in _pro_scenes(rng):
        options, letter = dealer.deal(question, 10)
        fact = f"{question.fact[0].lower()}{question.fact[1:]}"
        facts = [
            f"The page belongs to an exam in {scene.subject.replace('_', ' ')}.",
            f"The image shows a multiple-choice question with its options; the figure answers that question: {fact}",
        ]
        yield {
            "id": f"test_{scene.subject}_{number}", "image": exam_page(scene.png, question.text, options),
            "options": str(options), "answer": letter, "subject": scene.subject, FACTS: [facts],
        }  # fmt: skip


def mmstar(rng: random.Random) -> Iterator[Row]:
    """14 pictures of several sorts with two questions each, options inside the question."""
    dealer, seen, index = Dealer(rng), set[str](), 0
    makers: tuple[tuple[str, str, Callable[[random.Random], Scene]], ...] = (
        *[("fine-grained perception", "attribute recognition", street)] * 5,
        *[("instance reasoning", "cross-instance attribute comparison",
           functools.partial(chart, topic=topic, kind="bars")) for topic in rng.sample(TOPICS, 2)],
        ("math", "geometry", plane.triangle), ("math", "geometry", plane.trapezoid),
        ("logical reasoning", "sequential", teasers.pyramid),
        ("logical reasoning", "diagram reasoning", teasers.dice),
        ("science & technology", "biology", sciences.pedigree),
        ("science & technology", "electronics", sciences.circuit),
        ("science & technology", "geography", humanities.contours),
    )  # fmt: skip
    for category, finer, make in makers:
        scene = fresh(seen, functools.partial(make, rng))
        names = [question for question in scene.questions if len(question.wrong) >= 3 and question.kind != "reading"]
        for question in names[:2]:
            options, letter = dealer.deal(question, 4)
            listed = ", ".join(f"{mark}: {option}" for mark, option in zip("ABCD", options, strict=True))
            yield {
                "index": index, "question": f"{question.text}\nOptions: {listed}", "image": scene.png,
                "answer": letter, "category": category, "l2_category": finer,
                "meta_info": {"source": "twin", "split": "val", "image_path": f"images/{index}.jpg"},
                FACTS: [scene.facts],
            }  # fmt: skip
            index += 1
