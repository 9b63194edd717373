"""The rule of the filter, and how often it errs."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from prism_eval.errors import UsageError
from prism_eval.questions.error_rates import error_rates
from prism_eval.questions.question import Arm
from prism_eval.questions.thresholds import Thresholds
from prism_eval.statistics import at_least, at_most

RULE = Thresholds()


def arm(right, wrong=0, unread=0, *, with_image):
    return Arm(
        with_image=with_image, by="m", asked=right + wrong + unread, right=right, wrong=wrong, unread=unread, note="503"
    )


@given(st.integers(-1, 20), st.integers(0, 20), st.fractions(0, 1))
def test_tails_are_the_binomial_s(bound, tries, chance):
    assert float(at_most(bound, tries, chance)) == pytest.approx(binom.cdf(bound, tries, float(chance)), abs=1e-12)
    assert at_least(bound + 1, tries, chance) == 1 - at_most(bound, tries, chance)


def test_the_rates_are_those_that_are_known():
    found = {(rate.with_image, rate.rule): rate.kept for rate in error_rates(RULE, {4})}
    without = {
        rule: {p: round(float(kept), 2) for p, kept in one.items()} for (seen, rule), one in found.items() if not seen
    }
    assert without["at most 0 of 4"] == {Fraction(1, 4): 0.32, Fraction(1, 2): 0.06, Fraction(3, 4): 0.0}
    assert without["at most 4 of 12"] == {Fraction(1, 4): 0.84, Fraction(1, 2): 0.19, Fraction(3, 4): 0.0}
    seen = found[True, "at least 4 of 4"]
    assert [round(float(kept), 2) for kept in seen.values()] == [0.41, 0.66, 0.81]


@pytest.mark.parametrize(
    ("options", "asked", "needed", "allowed"),
    # Two options are guessed right half the time: that alone drops none of them.
    [(4, 12, 9, 4), (3, 6, 5, 2), (2, 2, 2, 1), (5, 10, 8, 3), (10, 10, 8, 3)],
)
def test_shares_hold_for_questions_that_are_asked_less_often(options, asked, needed, allowed):
    assert RULE.asked(options) == asked
    assert (RULE.needed(asked), RULE.allowed(asked, options)) == (needed, allowed)


@pytest.mark.parametrize(
    ("seeing", "blind", "state"),
    [
        ((9, 3), (4, 8), "kept"),
        ((8, 4), (4, 8), "dropped"),
        ((9, 3), (5, 7), "dropped"),
        # What is not known decides nothing, and hides nothing that is decided.
        ((9, 0, 3), (4, 8), "kept"),
        ((8, 3, 1), (4, 8), "undecided"),
        ((8, 4, 0), (0, 0, 12), "dropped"),
        ((12, 0), (5, 0, 7), "dropped"),
        ((12, 0), (4, 7, 1), "undecided"),
        ((12, 0), (3, 8, 1), "kept"),
        ((0, 0, 12), (0, 0, 12), "undecided"),
        ((0, 0, 12), (0, 12), "undecided"),
    ],
)
def test_a_question_is_decided_where_the_unknown_could_not_change_it(seeing, blind, state):
    decided, reasons = RULE.decide([arm(*seeing, with_image=True), arm(*blind, with_image=False)], 4)
    assert decided == state
    assert bool(reasons) == (state != "kept")


@given(st.integers(0, 12), st.integers(0, 12), st.integers(0, 12), st.integers(0, 12), st.data())
def test_whatever_the_unknown_answers_turn_out_to_be_a_decision_stands(right, unread, guessed, unguessed, data):
    unread, unguessed = min(unread, 12 - right), min(unguessed, 12 - guessed)
    before, _ = RULE.decide(
        [
            arm(right, 12 - right - unread, unread, with_image=True),
            arm(guessed, 12 - guessed - unguessed, unguessed, with_image=False),
        ],
        4,
    )
    right += data.draw(st.integers(0, unread))
    guessed += data.draw(st.integers(0, unguessed))
    after, _ = RULE.decide([arm(right, 12 - right, with_image=True), arm(guessed, 12 - guessed, with_image=False)], 4)
    assert before in ("undecided", after)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((1, 1, 0), "2 to 100"),
        ((12, 13, 4), "least 13 of 12"),
        ((12, 9, -1), "most -1 of 12"),
        ((12, 4, 4), "not need"),
    ],
)
def test_a_rule_that_contradicts_itself_is_refused(values, message):
    with pytest.raises(UsageError, match=message):
        Thresholds(*values)
