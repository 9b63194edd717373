"""Wrong answers are plausible, and do not give the right one away."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from prism_eval.twins.questions import Dealer, ask, which


def test_a_number_may_be_any_of_its_options_by_rank() -> None:
    question, dealer = ask("length of the plank", 50, unit=" cm", step=5), Dealer(random.Random(0))
    ranks: Counter[int] = Counter()
    for _ in range(2000):
        options, letter = dealer.deal(question, 10)
        assert options["ABCDEFGHIJ".index(letter)] == "50 cm"
        ranks[sorted(int(option.split()[0]) for option in options).index(50)] += 1
    assert set(ranks) == set(range(10))
    assert max(ranks.values()) < 1.5 * min(ranks.values())


def test_counts_are_not_confused_with_less_than_one() -> None:
    question = ask("number of hens", 1)
    assert question.pool == tuple(str(count) for count in range(1, 11))
    assert set(ask("slope", -1, least=-20).pool) >= {"-10", "0", "8"}


def test_question_and_fact_say_the_same_in_the_same_words() -> None:
    one = ask("colour of the door", "red", ("blue", "red"), lead="in the left plot, ")
    assert one.text == "In the left plot, what is the colour of the door?"
    assert one.fact == "In the left plot, the colour of the door is red."
    other = which("city", "has the highest rent", "Riga", ("Riga", "Lyon"))
    assert (other.text, other.fact) == (
        "Which city has the highest rent?",
        "The city that has the highest rent is Riga.",
    )


@pytest.mark.parametrize("width", [2, 4, 10])
def test_no_more_options_are_dealt_than_there_are(width: int) -> None:
    options, letter = Dealer(random.Random(1)).deal(ask("shade", "gray", ("white", "gray", "black")), width)
    assert len(options) == len(set(options)) == min(width, 3)
    assert options["ABC".index(letter)] == "gray"
