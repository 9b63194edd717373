"""The ``caprl`` edition: math-verify behind letters, charts and texts."""

from __future__ import annotations

from importlib import metadata

import pytest

from prism_eval.errors import DataError, MissingExtra
from prism_eval.schema import Answer, AnswerForm, FinishReason, Item, ItemKind, Outcome
from prism_eval.scoring.caprl import CapRLChart, CapRLInfo, CapRLMath, official_box
from prism_eval.scoring.maths import process

TOWER = "9^{9^{9^{9^{9^{9}}}}}"
BOXED = AnswerForm(boxed=True)


def short(*golds):
    return Item(benchmark="b", id="7", kind=ItemKind.SHORT, question="?", images=(), golds=golds, cluster="")


def choice(*golds):
    return Item(
        benchmark="b",
        id="7",
        kind=ItemKind.CHOICE,
        question="?",
        images=(),
        golds=golds,
        cluster="",
        options=("x", "y"),
    )


def boxed(answer):
    return Answer(f"<think>hm</think><answer>\\boxed{{{answer}}}</answer>")


@pytest.fixture(scope="module")
def scorer():
    made = CapRLMath(limit=4.0)
    yield made
    made.close()


@pytest.fixture
def no_package(monkeypatch):
    monkeypatch.setattr(process, "find_spec", lambda name: None)


def test_equal_mathematics_is_correct(scorer):
    for gold, given in (("60", "60^\\circ"), ("\\{1,2\\}", "\\{2,1\\}"), ("50%", "0.5"), ("x=3", "3")):
        verdict = scorer.score(short(gold), boxed(given), BOXED)
        assert (verdict.outcome, verdict.score) == (Outcome.CORRECT, 1.0), gold
    assert scorer.score(short("8.246"), boxed("8.25"), BOXED).outcome is Outcome.WRONG


def test_a_tower_of_powers_is_wrong_within_its_limit_and_loses_nothing_else(scorer):
    verdict = scorer.score(short("5"), boxed(TOWER), BOXED)
    assert (verdict.outcome, verdict.score) == (Outcome.WRONG, 0.0)
    assert "no result within 4 s" in verdict.note
    assert scorer.score(short("5"), boxed("5"), BOXED).outcome is Outcome.CORRECT


@pytest.mark.parametrize("golds", [("$",), ("", "$"), ("$$", "$")])
def test_a_gold_that_cannot_be_read_is_found_before_there_is_an_answer(scorer, golds):
    with pytest.raises(DataError, match="b: item 7: math-verify cannot read the gold answer"):
        scorer.check(short(*golds))
    with pytest.raises(DataError, match="item 7"):
        scorer.score(short(*golds), boxed("5"), BOXED)


@pytest.mark.parametrize("item", [short("5"), short("x+y"), short("$", "x"), short("\\pi"), choice("B"), short(TOWER)])
def test_other_items_pass(scorer, item):
    scorer.check(item)


def test_a_gold_is_read_once_for_its_check_and_its_answers(scorer, monkeypatch):
    asked = []
    compare = process.MathProcess.compare

    async def counted(self, answer, gold, limit):
        asked.append((answer, gold))
        return await compare(self, answer, gold, limit)

    monkeypatch.setattr(process.MathProcess, "compare", counted)
    item = short("p+q")
    for given in ("p+q", "q+p", "p+q", "q+p"):
        scorer.check(item)
        assert scorer.score(item, boxed(given), BOXED).outcome is Outcome.CORRECT
    assert asked == [("p+q", "p+q"), ("q+p", "p+q")]


def test_charts_compare_golds_that_math_verify_cannot_read_as_text():
    with_texts = CapRLChart()
    try:
        with_texts.check(short("$"))
        assert with_texts.score(short("$"), boxed("5"), BOXED).outcome is Outcome.WRONG
    finally:
        with_texts.close()


def test_an_answer_that_is_compared_for_too_long_is_still_compared_as_text():
    scorer = CapRLInfo(limit=3.0)
    try:
        verdict = scorer.score(short(TOWER.replace("9}", "8}")), boxed(TOWER), BOXED)
        assert verdict.score > 0.5
        assert "no result within 3 s" in verdict.note
    finally:
        scorer.close()


def test_letters_need_no_mathematics(no_package):
    scorer = CapRLMath()
    scorer.check(choice("B"))
    assert scorer.score(choice("B"), boxed("B"), BOXED).outcome is Outcome.CORRECT
    assert scorer.score(choice("B"), boxed("(a)"), BOXED).outcome is Outcome.WRONG
    assert scorer.score(choice("B"), Answer("I take \\boxed{B}."), AnswerForm()).outcome is Outcome.CORRECT
    assert scorer.score(choice("B"), Answer("One of them, I think"), BOXED).outcome is Outcome.UNPARSED


