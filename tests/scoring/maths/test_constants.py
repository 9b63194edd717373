"""Everyday constants: equal at once wherever math-verify finds them equal."""

from __future__ import annotations

import pytest

from prism_eval.scoring.maths.constants import constants_equal
from prism_eval.scoring.maths.pool import MathPool

EVERYDAY = [
    "0", "5", "-5", "05", "5.0", "0.5", "2.5", "5^\\circ", "\\frac{1}{2}", "-\\frac{5}{2}", "\\frac{10}{2}", "\\pi",
    "2\\pi", "\\sqrt{2}", "2\\sqrt{3}", "\\sqrt{12}", "\\sqrt{25}", "0.333333", "\\frac{1}{3}", "3.1416", "123456",
]  # fmt: skip


@pytest.fixture(scope="module")
def pool():
    made = MathPool("math", limit=20.0)
    yield made
    made.close()


def test_everyday_constants_are_equal_where_math_verify_says_so(pool):
    decided = 0
    for gold in EVERYDAY:
        for given in EVERYDAY:
            at_once = constants_equal(given, gold)
            decided += at_once is not None
            assert at_once in {None, bool(pool.compare(given, gold).score)}, (given, gold)
    assert decided > 400


@pytest.mark.parametrize(
    "text", ["x", "50%", "1,234", "1\\frac{1}{2}", "140\N{DEGREE SIGN}", "", "\\frac{1}{0}", "9" * 40]
)
def test_other_answers_are_left_to_math_verify(text):
    assert constants_equal(text, "5") is None
    assert constants_equal("5", text) is None
