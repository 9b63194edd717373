"""From a reply to a verdict: every outcome, and the order in which they are looked for."""

from __future__ import annotations

import pytest

from prism_eval.errors import DataError
from prism_eval.schema import Answer, AnswerForm, FinishReason, Item, ItemKind, Outcome
from prism_eval.scoring.anls import ANLS
from prism_eval.scoring.chartqapro import ChartQAPro
from prism_eval.scoring.choice import MMStar, SeedBench2Plus, VisuLogic, WeMath
from prism_eval.scoring.judged import UNDECIDED, CharXiv, MathVerse
from prism_eval.scoring.mathvision import MathVision
from prism_eval.scoring.mmmu import MMMU, MMMUPro
from prism_eval.scoring.relaxed import Relaxed
from prism_eval.scoring.strict import Strict

FORM = AnswerForm()
CHOICES = [MMMU, MMMUPro, MMStar, SeedBench2Plus, WeMath, VisuLogic, MathVision, MathVerse, CharXiv, Strict]
SHORTS = [Relaxed, ChartQAPro, ANLS, MathVision, MathVerse, CharXiv, Strict]


def choice(*, golds=("C",), options=("Aurelia", "Matilda", "Hermione", "Juno")):
    return Item(
        benchmark="b", id="7", kind=ItemKind.CHOICE, question="?", images=(), golds=golds, cluster="", options=options
    )


def short(*golds, **extra):
    return Item(
        benchmark="b", id="7", kind=ItemKind.SHORT, question="?", images=(), golds=golds, cluster="", columns=extra
    )


def verdict(scorer, item, reply, finish_reason=FinishReason.STOP):
    return scorer.score(item, Answer(reply, finish_reason), FORM)


@pytest.mark.parametrize("scorer", CHOICES)
@pytest.mark.parametrize(
    "reply", ["Answer: C", "<think>A? B?</think>\n**Answer: (C)**", "Since A and B ...\nANSWER: c."]
)
def test_the_asked_for_letter_is_read_first_whatever_the_benchmarks_parser_would_say(scorer, reply):
    if scorer is Strict:
        reply = reply.replace("c.", "C.")
    result = verdict(scorer(), choice(), reply)
    assert (result.outcome, result.score) == (Outcome.CORRECT, 1.0)


@pytest.mark.parametrize("scorer", CHOICES)
def test_another_letter_is_wrong(scorer):
    result = verdict(scorer(), choice(), "Answer: B")
    assert (result.outcome, result.score) == (Outcome.WRONG, 0.0)


@pytest.mark.parametrize("scorer", SHORTS)
def test_short_answers_in_the_form(scorer):
    assert verdict(scorer(), short("14"), "I count.\nAnswer: 14.").outcome is Outcome.CORRECT
    assert verdict(scorer(), short("14"), "I count.\nAnswer: forty").outcome is Outcome.WRONG


@pytest.mark.parametrize("scorer", CHOICES)
def test_nothing_found_is_never_a_guess(scorer):
    found = [verdict(scorer(), choice(), "Hm, who could she be?\nNo idea.") for _ in range(5)]
    assert {(one.outcome, one.score, one.extracted) for one in found} == {(Outcome.UNPARSED, 0.0, None)}


@pytest.mark.parametrize(("scorer", "item"), [*((s, choice()) for s in CHOICES), *((s, short("14")) for s in SHORTS)])
@pytest.mark.parametrize(
    ("reply", "finish_reason", "outcome"),
    [
        ("", FinishReason.STOP, Outcome.UNPARSED),
        (" \n ", FinishReason.STOP, Outcome.UNPARSED),
        ("<think>never done", FinishReason.STOP, Outcome.UNPARSED),
        ("<think>never done", FinishReason.LENGTH, Outcome.TRUNCATED),
        ("The candidates are (A) a man and (B) a woman, of whom", FinishReason.LENGTH, Outcome.TRUNCATED),
        ("Answer: cannot answer", FinishReason.STOP, Outcome.ABSTAINED),
        ("Answer: I cannot answer.", FinishReason.STOP, Outcome.ABSTAINED),
        ("cannot answer", FinishReason.STOP, Outcome.ABSTAINED),
        ("The caption does not say.", FinishReason.STOP, Outcome.ABSTAINED),
        ("I'm sorry, I can't help with that.", FinishReason.STOP, Outcome.REFUSED),
        ("", FinishReason.FILTERED, Outcome.REFUSED),
    ],
)
def test_outcomes_that_are_no_answers(scorer, item, reply, finish_reason, outcome):
    result = verdict(scorer(), item, reply, finish_reason)
    assert (result.outcome, result.score) == (outcome, 0.0)


@pytest.mark.parametrize("scorer", CHOICES)
def test_a_bare_letter_is_an_answer_even_when_cut_off(scorer):
    assert verdict(scorer(), choice(), "C", FinishReason.LENGTH).outcome is Outcome.CORRECT


def test_an_answer_before_the_cut_counts():
    assert verdict(MMMU(), choice(), "Answer: C\nBecause", FinishReason.LENGTH).outcome is Outcome.CORRECT


def test_an_option_that_abstains_is_an_answer():
    item = choice(golds=("B",), options=("3", "Cannot be determined"))
    assert verdict(MMMU(), item, "Answer: Cannot be determined").outcome is Outcome.CORRECT


def test_a_gold_that_abstains_is_an_answer():
    item = short("Not enough information")
    assert verdict(Relaxed(), item, "Answer: not enough information").outcome is Outcome.CORRECT
    assert verdict(ChartQAPro(), short("Unanswerable"), "Answer: unanswerable").outcome is Outcome.CORRECT
    assert verdict(ChartQAPro(), short("5"), "Answer: unanswerable").outcome is Outcome.ABSTAINED


