"""The questions of an image in every form that trainers hand them on."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prism_eval.errors import DataError
from prism_eval.rewards.question import Question, read_questions

WANTED = (Question("What colour?", ("red", "blue", "green"), 1),)


@pytest.mark.parametrize(
    "choices",
    [
        ["red", "blue", "green"],
        ["A) red", "B) blue", "C) green"],
        ["A. red", "B. blue", "C. green"],
        ["(A) red", "(B) blue", "(C) green"],
        [" - A) red", "   - B) blue", "- C) green"],
        ["a) red", "b) blue", "c) green"],
        ["A) red", "B) blue", "C) green", "D) Can not answer based on the caption"],
    ],
)
def test_options_lose_letters_of_their_own(choices):
    assert read_questions([{"question": "What colour?", "choices": choices, "answer": "B"}]) == WANTED


@pytest.mark.parametrize(
    "value",
    [
        [{"question": " What colour? ", "choices": ["red", "blue", "green"], "answer": "b"}],
        {"question": "What colour?", "choices": ["red", "blue", "green"], "answer": "(B)"},
        {"question": "What colour?", "choices": ["A) red", "B) blue", "C) green"], "answer": "B) Blue"},
        {"question": "What colour?", "choices": ["red", "blue", "green"], "answer": "Blue."},
        [["What colour?\n   - A) red\n   - B) blue\n   - C) green\n   - F) Can not answer based on the caption", "B"]],
        (("What colour?\nA) red\nB) blue\n\nC) green\n", "B "),),
        WANTED,
        json.dumps([{"question": "What colour?", "choices": ["red", "blue", "green"], "answer": "B"}]),
        np.array([{"question": "What colour?", "choices": ["red", "blue", "green"], "answer": "B"}], dtype=object),
    ],
)
def test_every_form_of_a_question_is_read(value):
    assert read_questions(value) == WANTED


def test_the_answer_means_the_option_that_had_its_letter():
    (question,) = read_questions([{"question": "Which?", "choices": ["C) x", "A) y", "B) z"], "answer": "C"}])
    assert question.options[question.gold] == "x"
    # What it is called by comes before what it says: the option's text is a letter here, and another one's.
    (question,) = read_questions([{"question": "Which panel?", "choices": ["A) B", "B) A"], "answer": "A"}])
    assert question.options[question.gold] == "B"


@pytest.mark.parametrize("choices", [["A. Smith", "Miller"], ["A. Smith", "A. Miller"], ["X) one", "Y) two"]])
def test_what_only_looks_like_letters_stays(choices):
    (question,) = read_questions([{"question": "Who?", "choices": choices, "answer": "B"}])
    assert question.options == tuple(choices)
    assert question.gold == 1


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ([], "no questions"),
        (None, "no questions"),
        ("nothing", "are no JSON"),
        ("[" * 100_000, "are no JSON"),
        ([7], "is no question"),
        ([{"question": "Q?", "choices": ["x", "y"]}], "is no question"),
        ([{"question": "Q?", "choices": ["x", "y"], "answer": "E"}], "its answer E is none of its options"),
        ([{"question": "Q?", "choices": ["x", "y"], "answer": "A) y"}], "its answer says A, with the text of B"),
        ([{"question": "Q?", "choices": ["x", "y"], "answer": "blue"}], "'blue' is no letter and none of its options"),
        ([{"question": "Q?", "choices": ["x", "X."], "answer": "x"}], "the text of several options"),
        ([{"question": "Q?", "choices": ["x", "y"], "answer": " "}], "its answer is not said"),
        ([{"question": "Q?", "choices": ["x"], "answer": "A"}], "1 options"),
        ([{"question": "Q?", "choices": ["x"] * 26, "answer": "A"}], "26 options"),
        ([{"question": "  ", "choices": ["x", "y"], "answer": "A"}], "no text"),
        ([{"question": "Q?", "choices": ["x", "y", "Can not answer based on the caption"], "answer": "C"}], "none of"),
    ],
)
def test_what_is_no_question_is_told_in_one_line(value, told):
    with pytest.raises(DataError, match=told) as error:
        read_questions(value)
    assert "\n" not in str(error.value)


@given(st.lists(st.text(min_size=1).filter(str.strip), min_size=2, max_size=25), st.data())
def test_whatever_options_say_the_right_one_is_found_by_its_place(options, data):
    gold = data.draw(st.integers(0, len(options) - 1))
    choices = [f"{chr(65 + place)}) {option.strip()}" for place, option in enumerate(options)]
    try:
        (question,) = read_questions([{"question": "Q?", "choices": choices, "answer": chr(65 + gold)}])
    except DataError:
        assert options[-1].strip().casefold() == "can not answer based on the caption"
    else:
        assert question.options[question.gold] == options[gold].strip()
