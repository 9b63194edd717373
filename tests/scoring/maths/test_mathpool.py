"""math-verify in killable processes: limits that hold, and losses that stay small."""

from __future__ import annotations

import sys
import threading
import time

import pytest

from prism_eval.errors import DataError, MissingExtra, PrismError
from prism_eval.schema import Answer, AnswerForm, FinishReason, Item, ItemKind, Outcome
from prism_eval.scoring.caprl import CapRLChart, CapRLInfo, CapRLMath, official_box
from prism_eval.scoring.constants import constants_equal
from prism_eval.scoring.maths import pool

TOWER = "9^{9^{9^{9^{9^{9}}}}}"
BOXED = AnswerForm(boxed=True)


def short(*golds):
    return Item(benchmark="b", id="7", kind=ItemKind.SHORT, question="?", images=(), golds=golds, cluster="")


def boxed(answer):
    return Answer(f"<think>hm</think><answer>\\boxed{{{answer}}}</answer>")


@pytest.fixture(scope="module")
def scorer():
    made = CapRLMath(limit=4.0)
    yield made
    made.close()


def test_equal_mathematics_is_correct(scorer):
    for gold, given in (("60", "60^\\circ"), ("\\{1,2\\}", "\\{2,1\\}"), ("50%", "0.5"), ("x=3", "3")):
        verdict = scorer.score(short(gold), boxed(given), BOXED)
        assert (verdict.outcome, verdict.score) == (Outcome.CORRECT, 1.0), gold
    assert scorer.score(short("8.246"), boxed("8.25"), BOXED).outcome is Outcome.WRONG


def test_a_tower_of_powers_is_wrong_within_its_limit_and_loses_nothing_else(scorer):
    started = time.monotonic()
    verdict = scorer.score(short("5"), boxed(TOWER), BOXED)
    assert (verdict.outcome, verdict.score) == (Outcome.WRONG, 0.0)
    assert "no result within 4 s" in verdict.note
    assert scorer.score(short("5"), boxed("5"), BOXED).outcome is Outcome.CORRECT
    assert time.monotonic() - started < 60


def test_a_process_that_dies_loses_only_its_own_comparison(scorer, monkeypatch):
    assert scorer.verify("a", "a").score == 1.0

    def dies(self, limit):
        self._process.kill()
        self._process.wait()
        return "", False

    with monkeypatch.context() as patch:
        patch.setattr(pool._Worker, "_line_within", dies)
        assert scorer.verify("b", "b").ended == "the mathematics process died"
    assert scorer.verify("b", "b").score == 1.0


def test_a_process_that_died_idle_is_replaced(scorer):
    scorer.verify("c", "c")
    idle = scorer._pool._free.queue[-1]._process
    idle.kill()
    idle.wait()
    assert scorer.verify("d", "d").score == 1.0


def test_a_gold_that_cannot_be_read_is_an_error_that_names_the_item(scorer):
    with pytest.raises(DataError, match=r"item 7: math-verify cannot read the gold answer '\$'"):
        scorer.score(short("$"), boxed("5"), BOXED)


@pytest.fixture
def no_process(monkeypatch):
    monkeypatch.setattr(pool, "find_spec", lambda name: None)


def test_letters_need_no_mathematics(no_process):
    item = Item(
        benchmark="b",
        id="7",
        kind=ItemKind.CHOICE,
        question="?",
        images=(),
        golds=("B",),
        cluster="",
        options=("x", "y"),
    )
    scorer = CapRLMath()
    assert scorer.score(item, boxed("B"), BOXED).outcome is Outcome.CORRECT
    assert scorer.score(item, boxed("(a)"), BOXED).outcome is Outcome.WRONG
    assert scorer.score(item, Answer("I take \\boxed{B}."), AnswerForm()).outcome is Outcome.CORRECT
    assert scorer.score(item, Answer("B, I think"), BOXED).outcome is Outcome.UNPARSED


def test_outcomes_without_an_answer_start_no_process(no_process):
    scorer = CapRLChart()
    assert scorer.score(short("5"), Answer(""), BOXED).outcome is Outcome.UNPARSED
    assert scorer.score(short("5"), Answer("<think>", FinishReason.LENGTH), BOXED).outcome is Outcome.TRUNCATED
    assert scorer.score(short("5"), boxed("cannot answer"), BOXED).outcome is Outcome.ABSTAINED


EVERYDAY = [
    "0",
    "5",
    "-5",
    "05",
    "5.0",
    "0.5",
    "2.5",
    "5^\\circ",
    "\\frac{1}{2}",
    "-\\frac{5}{2}",
    "\\frac{10}{2}",
    "\\pi",
]
EVERYDAY += [
    "2\\pi",
    "\\sqrt{2}",
    "2\\sqrt{3}",
    "\\sqrt{12}",
    "\\sqrt{25}",
    "0.333333",
    "\\frac{1}{3}",
    "3.1416",
    "123456",
]


def test_everyday_constants_are_equal_where_math_verify_says_so(scorer):
    decided = 0
    for gold in EVERYDAY:
        for given in EVERYDAY:
            at_once = constants_equal(given, gold)
            decided += at_once is not None
            assert at_once in {None, bool(scorer.verify(given, gold).score)}, (given, gold)
    assert decided > 400


@pytest.mark.parametrize(
    "text", ["x", "50%", "1,234", "1\\frac{1}{2}", "140\N{DEGREE SIGN}", "", "\\frac{1}{0}", "9" * 40]
)
def test_other_answers_are_left_to_math_verify(text):
    assert constants_equal(text, "5") is None
    assert constants_equal("5", text) is None


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


def test_a_missing_package_says_what_mends_it(no_process):
    with pytest.raises(MissingExtra, match=r"prism-eval\[math\]"):
        CapRLMath().score(short("5"), boxed("x"), BOXED)


def test_a_process_that_does_not_start_is_an_error(monkeypatch):
    monkeypatch.setattr(pool.sys, "executable", "/bin/false" if sys.platform != "win32" else "where")
    with pytest.raises(PrismError, match="does not start"):
        CapRLMath().score(short("5"), boxed("x"), BOXED)


def test_an_interrupted_comparison_leaves_no_stale_reply(monkeypatch):
    scorer = CapRLMath()
    try:
        scorer.verify("1", "1")

        def interrupted(self, limit):
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(pool._Worker, "_line_within", interrupted)
            with pytest.raises(KeyboardInterrupt):
                scorer.verify("2", "2")
        assert scorer.verify("1", "2").score == 0.0
    finally:
        scorer.close()


def test_several_threads_share_a_pool():
    scorer = CapRLMath(workers=2)
    found: dict[int, float] = {}

    def work(number: int) -> None:
        found[number] = scorer.verify(str(number), str(number % 2)).score

    try:
        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        scorer.close()
    assert found == {0: 1.0, 1: 1.0, **dict.fromkeys(range(2, 8), 0.0)}


def test_importing_the_scorers_loads_no_mathematics():
    import subprocess

    code = (
        "import sys, prism_eval.scoring.caprl, prism_eval.scoring.mathvision, prism_eval.scoring.judged;"
        "print({'math_verify', 'sympy', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


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