def test_outcomes_without_an_answer_start_no_process(no_package):
    scorer = CapRLChart()
    assert scorer.score(short("5"), Answer(""), BOXED).outcome is Outcome.UNPARSED
    assert scorer.score(short("5"), Answer("<think>", FinishReason.LENGTH), BOXED).outcome is Outcome.TRUNCATED
    assert scorer.score(short("5"), boxed("cannot answer"), BOXED).outcome is Outcome.ABSTAINED


def test_a_missing_package_says_what_mends_it(no_package):
    with pytest.raises(MissingExtra, match=r"prism-eval\[math\]"):
        CapRLMath().check(short("x"))
    with pytest.raises(MissingExtra, match=r"prism-eval\[math\]"):
        CapRLChart().score(short("5"), boxed("x"), BOXED)


def test_the_limit_changes_verdicts_and_the_number_of_processes_does_not():
    assert CapRLMath(limit=2.0).identity != CapRLMath().identity
    assert CapRLMath(workers=7).identity == CapRLMath().identity


@pytest.mark.parametrize(
    ("gold", "given", "equal"),
    [
        ("x^2+1", "1+x^2", True),
        ("(x+1)^2", "x^2+2x+1", True),
        ("x^2+1", "x^2+2", False),
        ("ab", "ba", True),
        ("50\\%", "50", True),
        ("50\\%", "0.5", True),
        ("x", "y", False),
        ("\\frac{1}{3}", "0.333333", True),
        ("\\sin(x)^2+\\cos(x)^2", "1", True),
        ("Saudi Arabia", "\\text{Saudi Arabia}", True),
        ("\\text{Saudi Arabia}", "saudi arabia", True),
        ("Saudi Arabia", "\\text{Arabia Saudi}", False),
        ("Yes", "\\text{yes}", True),
        ("red", "\\mathrm{Red}", True),
        ("light blue", "\\textbf{light blue}", True),
        ("x_{ab}", "x_{ba}", False),
    ],
)
def test_formulas(scorer, gold, given, equal):
    assert scorer.verify(given, gold).score == equal


def test_several_golds_are_each_accepted():
    scorer = CapRLInfo()
    try:
        assert scorer.score(short("serif fonts", "serif"), boxed("serif"), BOXED).score == 1.0
        assert scorer.score(short("pinterest", "facebook"), boxed("Pintrest"), BOXED).score == pytest.approx(8 / 9)
    finally:
        scorer.close()


@pytest.mark.parametrize(
    ("reply", "box"),
    [
        ("<think>a</think><answer>so \\boxed{3} no, \\boxed{14}</answer>", "3} no, \\boxed{14"),
        ("<think>a</think>\n<answer>\\boxed{14} units {approx}</answer>", "14} units {approx"),
        ("<answer>\\boxed{14}</answer>", ""),
        ("</think><answer>\\boxed{14}", ""),
        ("</think><answer>14</answer>", ""),
        ("</think><answer>\\boxed{1}</answer> and \\boxed{2}</answer>", "1}</answer> and \\boxed{2"),
    ],
)
def test_the_box_that_caprls_pattern_captures(reply, box):
    assert official_box(reply) == box


@pytest.fixture(scope="module")
def program():
    made = CapRLMath(reading="official")
    yield made
    made.close()


@pytest.mark.parametrize(
    ("answer", "outcome", "score", "extracted"),
    [
        (boxed("5"), Outcome.CORRECT, 1.0, "5"),
        (boxed("6"), Outcome.WRONG, 0.0, "6"),
        # What our own reading takes for an answer is none to the program.
        (Answer("<answer>\\boxed{5}</answer>"), Outcome.UNPARSED, 0.0, None),
        (Answer("</think> The answer is \\boxed{5}."), Outcome.UNPARSED, 0.0, None),
        (boxed("5}</answer> or <answer>\\boxed{7"), Outcome.WRONG, 0.0, "5}</answer> or <answer>\\boxed{7"),
        (Answer("<think>on and", FinishReason.LENGTH), Outcome.TRUNCATED, 0.0, None),
        (Answer("I'm sorry, but I can't help with that."), Outcome.REFUSED, 0.0, None),
        (Answer("", FinishReason.FILTERED), Outcome.REFUSED, 0.0, None),
    ],
)
def test_the_official_reading_gives_what_the_program_gives(program, answer, outcome, score, extracted):
    verdict = program.score(short("5"), answer, BOXED)
    assert (verdict.outcome, verdict.score, verdict.extracted) == (outcome, score, extracted)


def test_a_gold_that_cannot_be_read_accepts_anything_in_the_official_reading_alone(program):
    program.check(short("$"))
    assert program.score(short("$"), Answer("no idea"), BOXED).score == 1.0
    charts = CapRLChart(reading="official")
    try:
        assert charts.score(short("$"), boxed("7"), BOXED).score == 1.0
    finally:
        charts.close()


def test_the_reading_and_the_version_of_math_verify_are_part_of_the_scorer(scorer, program):
    assert "reading" not in scorer.identity
    assert program.identity == {**CapRLMath().identity, "reading": "official"}
    assert scorer.identity["math_verify"] == metadata.version("math-verify")
