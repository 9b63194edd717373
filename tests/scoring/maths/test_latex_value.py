"""The safe reader of LaTeX numbers."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prism_eval.scoring.maths.latex import latex_value

# What may follow an expression: latex2sympy2 1.9.1 reads 5 before each of these.
ENDS = [
    r")",
    r"]",
    r"}",
    r"\}",
    r".",
    r"..",
    r".x",
    r"&6",
    r"'",
    r"_3",
    r"_{3}",
    r"\\",
    r"\to x",
    r"\rightarrow 6",
    r" triangles",
    r")°",
]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("60", 60),
        ("-60", -60),
        ("1,234.5", 1234.5),
        (".5", 0.5),
        ("6\\times 10", 60),
        ("\\frac{120}{2}", 60),
        ("120/2", 60),
        ("\\frac{4}{3}", 4 / 3),
        ("2\\sqrt{3}", 2 * math.sqrt(3)),
        ("\\sqrt[3]{27}", 3),
        ("10^3", 1000),
        ("10^{-3}", 0.001),
        ("2^3^2", 64),  # as latex2sympy has it; LaTeX itself takes no second exponent
        ("-2^2", -4),
        ("(1+2)(3-1)", 6),
        ("3\\pi", 3 * math.pi),
        ("$\\displaystyle\\frac{3}{4}$", 0.75),
        ("\\left(2\\right)", 2),
        ("6:\\pi", 6 / math.pi),
        ("\\sin{0}", 0),
        ("\\frac{3^{1008}-1}{3^{1009}}", 1 / 3),
        ("50\\%", 0.5),
        ("12.5\\%", 0.125),
        ("5!", 120),
        ("2^3!", 40_320),
        ("-3!", -6),
        ("\\frac{15!}{13!}", 210),
        ("\\binom{5}{2}", 10),
        ("\\lfloor 2.5\\rfloor", 2),
        ("\\log 100", 2),
        ("\\log_2 8", 3),
        ("\\log_{2}8", 3),
        ("\\pi e^2", math.pi * math.e**2),
        ("[2][3]", 6),
        ("7~\\quad", 7),
    ],
)
def test_values(text, value):
    assert float(latex_value(text)) == pytest.approx(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c",
        "60cm",
        "x^2+1",
        "\\frac12",
        "1/0",
        "0^{-1}",
        "(1",
        "1)",
        "2+",
        "\\sqrt{-1}",
        "(-8)^{0.5}",
        "9^{9^{9^{9^9}}}",
        "999999^{999999}",
        "{" * 200,
        "(" * 100 + "1" + ")" * 100,
        "1" * 400,
        "__import__('os')",
        "−5",
        "171!",
        "0.5!",
        "\\binom{5}{0.5}",
        "\\log 0",
        "50 \\%",
        "2^-1",
        "e",
        "2e",
        "\\ln 2",
        "\\$5",
        "5\\!",
        "１４",
        "1２",
        "３/４",
        "५",
        "5²",
        *(f"5{rest}" for rest in ENDS),
    ],
)
def test_everything_else_has_no_value(text):
    assert latex_value(text) is None


@pytest.mark.parametrize("rest", ENDS)
def test_a_leading_expression_counts_where_latex2sympy_ends(rest):
    assert latex_value(f"5{rest}", leading=True) == 5


@pytest.mark.parametrize("rest", ["°", "²", "１", ",", ";", ":", "cm", "=", "-", "(", "\\;", "\\ ", '"', "?", "and6"])
def test_elsewhere_it_finds_no_expression(rest):
    assert latex_value(f"5{rest}", leading=True) is None


@given(st.text(alphabet="0123456789+-*/^(){}[].,\\ \\sqrtfacpin$", max_size=300))
def test_any_text_gives_a_finite_number_or_nothing(text):
    value = latex_value(text)
    assert value is None or math.isfinite(value)


@given(st.integers(-999, 999), st.integers(1, 999))
def test_fractions_are_exact(over, under):
    assert latex_value(f"\\frac{{{over}}}{{{under}}}") * under == over
