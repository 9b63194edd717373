"""Rows of the benchmarks that ask mostly by letter: of exams, of mathematics, and of pictures of several sorts."""

from __future__ import annotations

import functools
import random
from collections.abc import Iterator

from prism_eval.twins import geometry, graphs, puzzles, subjects, teasers
from prism_eval.twins.chart_data import TOPICS
from prism_eval.twins.charts import chart
from prism_eval.twins.pages import PAGES, exam_page
from prism_eval.twins.questions import LETTERS, Dealer, Question, listed, lower
from prism_eval.twins.scene import Maker, asked, scenes
from prism_eval.twins.streets import street
from prism_eval.twins.tables import FACTS, Row, Table, table

_LEVELS = ("Easy", "Medium", "Hard")
_PAIRED = (graphs.market, subjects.circuit, subjects.ledger, subjects.tree)
_EXAMS = (graphs.market, *subjects.FIGURES, graphs.vitals)
_MATHS = (*geometry.FIGURES, graphs.straight_line, graphs.parabola)
_SEVEN_IMAGES = ", ".join(f"image_{index}:image" for index in range(1, 8))
_MMMU = f"id, question, options, explanation, {_SEVEN_IMAGES}, img_type, answer, topic_difficulty"
_MMMU_PRO = f"{_MMMU}, subject"


@table(f"{_MMMU}, question_type, subfield")
def mmmu(rng: random.Random) -> Iterator[Row]:
    """12 figures with two questions each, every fourth one open, and four questions on two images."""
    dealer, drawn = Dealer(rng), list(scenes(rng, (*_EXAMS, *_PAIRED, *_PAIRED)))
    turns = [([scene], question) for scene in drawn[:12] for question in rng.sample(scene.questions, 2)]
    for number, pair in enumerate(zip(drawn[12:16], drawn[16:], strict=True)):
        # In turn about the first and the second image: looking at one of them is not enough.
        turns.append(([*pair], rng.choice(pair[number % 2].questions)))
    for number, (shown, question) in enumerate(turns, start=1):
        is_open = number % 4 == 0 and len(shown) == 1
        options, answer = ([], _open_answer(question)) if is_open else dealer.deal(question, 4)
        lead = "<image 1>" if len(shown) == 1 else "Compare <image 1> and <image 2>."
        yield {
            "id": f"validation_{shown[0].subject}_{number}", "question": f"{lead} {question.text}",
            # The real data keeps its lists as Python would print them.
            "options": str(options), "explanation": "", "img_type": "['Diagrams']", "answer": answer,
            **{f"image_{index}": scene.png for index, scene in enumerate(shown, start=1)},
            "question_type": "open" if is_open else "multiple-choice", "subfield": shown[0].subject,
            "topic_difficulty": rng.choice(_LEVELS), FACTS: [scene.facts for scene in shown],
        }  # fmt: skip


def _open_answer(question: Question) -> str:
    """The gold of an open question; a number also goes without its unit, so then it is a list in a string."""
    bare = question.answer.split()[0]
    return str([question.answer, bare]) if bare[0].isdecimal() and bare != question.answer else question.answer


def _mmmu_pro(rng: random.Random, *, width: int) -> Iterator[Row]:
    """12 figures with two questions each and up to ``width`` options."""
    # All are drawn before any options are dealt: the three configurations ask the same, as the real ones do.
    turns, dealer = list(asked(rng, _EXAMS)), Dealer(rng)
    for number, (_, scene, question) in enumerate(turns, start=1):
        options, letter = dealer.deal(question, width)
        yield {
            "id": f"test_{scene.subject}_{number}", "question": f"<image 1> {question.text}", "options": str(options),
            "explanation": "", "image_1": scene.png, "img_type": "['Diagrams']", "answer": letter,
            "topic_difficulty": rng.choice(_LEVELS), "subject": scene.subject, FACTS: [scene.facts],
        }  # fmt: skip


mmmu_pro = Table(_MMMU_PRO, functools.partial(_mmmu_pro, width=10), "standard (10 options)")
mmmu_pro_standard4 = Table(_MMMU_PRO, functools.partial(_mmmu_pro, width=4), "standard (4 options)")


