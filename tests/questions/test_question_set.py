"""A set of questions on disk: whatever stands in the folder is read as data, or refused in one line."""

import json

import pytest

from prism_eval.errors import DataError, UsageError
from prism_eval.questions.question import Question
from prism_eval.questions.question_set import QuestionSet


def test_a_folder_s_name_becomes_a_benchmark_s(tmp_path):
    assert QuestionSet.create(tmp_path / "Our Receipts (2026)").name == "our-receipts-2026"
    with pytest.raises(UsageError, match="use lower-case letters"):
        QuestionSet.create(tmp_path / "…")
    with pytest.raises(UsageError, match="use lower-case letters"):
        QuestionSet.create(tmp_path / "x", "../x")


def test_a_folder_without_a_set_says_what_makes_one(tmp_path):
    with pytest.raises(UsageError, match="questions build"):
        QuestionSet.open(tmp_path)
    for name in ("one", "two"):
        QuestionSet.create(tmp_path, name).write([])
    with pytest.raises(UsageError, match="holds 2 sets"):
        QuestionSet.open(tmp_path)


def test_what_is_written_is_read_back(make_set):
    questions = make_set(3)
    rows = [one.become("dropped", "why", arms=()) for one in questions.read()]
    questions.write(rows)
    assert questions.read() == rows


def test_a_definition_asks_what_was_kept_and_everything_before_that(make_set):
    questions = make_set(2)
    assert 'equals = ["open"]' in questions.definition.read_text().partition("[source]")[0]
    for states in (["kept", "dropped"], ["dropped", "dropped"]):
        questions.write([one.become(state) for one, state in zip(questions.read(), states, strict=True)])
        assert 'equals = ["kept"]' in questions.definition.read_text().partition("[source]")[0]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("no JSON", "line 2: the line: Invalid JSON"),
        ("[]", "line 2: the line: "),
        ('{"id": "x"}', "line 2: image: Field required"),
        ('{"id": "x", "image": "a", "image_digest": "b", "stat": "kept"}', "line 2: stat: Extra inputs"),
        ('{"id": "q0", "image": "a", "image_digest": "b"}', "two questions have the id 'q0'"),
    ],
)
def test_a_line_that_is_no_question_is_told_by_its_number(make_set, line, message):
    questions = make_set(1)
    with questions.rows.open("a") as file:
        file.write(line + "\n")
    with pytest.raises(DataError, match=message):
        questions.read()


@pytest.mark.parametrize("name", ["../../../etc/passwd", "/etc/passwd", "a/b.png", "..", ""])
def test_no_row_leads_out_of_the_set(make_set, name):
    questions = make_set(1)
    row = json.loads(questions.rows.read_text()) | {"image": name}
    with pytest.raises(DataError, match="is no file in"):
        questions.image_file(Question.model_validate(row))
