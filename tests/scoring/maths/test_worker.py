"""The worker's shortcut: what it decides without math-verify is what math-verify decides."""

from __future__ import annotations

import itertools

import pytest

from prism_eval.scoring.maths.constants import constants_equal
from prism_eval.scoring.maths.worker import _parsed, _verify

# Two of each kind that math-verify reads in a way of its own, so that every kind meets every other one.
FORMS = r"""
14|14 cm|14\%|0.14|14^\circ|1{,}234|\frac{1}{2}|0.5|\sqrt{2}|1.41421356|x=3|(1,2)|1, 2|x+1|1+x|A|E|e|\text{yes}|Yes|
red|\text{Red}|Saudi Arabia|\text{saudi arabia}|\mathrm{Saudi Arabia}|Arabia Saudi|\text{None}|None|AB
""".replace("\n", "").split("|")


def by_math_verify(answer: str, gold: str) -> float:
    from math_verify import verify

    golds = _parsed(gold)
    return float(bool(golds) and (verify(answer, golds) or verify(_parsed(answer), golds)))


def test_every_form_beside_every_other_one():
    pairs = list(itertools.product(FORMS, FORMS))
    assert len(pairs) > 300
    assert [pair for pair in pairs if _verify(*pair)["score"] != by_math_verify(*pair)] == []


def test_constants_that_need_no_process():
    pairs = [(pair, equal) for pair in itertools.product(FORMS, FORMS) if (equal := constants_equal(*pair)) is not None]
    assert len(pairs) > 30
    assert [pair for pair, equal in pairs if equal != by_math_verify(*pair)] == []


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("999999999999.001", "999999999999.0010"),  # more digits than a float holds
        ("\\frac{12}{3}", "8^\\circ.5"),  # degrees within a number
        ("0", "-0^{\\circ}.5"),
        ("1", "1.00001"),  # nearer than what math-verify rounds to
    ],
)
def test_constants_that_are_left_to_math_verify(left, right):
    assert constants_equal(left, right) is None
    assert constants_equal(right, left) is None