@table("id, image:image, options, answer, subject", "vision")
def mmmu_pro_vision(rng: random.Random) -> Iterator[Row]:
    """24 pages with a figure, the question on it and its options."""
    turns, dealer = list(asked(rng, _EXAMS)), Dealer(rng)
    for number, (_, scene, question) in enumerate(turns, start=1):
        options, letter = dealer.deal(question, 10)
        shown = "The image shows a multiple-choice question with its options; the figure answers that question: "
        # What else the figure shows would answer the other page that it stands on.
        facts = [f"The page belongs to an exam in {scene.subject}.".replace("_", " "), shown + lower(question.fact)]
        yield {
            "id": f"test_{scene.subject}_{number}", "image": exam_page(scene.png, question.text, options),
            "options": str(options), "answer": letter, "subject": scene.subject, FACTS: [facts],
        }  # fmt: skip


@table("index:int, question, image:image, answer, category, l2_category, meta_info:source")
def mmstar(rng: random.Random) -> Iterator[Row]:
    """14 pictures of several sorts with two questions each, options inside the question."""
    dealer, bars = Dealer(rng), [functools.partial(chart, topic=t, kind="bars") for t in rng.sample(TOPICS, 2)]
    makers: list[tuple[Maker, str, str]] = [
        *[(street, "fine-grained perception", "attribute recognition")] * 5,
        *[(bar, "instance reasoning", "cross-instance attribute comparison") for bar in bars],
        (geometry.triangle, "math", "geometry"),
        (geometry.trapezoid, "math", "geometry"),
        (teasers.pyramid, "logical reasoning", "sequential"),
        (teasers.dice, "logical reasoning", "diagram reasoning"),
        (subjects.pedigree, "science & technology", "biology"),
        (subjects.circuit, "science & technology", "electronics"),
        (subjects.contours, "science & technology", "geography"),
    ]
    index = 0
    for (_, category, finer), scene in zip(makers, scenes(rng, (make for make, *_ in makers)), strict=True):
        # Charts are to be compared, not read; and four options need three wrong answers.
        fit = [question for question in scene.questions if len(question.pool) > 3 and question.kind != "reading"]
        for question in rng.sample(fit, 2):
            options, letter = dealer.deal(question, 4)
            yield {
                "index": index, "question": f"{question.text}\nOptions: {listed(options, ': ', ', ')}",
                "image": scene.png, "answer": letter, "category": category, "l2_category": finer,
                "meta_info": {"source": "twin", "split": "val", "image_path": f"images/{index}.jpg"},
                FACTS: [scene.facts],
            }  # fmt: skip
            index += 1


@table(
    "data_id, question_id, question, choice_A, choice_B, choice_C, choice_D, answer, question_image_type, data_source, "
    "data_type, level, subpart, version, image:image"
)
def seedbench2plus(rng: random.Random) -> Iterator[Row]:
    """12 charts, maps and web pages with two questions each."""
    dealer = Dealer(rng)
    for number, (page, scene, question) in enumerate(asked(rng, PAGES * 3)):
        options, letter = dealer.deal(question, 4)
        yield {
            "data_id": f"text_rich/{page}.png", "question_id": str(number), "question": question.text,
            **{f"choice_{mark}": option for mark, option in zip("ABCD", options, strict=True)}, "answer": letter,
            "question_image_type": scene.subject, "data_source": "twin", "data_type": "Single Image", "level": "L1",
            "subpart": "Single-Image & Text Comprehension", "version": "v2+", "image": scene.png,
            FACTS: [scene.facts],
        }  # fmt: skip


@table("id, image_path, question, label, tag, image:image")
def visulogic(rng: random.Random) -> Iterator[Row]:
    """24 puzzles, one question each: the options are only in the picture."""
    dealer = Dealer(rng)
    # Letters that no option has, so that a name is not taken for an answer.
    names = rng.sample([f"{letter}{number}" for letter in "KLMPRTVX" for number in range(11, 99)], 24)
    for index, name in enumerate(names):
        scene = puzzles.drawn(rng, puzzles.KINDS[index % len(puzzles.KINDS)](rng), name, dealer.position(4))
        question = scene.questions[0]
        yield {
            "id": f"{index:05d}", "image_path": f"images/{index:05d}.png", "question": question.text,
            "label": question.answer, "tag": scene.subject, "image": scene.png, FACTS: [scene.facts],
        }  # fmt: skip


