"""Answers by token evidence."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prism_eval.benchmarks import open_benchmark
from prism_eval.captioners.base import Captioner
from prism_eval.captioners.blind import Blind
from prism_eval.captioners.oracle import Oracle
from prism_eval.errors import UsageError
from prism_eval.reasoners.lexical import Lexical
from prism_eval.schema import Caption, Item, ItemKind

FACTS = """
The number of visits of the market is 1,535.
The number of visits of the museum is 411.
The year that has the highest rainfall of Kraków is 2014.
The slope of line h is -3.
Ms. Lee owns the red boat, not the blue one.
The ferry does not stop at Brodick.
"""
BARS = (
    "Sales by region\nNorth | 12\nSouth | 30%\nEast (new) | 18\nWest, coast | 7\nScale along the width: 0, 10, 20, 30"
)
GROUPS = "White: 37% | 59%\nBlack: 90% | 5%\nHispanic: 69% | 25%\nObama | Romney"


def ask(caption: str, question: str, *options: str) -> str:
    """The reply without its marker."""
    kind = ItemKind.CHOICE if options else ItemKind.SHORT
    item = Item(benchmark="b", id="1", kind=kind, question=question, images=(), golds=(), cluster="", options=options)
    reply = asyncio.run(Lexical().answer(Caption(caption), item, sample=0)).text
    assert reply.startswith("Answer: ")
    return reply.removeprefix("Answer: ")


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is the number of visits of the market?", "1535"),
        ("How many visits did the museum have?", "411"),
        ("Which year has the highest rainfall of Kraków?", "2014"),
        ("What is the slope of line h?", "-3"),
        ("Who owns the red boat?", "Lee"),
        ("Does the ferry stop at Brodick?", "No"),
        ("Which year has the highest rainfall of Lisbon?", "cannot answer"),
        ("What is the colour of the sky?", "cannot answer"),
    ],
)
def test_a_statement_answers(question: str, answer: str) -> None:
    assert ask(FACTS, question) == answer


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What was the value of South in 2020?", "30"),
        ("How much did East sell?", "18"),
        ("How much did West sell?", "7"),
        ("Which region has the highest sales?", "South"),
        ("Which region sold the second lowest?", "North"),
        ("What is the lowest value?", "7"),
        ("What is the difference between North and South?", "18"),
        ("What is the sum of the highest and lowest value?", "37"),
        ("What is the average of North and East?", "15"),
        ("What is the ratio of South to North?", "2.5"),
        ("How many regions are there?", "4"),
        ("How many bars are above 15?", "2"),
        ("Which region has 18?", "East (new)"),
        ("What is the median of all bars?", "15"),
        ("Is the average of all bars more than 16?", "Yes"),
        ("Is the value of North less than 12?", "No"),
    ],
)
def test_labelled_values_are_reckoned_with(question: str, answer: str) -> None:
    assert ask(BARS, question) == answer


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How many Hispanic voters chose Obama?", "69"),
        ("What is the difference between Obama and Romney among White voters?", "22"),
        ("Which group has the highest share for Romney?", "White"),
        ("Who had the highest share of Black voters?", "Obama"),
    ],
)
def test_series_are_told_apart(question: str, answer: str) -> None:
    assert ask(GROUPS, question) == answer


def test_a_value_under_its_label_is_read() -> None:
    assert ask("Survey\nDissatisfied\n78%\nSatisfied\n20%", "What share is satisfied?") == "20"


@pytest.mark.parametrize(
    ("question", "options", "answer"),
    [
        ("What is the number of visits of the museum?", ("535", "411", "12"), "B"),
        ("What is the slope of line h?", ("3", "-3", "1", "0"), "B"),
        ("Which boat does Ms. Lee own?", ("A red one", "A green one"), "A"),
        ("Who is the mayor?", ("Smith", "Jones"), "cannot answer"),
    ],
)
def test_options_are_picked_by_evidence(question: str, options: tuple[str, ...], answer: str) -> None:
    assert ask(FACTS, question, *options) == answer


def test_equal_evidence_is_no_evidence() -> None:
    assert ask("The flags are red and green.", "What are the flags?", "red", "green") == "cannot answer"


def test_a_reckoned_answer_picks_its_option() -> None:
    assert ask(BARS, "What is the difference between North and South?", "16", "18", "20") == "B"


def test_options_written_in_the_question_are_picked_from() -> None:
    question = "What is the number of visits of the market?\n\na) 1116\nb) 1535\nc) 950"
    assert ask(FACTS, question) == "B"


@given(st.text(max_size=200), st.lists(st.text(max_size=20), max_size=5))
def test_without_a_caption_it_abstains(question: str, options: list[str]) -> None:
    assert ask("", question, *options) == "cannot answer"


@settings(max_examples=200)
@given(st.text(max_size=300), st.text(max_size=100), st.lists(st.text(max_size=20), max_size=4))
def test_any_text_gets_one_line_and_always_the_same(caption: str, question: str, options: list[str]) -> None:
    answer = ask(caption, question, *options)
    assert answer == ask(caption, question, *options)
    assert answer == "cannot answer" or not options or answer in "ABCD"
    assert "\n" not in answer


@pytest.mark.parametrize(
    "piece", ["a", "1", "1 ", "a | 1 | ", "x: 1\n", "(", "1,", ". ", "漢字 ̈ß", "Norway 12 %\n", "-"]
)
def test_a_megabyte_of_anything_is_read(piece: str) -> None:
    huge = piece * (1_000_000 // len(piece))
    assert ask(huge, "What is the highest value in Norway?")
    assert ask(FACTS, huge, huge, "b")


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_the_threshold_is_a_share(value: float) -> None:
    with pytest.raises(UsageError, match="min_evidence"):
        Lexical(min_evidence=value)


@pytest.mark.parametrize("name", ["chartqa", "mmstar"])
def test_better_captions_score_higher_on_a_twin(name: str) -> None:
    items = list(open_benchmark(name, "synthetic").items())

    def right(captioner: Captioner) -> float:
        return sum(_right(captioner, item) for item in items) / len(items)

    assert right(Blind()) == 0
    assert 0.25 < right(Oracle(recall=0.5)) < 0.8
    assert right(Oracle()) > 0.95


def _right(captioner: Captioner, item: Item) -> bool:
    caption = asyncio.run(captioner.caption(item.images, sample=0))
    return ask(caption.text, item.question, *item.options).casefold() in {gold.casefold() for gold in item.golds}
