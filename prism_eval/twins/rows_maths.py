"""Rows of the mathematics benchmarks: MathVerse, MATH-Vision and We-Math."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Iterator

from prism_eval.twins import plane, solids
from prism_eval.twins.scene import Dealer, Question, Scene, fresh
from prism_eval.twins.tables import FACTS, Row
from prism_eval.twins.teasers import TEASERS

MATHVERSE = {
    "sample_index": "string", "problem_index": "string", "problem_version": "string", "question": "string",
    "image": "image", "answer": "string", "question_type": "string", "metadata": "paper", "query_wo": "string",
    "query_cot": "string",
}  # fmt: skip
MATHVISION = {
    "id": "string", "question": "string", "options": "strings", "image": "string", "decoded_image": "image",
    "answer": "string", "solution": "string", "level": "int", "subject": "string",
}  # fmt: skip
WEMATH = {
    "ID": "string", "split": "string", "knowledge concept": "string", "question": "string", "option": "string",
    "answer": "string", "image_path": "image", "key": "string", "question number": "int",
    "knowledge concept description": "string",
}  # fmt: skip

_FIGURES: tuple[Callable[[random.Random], Scene], ...] = (
    plane.triangle, solids.cuboid, plane.parallels, solids.straight_line, plane.parallelogram, solids.cylinder,
    plane.inscribed, solids.parabola, plane.right_triangle, plane.trapezoid, solids.cubes, plane.ring,
)  # fmt: skip


def _scenes(rng: random.Random, makers: tuple[Callable[[random.Random], Scene], ...]) -> Iterator[Scene]:
    seen: set[str] = set()
    for make in makers:
        yield fresh(seen, functools.partial(make, rng))


def _is_number(question: Question) -> bool:
    return question.answer.removeprefix("-").replace(".", "", 1).isdecimal()


def mathverse(rng: random.Random) -> Iterator[Row]:
    """12 figures with two or three questions each, in the version whose text leaves the givens to the image."""
    dealer, index = Dealer(rng), 0
    for figure, scene in enumerate(_scenes(rng, _FIGURES), start=1):
        for question in scene.questions[: 3 if figure % 4 == 0 else 2]:
            index += 1
            free = _is_number(question) and index % 3 == 0
            text, answer, ask = question.text, question.answer, "provide the final value, e.g., 1, 2.5, 300"
            if not free:
                options, answer = dealer.deal(question, 4)
                listed = "\n".join(f"{mark}:{option}" for mark, option in zip("ABCD", options, strict=True))
                text, ask = f"{text}\nChoices:\n{listed}", "provide the correct option letter, e.g., A, B, C, D"
            yield {
                "sample_index": str(index), "problem_index": str(index), "problem_version": "Vision Intensive",
                "question": text, "image": scene.png, "answer": answer,
                "question_type": "free-form" if free else "multi-choice",
                "metadata": {"split": "testmini", "source": "twin", "subject": scene.subject, "subfield": "Length"},
                "query_wo": f"Please directly answer the question and {ask}.\nQuestion: {text}",
                "query_cot": f"Please first conduct reasoning, and then answer the question and {ask}, at the end.\n"
                f"Question: {text}", FACTS: [scene.facts],
            }  # fmt: skip


def mathvision(rng: random.Random) -> Iterator[Row]:
    """14 brain-teasers and figures with two questions each, five options or none."""
    dealer, index = Dealer(rng), 0
    for page, scene in enumerate(_scenes(rng, (*TEASERS, *TEASERS, solids.cubes, plane.ring)), start=1):
        for question in scene.questions[:2]:
            index += 1
            options: list[str] = []
            answer = question.answer
            if index % 2 or not _is_number(question):
                options, answer = dealer.deal(question, 5)
            yield {
                "id": str(index), "question": f"{question.text}\n<image1>", "options": options,
                "image": f"images/{page}.jpg", "decoded_image": scene.png, "answer": answer,
                "level": rng.randint(1, 5), "subject": scene.subject, FACTS: [scene.facts],
            }  # fmt: skip


def wemath(rng: random.Random) -> Iterator[Row]:
    """12 groups: a figure, a question for each of two or three steps, and the whole problem."""
    dealer, number = Dealer(rng), 0
    for group, scene in enumerate(_scenes(rng, _FIGURES), start=1):
        steps = len(scene.questions) - 1
        concepts = [question.kind for question in scene.questions]
        for order, question in enumerate(scene.questions, start=1):
            number += 1
            whole = order > steps
            options, letter = dealer.deal(question, 4)
            listed = [f"{mark}. {option}" for mark, option in zip("ABCD", options, strict=True)]
            concept = ";".join(dict.fromkeys(concepts)) if whole else question.kind
            yield {
                "ID": f"{steps}steps_{group}", "split": "testmini", "knowledge concept": concept,
                "question": f"As shown in the diagram, {question.text[0].lower()}{question.text[1:]}",
                "option": "; ".join([*listed, "E. No correct answer"]), "answer": letter, "image_path": scene.png,
                "key": f"{steps}steps_{'multi' if whole else order}", "question number": number,
                "knowledge concept description": f"{concept}: see the figure.", FACTS: [scene.facts],
            }  # fmt: skip