@table(
    "sample_index, problem_index, problem_version, question, image:image, answer, question_type, metadata:paper, "
    "query_wo, query_cot"
)
def mathverse(rng: random.Random) -> Iterator[Row]:
    """12 figures with three questions each, every third a number, in the version that leaves givens to the image."""
    dealer = Dealer(rng)
    for index, (_, scene, question) in enumerate(asked(rng, _MATHS, 3), start=1):
        # Only numbers go without options: other answers could be worded in many ways.
        is_free, text, answer = _is_number(question) and index % 3 == 0, question.text, question.answer
        want = "final value, e.g., 1, 2.5, 300" if is_free else "correct option letter, e.g., A, B, C, D"
        if not is_free:
            options, answer = dealer.deal(question, 4)
            text = f"{text}\nChoices:\n{listed(options, ':')}"
        yield {
            "sample_index": str(index), "problem_index": str(index), "problem_version": "Vision Intensive",
            "question": text, "image": scene.png, "answer": answer,
            "question_type": "free-form" if is_free else "multi-choice",
            "metadata": {"split": "testmini", "source": "twin", "subject": scene.subject, "subfield": "Length"},
            "query_wo": f"Please directly answer the question and provide the {want}.\nQuestion: {text}",
            "query_cot": "Please first conduct reasoning, and then answer the question and provide the "
            f"{want}, at the end.\nQuestion: {text}", FACTS: [scene.facts],
        }  # fmt: skip


@table("id, question, options:texts, image, decoded_image:image, answer, solution, level:int, subject")
def mathvision(rng: random.Random) -> Iterator[Row]:
    """14 brain-teasers and figures with two questions each, five options or none."""
    dealer, makers = Dealer(rng), (*teasers.TEASERS, *teasers.TEASERS, geometry.cubes, geometry.ring)
    for index, (page, scene, question) in enumerate(asked(rng, makers), start=1):
        is_open = index % 2 == 0 and _is_number(question)
        options, answer = ([], question.answer) if is_open else dealer.deal(question, 5)
        yield {
            "id": str(index), "question": f"{question.text}\n<image1>", "options": options,
            "image": f"images/{page}.jpg", "decoded_image": scene.png, "answer": answer, "level": rng.randint(1, 5),
            "subject": scene.subject, FACTS: [scene.facts],
        }  # fmt: skip


@table(
    "ID, split, knowledge concept, question, option, answer, image_path:image, key, question number:int, "
    "knowledge concept description"
)
def wemath(rng: random.Random) -> Iterator[Row]:
    """12 groups: a figure, a question for each of two or three steps, and the whole problem."""
    dealer, number = Dealer(rng), 0
    for group, scene in enumerate(scenes(rng, _MATHS), start=1):
        steps = len(scene.questions) - 1
        whole = ";".join(dict.fromkeys(question.kind for question in scene.questions))
        for order, question in enumerate(scene.questions, start=1):
            number += 1
            options, letter = dealer.deal(question, 4)
            part, concept = (order, question.kind) if order <= steps else ("multi", whole)
            yield {
                "ID": f"{steps}steps_{group}", "split": "testmini", "knowledge concept": concept,
                "question": f"As shown in the diagram, {lower(question.text)}", "answer": letter,
                # The last option is in all of the real questions; here it is never right.
                "option": f"{listed(options, '. ', '; ')}; {LETTERS[len(options)]}. No correct answer",
                "image_path": scene.png, "key": f"{steps}steps_{part}", "question number": number,
                "knowledge concept description": f"{concept}: see the figure.", FACTS: [scene.facts],
            }  # fmt: skip


def _is_number(question: Question) -> bool:
    return question.answer.removeprefix("-").replace(".", "", 1).isdecimal()
