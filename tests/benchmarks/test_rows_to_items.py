from __future__ import annotations

from typing import Any

import pytest

from prism_eval.benchmarks import load_definition, open_benchmark
from prism_eval.errors import DataError
from prism_eval.schema import ItemKind


def items(folder: Any, name: str, *rows: dict[str, Any]) -> list[Any]:
    return list(open_benchmark(name, folder(load_definition(name).name, rows)).items())


def test_several_images_and_placeholders(jsonl_folder: Any) -> None:
    row = {
        "id": "m1",
        "question": "Compare <image 1> with <image 2>.",
        "question_type": "multiple-choice",
        "options": "['<image 1>', \"it's\"]",
        "answer": "A",
        "image_1": "b.png",
        "image_2": "a.png",
        "image_3": None,
        "subfield": "Art",
    }
    (item,) = items(jsonl_folder, "mmmu", row)
    assert [image.name for image in item.images] == ["b.png", "a.png"]
    assert item.question == "Compare <image 1> with <image 2>."
    assert item.options == ("<image 1>", "it's")
    assert item.cluster == "+".join(sorted(image.digest for image in item.images))
    assert item.columns["subfield"] == "Art"


@pytest.mark.parametrize(
    ("answer", "golds"),
    [
        ("3", ("3",)),
        ("['24/7', '3.429']", ("24/7", "3.429")),
        (["Tampa", "Florida"], ("Tampa", "Florida")),
        (8, ("8",)),
    ],
)
def test_open_questions_may_have_several_golds(jsonl_folder: Any, answer: Any, golds: tuple[str, ...]) -> None:
    row = {"id": "o", "question": "?", "question_type": "open", "options": "[]", "answer": answer, "image_1": "a.png"}
    (item,) = items(jsonl_folder, "mmmu", row)
    assert (item.kind, item.golds, item.options) == (ItemKind.SHORT, golds, ())


def test_every_infographic_gold_counts(jsonl_folder: Any) -> None:
    row = {"questionId": "7", "question": "?", "answers": ["60%", "60 %"], "image": "a.png"}
    (item,) = items(jsonl_folder, "infovqa", row)
    assert (item.id, item.golds) == ("7", ("60%", "60 %"))


def test_of_a_conversation_the_last_turn_is_asked(jsonl_folder: Any) -> None:
    row = {
        "Question": ["how many?", "and women?"],
        "Answer": ["60%", "[a, b]"],
        "Question Type": "Conversational",
        "Year": ["NO", "YES"],
        "image": "a.png",
        "Paragraph": "A survey.",
    }
    (item,) = items(jsonl_folder, "chartqapro", row)
    assert item.question == "A survey.\n\nEarlier in the conversation:\nQ: how many?\nA: 60%\n\nand women?"
    assert item.golds == ("[a, b]",)
    assert item.columns == {"question_type": "Conversational", "year": ["NO", "YES"]}


def test_a_chart_list_answer_stays_text(jsonl_folder: Any) -> None:
    row = {"question": "?", "answer": "[2, 3]", "type": "human_test", "image": "a.png"}
    (item,) = items(jsonl_folder, "chartqa", row)
    assert item.golds == ("[2, 3]",)


CHART: dict[str, Any] = {
    "image": "a.png",
    "reasoning_q": "Why?",
    "reasoning_a": "Because",
    "reasoning_a_type": 2,
    "subplot_row": 0,
    "subplot_col": 0,
    "subplot_loc": None,
    **{f"descriptive_q{number}": template for number, template in enumerate((1, 7, 18, 19), start=1)},
    **{f"descriptive_a{number}": str(number) for number in range(1, 5)},
}


def test_a_chart_of_five_questions(jsonl_folder: Any) -> None:
    found = items(jsonl_folder, "charxiv", CHART)
    assert [item.id for item in found] == ["0/reasoning", *(f"0/descriptive{number}" for number in range(1, 5))]
    assert found[0].columns == {"part": "reasoning", "answer_type": 2}
    assert found[2].columns == {"part": "descriptive", "template": 7}
    assert found[2].question.startswith(
        "For the current plot, what is the spatially highest labeled tick on the y-axis?"
    )
    assert found[3].question.startswith("What is the layout of the subplots?")
    assert len({item.cluster for item in found}) == 1


@pytest.mark.parametrize(
    ("place", "start"),
    [
        ({"subplot_row": 2, "subplot_col": 3}, "For the subplot at row 2 and column 3, what is its title?"),
        ({"subplot_loc": "the inner subplot"}, "For the inner subplot, what is its title?"),
        ({}, "For the current plot, what is its title?"),
    ],
)
def test_a_template_names_the_subplot(jsonl_folder: Any, place: dict[str, Any], start: str) -> None:
    found = items(jsonl_folder, "charxiv:descriptive", {**CHART, **place})
    assert [item.id for item in found] == [f"0/descriptive{number}" for number in range(1, 5)]
    assert found[0].question.startswith(start)
    assert found[0].benchmark == "charxiv:descriptive"


