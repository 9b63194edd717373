"""Lint: each rule finds what it is there for, and nothing in questions that are as they should be."""

import json

import pytest

from prism_eval.questions.lint import lint
from prism_eval.questions.lint.languages import other_languages
from prism_eval.questions.question import Question


def question(number, text="Which colour has the car?", options=("red", "blue", "green", "black"), answer="A", **more):
    image = more.pop("image", f"image{number}")
    return Question(
        id=f"q{number}", image=f"{image}.png", image_digest=image, question=text, options=options, answer=answer, **more
    )


def told(*questions):
    return [(one.rule, one.questions) for one in lint(questions)]


def test_the_twins_questions_pass(make_set):
    rows = [one.model_copy(update={"id": f"q{number}"}) for number, one in enumerate(make_set(24).read())]
    # A scene asks of several things in one sentence each, which may name them.
    assert {finding.rule for finding in lint(rows)} <= {"told"}


@pytest.mark.parametrize(
    ("options", "answer", "says"),
    [
        (
            ("red", "blue", "green", "all of the above"),
            "A",
            "an option speaks of the others, and is true in one order only",
        ),
        (("red", "Red.", "green", "black"), "A", "two of its options are the same"),
        (("red", " ", "green", "black"), "A", "one of its options is empty"),
        (("red",), "A", "it has 1 options"),
        (("red", "blue"), "C", "its answer 'C' is none of its options"),
    ],
)
def test_options_that_cannot_be_asked(options, answer, says):
    (finding,) = lint([question(1, options=options, answer=answer)])
    assert (finding.rule, finding.says, finding.questions) == ("options", says, ("q1",))


def test_duplicates_are_of_one_image_and_contradictions_are_told():
    same = [question(1, image="x"), question(2, "which  colour has the car?", image="x"), question(3, image="y")]
    assert told(*same) == [("duplicate", ("q1", "q2"))]
    (finding,) = lint([same[0], same[1].model_copy(update={"answer": "B"})])
    assert finding.says == "the same question about one image, with different answers"


def test_an_answer_in_another_question_about_the_image():
    one = question(1, "Who signs?", ("Oskar", "Mina", "Paul", "Anna"), image="x")
    other = question(2, "What does Oskar's clerk send?", ("a letter", "a parcel", "a bill", "a card"), image="x")
    assert told(one, other) == [("told", ("q1", "q2"))]
    assert told(one, other.model_copy(update={"image_digest": "y"})) == []
    assert told(one, other.model_copy(update={"question": "What do the Oskars send?"})) == []
    assert told(one.model_copy(update={"question": "Who signs, Oskar or another?"})) == [("told", ("q1",))]
    short = question(3, "Is the red car red?", image="z")
    assert told(short) == []


def test_a_right_option_that_stands_out_by_its_length():
    long = ("a small red car that is parked beside a wall", "a blue car", "a green car", "a car")
    assert told(question(1, options=long)) == [("length", ("q1",))]
    assert told(question(1, options=long, answer="B")) == []


def test_another_script_than_most():
    rows = [question(number) for number in range(3)] + [question(9, "车是什么颜色?")]
    (finding,) = lint(rows)
    assert (finding.rule, finding.questions) == ("language", ("q9",))
    assert finding.says == "written in Cjk, where most are in Latin"


GERMAN = ("Welche Farbe hat das Auto neben dem Baum?", "Wie viele Personen sitzen am Tisch?")


def test_another_language_than_most():
    pytest.importorskip("py3langid", reason="the extra [language] is not installed")
    rows = [question(number) for number in range(3)] + [question(9, GERMAN[0]), question(8, "车是什么颜色?")]
    findings = lint(rows)
    assert [(one.rule, one.questions) for one in findings] == [("language", ("q8",)), ("language", ("q9",))]
    assert findings[1].says == "in 'de' or a language like it, where most are in 'en'"
    # The other way round, and where a name or too little is said to be sure.
    rows = [question(number, GERMAN[number]) for number in range(2)] + [question(9)]
    assert told(*rows) == [("language", ("q9",))]
    short = ("Which?", "2020?", "BMW or VW?", "Is the sign in the Bahnhofstraße green?", r"10 \cdot f(7) + 9 =", "?")
    rows = [question(number) for number in range(9)] + [question(20 + n, one) for n, one in enumerate(short)]
    assert list(other_languages(rows)) == []


def test_without_the_extra_only_scripts_are_told_apart(monkeypatch):
    monkeypatch.setattr("prism_eval.questions.lint.languages.knows_languages", lambda: False)
    rows = [question(number) for number in range(3)] + [question(9, GERMAN[0]), question(8, "车是什么颜色?")]
    assert told(*rows) == [("language", ("q8",))]


def test_no_english_question_of_the_benchmarks_is_taken_for_another_language(shared):
    pytest.importorskip("py3langid", reason="the extra [language] is not installed")
    lines = (shared / "data" / "chartqa" / "test_all_questions.jsonl").read_text("utf-8").splitlines()
    asked = list(dict.fromkeys(json.loads(line)["query"] for line in lines))
    rows = [question(number, text) for number, text in enumerate(asked)]
    rows += [question(len(rows) + number, text) for number, text in enumerate(GERMAN)]
    (found,) = other_languages(rows)
    assert found.questions == (rows[-2].id, rows[-1].id)


def test_letters_and_lengths_that_pay():
    leaning = [question(number, answer="B" if number % 2 else "ABCD"[number // 2 % 4]) for number in range(80)]
    (found,) = [one for one in lint(leaning) if one.rule == "position"]
    assert found.says == "B is right in 62 % of 80 questions with 4 options; due are 25 %"
    longest = [question(number, answer="ABCD"[number % 4], options=_with_longest(number % 4)) for number in range(80)]
    (found,) = lint(longest)
    assert (found.rule, found.says) == (
        "longest",
        "the longest option is right in 100 % of 80 questions; by chance in 25 %",
    )
    even = [question(number, answer="ABCD"[number % 4]) for number in range(80)]
    assert lint(even) == []


def _with_longest(place):
    return tuple("yellow" if number == place else word for number, word in enumerate(("red", "blue", "grey", "pink")))


def test_what_was_dropped_is_not_looked_at():
    assert lint([question(1, options=("red",), state="dropped"), question(2, options=(), state="failed")]) == []