def test_scores_between_are_kept_and_half_is_correct():
    near = verdict(ANLS(), short("pinterest"), "Answer: pintrest")
    assert (near.outcome, near.score) == (Outcome.CORRECT, pytest.approx(8 / 9))
    half = verdict(ChartQAPro(), short("[2001, 2003]", year=["YES"]), "Answer: 2001")
    assert (half.outcome, half.score) == (Outcome.CORRECT, 0.5)
    third = verdict(ChartQAPro(), short("[1, 2, 3]"), "Answer: 1")
    assert (third.outcome, third.score) == (Outcome.WRONG, pytest.approx(1 / 3))


def test_the_note_names_the_rule_that_read_the_answer():
    assert verdict(MMMU(), choice(), "Answer: C").note == "asked-for form"
    assert verdict(MMMU(), choice(), "C").note == "bare answer"
    assert verdict(MMMU(), choice(), "I take (C) of them").note == "benchmark's parser"


@pytest.mark.parametrize("scorer", [*CHOICES, *SHORTS])
@pytest.mark.parametrize("golds", [(), ("",), ("  ",)])
def test_a_missing_gold_is_an_error_that_names_the_item(scorer, golds):
    with pytest.raises(DataError, match="item 7"):
        verdict(scorer(), short(*golds), "Answer: 5")


@pytest.mark.parametrize("scorer", CHOICES)
def test_a_gold_outside_the_options_is_an_error(scorer):
    with pytest.raises(DataError, match="item 7: gold answer 'E'"):
        verdict(scorer(), choice(golds=("E",)), "Answer: C")


@pytest.mark.parametrize("scorer", [MMMUPro, MMStar, SeedBench2Plus, WeMath, VisuLogic])
def test_letter_scorers_refuse_other_items(scorer):
    with pytest.raises(DataError, match="item 7 is not multiple-choice"):
        verdict(scorer(), short("5"), "Answer: 5")


def test_chartqapro_refuses_unreadable_years():
    with pytest.raises(DataError, match="item 7: field 'year'"):
        verdict(ChartQAPro(), short("5", year="NO"), "Answer: 5")


def test_mathvision_takes_the_option_by_letter_or_by_value():
    item = choice(golds=("B",), options=("$10$", "$\\frac{180}{19}$", "$15$"))
    for reply in ("Answer: B", "Answer: 9.47", "Answer: \\frac{180}{19}", "Answer: \\boxed{(B)}", "Answer: B. 180/19"):
        assert verdict(MathVision(), item, reply).outcome is Outcome.CORRECT, reply
    assert verdict(MathVision(), item, "Answer: 10").outcome is Outcome.WRONG


def test_strict_gives_no_benefit_of_the_doubt():
    assert verdict(Strict(), choice(), "Answer: C. Hermione").outcome is Outcome.UNPARSED
    assert verdict(Strict(), choice(), "Answer: Hermione").outcome is Outcome.UNPARSED
    assert verdict(Strict(), choice(), "The answer is (C).").outcome is Outcome.UNPARSED
    assert verdict(Strict(), short("14"), "Answer: 14.0").outcome is Outcome.CORRECT
    assert verdict(Strict(), short("14"), "Answer: 14.5").outcome is Outcome.WRONG
    assert verdict(Strict(), short("14%"), "Answer: 14").outcome is Outcome.WRONG
    assert verdict(Strict(), short("Dark Blue"), "Answer: dark  blue").outcome is Outcome.CORRECT


@pytest.mark.parametrize("scorer", [CharXiv, MathVerse])
def test_without_a_judge_what_is_undecided_says_so(scorer):
    assert scorer.needs_judge
    undecided = verdict(scorer(), short("navy"), "Answer: dark blue")
    assert undecided.outcome is Outcome.WRONG
    assert (undecided.undecided, UNDECIDED in undecided.note) == (True, True)
    assert not verdict(scorer(), choice(), "Answer: B").undecided


def test_mathverse_accepts_what_is_certainly_equal():
    pairs = [
        ("\\frac{1}{2}", "1/2"),
        ("140°", "140^\\circ"),
        ("f(x)=-x^2+1", "f(x) = -x^2 + 1"),
        ("2\\sqrt{3}", "2\\sqrt{3}"),
    ]
    for gold, given in pairs:
        assert verdict(MathVerse(), short(gold), f"Answer: {given}").outcome is Outcome.CORRECT, gold
    assert verdict(MathVerse(), short("8.246"), "Answer: 8.25").outcome is Outcome.WRONG


@pytest.mark.parametrize(
    ("item", "reply", "left_open"),
    [
        (short("navy"), "Answer: navy", None),
        (short("navy"), "Answer: dark blue", "dark blue"),
        (short("navy"), "<think>sky?</think>It is blue.\nDark blue.", "It is blue.\nDark blue."),
        (short("navy"), "Answer: cannot answer", None),
        (short("navy"), "I'm sorry, but I can't help with that.", None),
        (choice(), "Answer: B", None),
        (choice(), "Either of the first two,\nit seems.", "Either of the first two,\nit seems."),
        (short("navy"), "", None),
    ],
)
def test_a_judge_is_left_only_what_rules_cannot_decide(item, reply, left_open):
    for scorer in (CharXiv(), MathVerse()):
        assert scorer.left_open(Answer(reply), verdict(scorer, item, reply)) == left_open
    assert Strict().left_open(Answer(reply), verdict(Strict(), item, reply)) is None


def test_only_judged_benchmarks_need_a_judge():
    assert {scorer.name for scorer in {*CHOICES, *SHORTS} if scorer.needs_judge} == {"charxiv", "mathverse"}