def test_a_template_that_is_not_there(jsonl_folder: Any) -> None:
    with pytest.raises(DataError, match="no question template 20"):
        items(jsonl_folder, "charxiv", {**CHART, "descriptive_q1": 20})


def test_options_inside_the_question_are_taken_out(jsonl_folder: Any) -> None:
    question = "What is left?\nOptions: A: One, two., B: B, C: No, D: None"
    row = {"index": 3, "question": question, "answer": "B", "category": "c", "l2_category": "d", "image": "a.png"}
    (item,) = items(jsonl_folder, "mmstar", row)
    assert item.question == "What is left?"
    assert item.options == ("One, two.", "B", "No", "None")
    assert (item.id, item.golds) == ("3", ("B",))


VERSE: dict[str, Any] = {
    "sample_index": "5",
    "problem_index": "1",
    "problem_version": "Vision Intensive",
    "question_type": "multi-choice",
    "question": "Find it.\nChoices:\nA:40°\nB:.70°A70°",
    "answer": "B",
    "image": "a.png",
    "metadata": {"subject": "Plane Geometry"},
}


def test_mathverse_by_version(jsonl_folder: Any) -> None:
    rows = [VERSE, {**VERSE, "sample_index": "6", "problem_version": "Text Lite"}]
    (item,) = items(jsonl_folder, "mathverse", *rows)
    assert (item.id, item.question, item.options, item.golds) == ("5", "Find it.", ("40°", ".70°A70°"), ("B",))
    assert item.columns["subject"] == "Plane Geometry"
    assert [item.id for item in items(jsonl_folder, "mathverse:text_lite", *rows)] == ["6"]


def test_a_problem_without_text_gets_some(jsonl_folder: Any) -> None:
    row = {**VERSE, "problem_version": "Vision Only", "question_type": "free-form", "question": "", "answer": "4"}
    (item,) = items(jsonl_folder, "mathverse:vision_only", row)
    assert item.question == "Solve the problem shown in the image."


def test_several_right_letters_make_a_short_answer(jsonl_folder: Any) -> None:
    (item,) = items(jsonl_folder, "mathverse", {**VERSE, "answer": "A\nB"})
    assert (item.kind, item.options, item.golds) == (ItemKind.SHORT, (), ("A, B", "AB", "A\nB"))
    assert "A. 40°" in item.question


def test_the_question_in_the_picture(jsonl_folder: Any) -> None:
    row = {"id": "v", "image": "a.png", "options": "['x', 'y']", "answer": "B", "subject": "Art"}
    (item,) = items(jsonl_folder, "mmmu_pro:vision", row)
    assert item.question.startswith("The image shows a multiple-choice question")
    assert (item.options, item.golds) == (("x", "y"), ("B",))


def test_options_in_columns(jsonl_folder: Any) -> None:
    choices = {f"choice_{letter}": f"text {letter}" for letter in "ABCD"}
    row = {
        "question_id": "9",
        "question": "?",
        "answer": "D",
        "question_image_type": "map",
        "image": "a.png",
        **choices,
    }
    (item,) = items(jsonl_folder, "seedbench2plus", row)
    assert item.options == ("text A", "text B", "text C", "text D")
    assert item.columns == {"image_type": "map"}


def test_wemath_ids_and_groups(jsonl_folder: Any) -> None:
    row = {
        "ID": "2steps_1",
        "key": "2steps_multi",
        "knowledge concept": "Area",
        "question": "?",
        "option": "A. 10 cm, 5 cm;B. 3;   C. No correct answer",
        "answer": "A",
        "image_path": "a.png",
    }
    (item,) = items(jsonl_folder, "wemath", row)
    assert item.id == "2steps_1/2steps_multi"
    assert item.options == ("10 cm, 5 cm", "3", "No correct answer")
    assert item.columns == {"ID": "2steps_1", "key": "2steps_multi", "knowledge_concept": "Area"}


@pytest.mark.parametrize(
    ("options", "answer", "kind"), [([], "21", ItemKind.SHORT), (["$a$", "$b$"], "A", ItemKind.CHOICE)]
)
def test_mathvision_asks_both_ways(jsonl_folder: Any, options: list[str], answer: str, kind: ItemKind) -> None:
    row = {"id": "1", "question": "?", "options": options, "answer": answer, "level": 2, "subject": "logic"}
    (item,) = items(jsonl_folder, "mathvision", {**row, "image": "images/a.png", "decoded_image": "b.png"})
    assert (item.kind, item.golds, item.images[0].name) == (kind, (answer,), "b.png")
