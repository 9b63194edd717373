"""Draws are balanced, and depend on the seed alone."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prism_eval.rewards.asking import Asking
from prism_eval.rewards.draws import draw
from prism_eval.rewards.question import Question

ITEM = Asking().item


def items(*sizes):
    return [ITEM(Question(f"Q{n}?", tuple(f"o{k}" for k in range(size)), 0)) for n, size in enumerate(sizes)]


@given(st.integers(1, 9), st.integers(1, 30), st.integers())
def test_no_question_comes_again_before_every_other_has_come(questions, count, seed):
    places = [one.question for one in draw(items(*[4] * questions), count, random.Random(seed))]
    assert len(places) == count
    for start in range(0, count, questions):
        turn = places[start : start + questions]
        assert len(set(turn)) == len(turn)


def test_two_questions_and_eight_asks_are_four_asks_of_each_in_four_orders():
    draws = draw(items(4, 4), 8, random.Random(3))
    assert Counter(one.question for one in draws) == {0: 4, 1: 4}
    assert len({(one.question, one.order) for one in draws}) == 8
    assert {one.sample for one in draws} == {0}


def test_orders_that_are_used_up_begin_anew_as_another_sample():
    draws = draw(items(2), 6, random.Random(1))
    assert Counter((one.order, one.sample) for one in draws) == {
        (order, sample): 1 for order in ((0, 1), (1, 0)) for sample in range(3)
    }


def test_options_that_refer_to_each_other_stay_where_they_are():
    item = ITEM(Question("Q?", ("x", "y", "None of the above"), 2))
    draws = draw([item], 3, random.Random(1))
    assert [(one.order, one.sample) for one in draws] == [((0, 1, 2), sample) for sample in range(3)]


def test_without_a_count_each_question_is_asked_once():
    assert Counter(one.question for one in draw(items(4, 3, 2), None, random.Random(1))) == {0: 1, 1: 1, 2: 1}


def test_the_gold_visits_every_place_about_equally():
    places = Counter(draw(items(4), 1, random.Random(seed))[0].order.index(0) for seed in range(4000))
    assert max(places.values()) - min(places.values()) < 200


@pytest.mark.parametrize("replace", [False, True])
def test_the_same_seed_draws_the_same(replace):
    first, again = (draw(items(4, 4, 4), 8, random.Random("7"), replace=replace) for _ in range(2))
    assert first == again
    assert first != draw(items(4, 4, 4), 8, random.Random("8"), replace=replace)
