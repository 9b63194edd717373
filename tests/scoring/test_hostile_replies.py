"""Replies nobody should write: no scorer hangs on them, and none crashes."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prism_eval.schema import Answer, AnswerForm, Item, ItemKind, Outcome
from prism_eval.scoring.anls import ANLS
from prism_eval.scoring.caprl import CapRLChart, CapRLMath
from prism_eval.scoring.chartqapro import ChartQAPro
from prism_eval.scoring.choice import MMStar, SeedBench2Plus, VisuLogic, WeMath
from prism_eval.scoring.judged import CharXiv, MathVerse
from prism_eval.scoring.mathvision import MathVision
from prism_eval.scoring.mmmu import MMMU, MMMUPro
from prism_eval.scoring.relaxed import Relaxed
from prism_eval.scoring.strict import Strict

MEGABYTE = 1_000_000
CHOICE = Item(
    benchmark="b",
    id="1",
    kind=ItemKind.CHOICE,
    question="?",
    images=(),
    golds=("C",),
    cluster="",
    options=("$10$", "9.5", "Hermione", "Juno"),
)
SHORT = Item(benchmark="b", id="1", kind=ItemKind.SHORT, question="?", images=(), golds=("[3, 5]",), cluster="")
PLAIN = [
    *(
        (scorer(), CHOICE)
        for scorer in (MMMU, MMMUPro, MMStar, SeedBench2Plus, WeMath, VisuLogic, MathVision, MathVerse)
    ),
    *((scorer(), SHORT) for scorer in (Relaxed, ChartQAPro, ANLS, MMMU, MathVision, MathVerse, CharXiv, Strict)),
]
FORMS = [AnswerForm(), AnswerForm(boxed=True)]
UNITS = [
    "a", "1", ".", " ", "\n", "\t", "{", "}", "{}", "[", "(", "\\", "*", "**", "$", "-", ",", "'", '"', "%", "=", "_",
    "1,", "1.", "111,", "1e", "a ", "A ", "(A)", "A.", "is ", "so ", "the answer is ", "Answer:", "Answer: ",
    "Answer\n", "Answer: A\n", "\\boxed{", "\\boxed{}", "\\boxed{A}", "oxed{", "\\text{", "\\frac", "\\frac{1}",
    "\\sqrt", "^9", "9^{", "</think>", "<think>", "<answer>", "</answer>", "</think><answer>\\boxed{", "</think> ",
    "**Answer**: B or C\n", "Answer is ", "### Answer\n", '{"answer": "', '"answer": {', "<|im_end|>",
    "<|begin_of_box|>", "\u25c1think\u25b7", "[THINK]", "<|channel|>analysis<|message|>", "\\boxed{A} or ",
    "</answer> or <answer>", "not B, ", "\uff1a", "\u7b54\u6848\uff1a", "$", "$$", "\\(", "\\]", "```", "| ", "> ",
    "Not Applicable. ", "14 or ", "answer ", "(", "I'm sorry ", "cannot ", "['a', ",
    "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}", "\ud800", "\x00", "\u0661",
]  # fmt: skip
pieces = st.lists(st.sampled_from(UNITS), max_size=40).map("".join)


def verdicts(scorer, item, reply):
    for form in FORMS:
        verdict = scorer.score(item, Answer(reply), form)
        assert verdict.outcome is not Outcome.FAILED
        assert 0.0 <= verdict.score <= 1.0
    official = scorer.official(item, reply)
    assert official is None or 0.0 <= official <= 1.0


@pytest.mark.parametrize("unit", UNITS)
def test_time_grows_no_faster_than_the_reply(unit):
    started = time.process_time()
    for text in (unit * (50_000 // len(unit)), f"Answer: {unit * (50_000 // len(unit))}"):
        for scorer, item in PLAIN:
            verdicts(scorer, item, text)
    assert time.process_time() - started < 15


@pytest.mark.parametrize("unit", ["a", "1", "{", "\\boxed{", "(A) ", "9^{", "Answer: A\n"])
def test_a_reply_of_a_megabyte_hangs_nothing(unit):
    started = time.process_time()
    for scorer, item in PLAIN:
        verdicts(scorer, item, f"\\boxed{{{unit * (MEGABYTE // len(unit))}}}")
    assert time.process_time() - started < 60


@settings(max_examples=120)
@given(pieces)
def test_no_combination_of_pieces_crashes_a_scorer(reply):
    for scorer, item in PLAIN:
        verdicts(scorer, item, reply)


@settings(max_examples=25)
@given(st.lists(st.sampled_from(UNITS), max_size=8).map("".join), st.integers(1, 1_000))
def test_no_repetition_of_pieces_takes_long(reply, times):
    started = time.process_time()
    for scorer, item in PLAIN:
        verdicts(scorer, item, reply * times)
    assert time.process_time() - started < 20


@pytest.fixture(scope="module")
def mathematics():
    scorers = [CapRLMath(limit=0.5), CapRLChart(limit=0.5)]
    yield scorers
    for scorer in scorers:
        scorer.close()


def number(gold: str) -> Item:
    return Item(benchmark="b", id="1", kind=ItemKind.SHORT, question="?", images=(), golds=(gold,), cluster="")


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(2, 99), min_size=1, max_size=9), st.sampled_from(["^", "**"]))
def test_towers_of_powers_neither_hang_nor_crash(mathematics, floors, power):
    tower = f"{power}{{".join(map(str, [*floors, 97])) + "}" * len(floors)
    for scorer in (mathematics[0], MathVision(), MathVerse()):
        assert scorer.official(number("5"), f"</think><answer>\\boxed{{{tower}}}</answer>") == 0.0


@pytest.mark.parametrize(
    "inside", ["{" * 10_000, "}" * 10_000, "{}" * 5_000, "{" * 5_000 + "}" * 5_000, "9" * MEGABYTE]
)
def test_braces_and_digits_do_not_stop_mathematics(mathematics, inside):
    for scorer in mathematics:
        verdicts(scorer, number("5"), f"</think><answer>\\boxed{{{inside}}}</answer>")
        assert scorer.score(number("5"), Answer("\\boxed{5}"), FORMS[1]).outcome is Outcome.CORRECT


def test_golds_are_read_as_hostile_too():
    for gold in ("[" * 1_000, "[" + "9**9**9," * 50 + "]", "[__import__('os').getcwd()]", "\x00"):
        for scorer in (Relaxed(), ChartQAPro(), ANLS(), MathVision(), MathVerse(), CharXiv(), Strict()):
            verdicts(scorer, number(gold), "Answer: 5")
