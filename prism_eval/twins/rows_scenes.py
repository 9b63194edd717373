"""Rows of SEED-Bench-2-Plus and VisuLogic."""

from __future__ import annotations

import functools
import random
from collections.abc import Iterator

from prism_eval.twins.pages import flow_chart, timetable, town_map, web_page
from prism_eval.twins.puzzles import KINDS, drawn
from prism_eval.twins.scene import Dealer, fresh
from prism_eval.twins.tables import FACTS, Row

SEEDBENCH2PLUS = {
    "data_id": "string", "question_id": "string", "question": "string", "choice_A": "string", "choice_B": "string",
    "choice_C": "string", "choice_D": "string", "answer": "string", "question_image_type": "string",
    "data_source": "string", "data_type": "string", "level": "string", "subpart": "string", "version": "string",
    "image": "image",
}  # fmt: skip
VISULOGIC = {
    "id": "string", "image_path": "string", "question": "string", "label": "string", "tag": "string", "image": "image",
}  # fmt: skip

_PAGES = (flow_chart, town_map, web_page, timetable, town_map, web_page) * 2


def seedbench2plus(rng: random.Random) -> Iterator[Row]:
    """12 charts, maps and web pages with two questions each."""
    dealer, seen, number = Dealer(rng), set[str](), 0
    for page, make in enumerate(_PAGES, start=1):
        scene = fresh(seen, functools.partial(make, rng))
        for question in scene.questions[:2]:
            options, letter = dealer.deal(question, 4)
            yield {
                "data_id": f"text_rich/{page}.png", "question_id": str(number), "question": question.text,
                **{f"choice_{mark}": option for mark, option in zip("ABCD", options, strict=True)}, "answer": letter,
                "question_image_type": scene.subject, "data_source": "twin", "data_type": "Single Image",
                "level": "L1", "subpart": "Single-Image & Text Comprehension", "version": "v2+", "image": scene.png,
                FACTS: [scene.facts],
            }  # fmt: skip
            number += 1


def visulogic(rng: random.Random) -> Iterator[Row]:
    """24 puzzles, one question each: the options are only in the picture."""
    dealer = Dealer(rng)
    names = rng.sample([f"{letter}{number}" for letter in "KLMPRTVX" for number in range(11, 99)], 24)
    for index, name in enumerate(names):
        scene = drawn(rng, KINDS[index % len(KINDS)](rng), name, dealer.position(4))
        question = scene.questions[0]
        yield {
            "id": f"{index:05d}", "image_path": f"images/{index:05d}.png", "question": question.text,
            "label": question.answer, "tag": scene.subject, "image": scene.png, FACTS: [scene.facts],
        }  # fmt: skip
