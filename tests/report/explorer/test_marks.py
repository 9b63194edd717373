"""Which words of a caption are marked as those that decide."""

from itertools import pairwise

import pytest

from prism_eval.report.explorer.marks import marks, sought


def marked(text, *answers, kind="short", options=()):
    units = text.encode("utf-16-le")
    spans = marks(text, sought(kind, answers, options))
    return [units[2 * start : 2 * end].decode("utf-16-le") for start, end in spans]


@pytest.mark.parametrize(
    ("text", "gold", "found"),
    [
        ("Sales rose to 1,200 in 2019, and to 1200.0 later.", "1200", ["1,200", "1200.0"]),
        (
            "1 200, 1\u202f200, 1'200, 1\u2019200 and 1.200,0",
            "1,200",
            ["1 200", "1\u202f200", "1'200", "1\u2019200", "1.200,0"],
        ),
        ("A row: 100 200 300, and -1 200.", "200", ["200", "200"]),
        ("It fell to -47,5 %.", "-47.5", ["-47,5"]),
        ("It fell to -47,5 %.", "5", ["5"]),
        ("There are three bars and 13 lines.", "3", ["three"]),
        ("Three bars; 3.0 in all.", "three", ["Three", "3.0"]),
        ("It ran 12 kilometres.", "12 km", ["12"]),
        ("It ran 12 km, or 12 miles.", "12 km", ["12 km"]),
        ("From 10-20, or -5.", "-5", ["-5"]),
        ("From 10-20, or -5.", "20", ["20"]),
        ("It costs $45.5 today.", "$45.50", ["45.5"]),
        ("Version 1.2.3 of A12.", "2", []),
        ("A share of 47 %.", "47%", ["47"]),
        ("The NEW\nYork-based firm", "New York", ["NEW\nYork"]),
        ("Newer Yorkshire", "New York", []),
        ("There is no bar. Yes.", "No", []),
        ("A bar is a bar.", "A", []),
        ("北京的人口是", "北京", ["北京"]),
        ("\N{GRINNING FACE} the answer is \N{GRINNING FACE} Paris", "Paris", ["Paris"]),
        ("Ans: \\boxed{x}", "$\\boxed{x}$", []),
        ("the (very) red bar", "**red bar**", ["red bar"]),
        ("", "3", []),
    ],
)
def test_answers_are_found_as_they_are_written(text, gold, found):
    assert marked(text, gold) == found


def test_of_options_the_text_counts():
    options = ("blue", "the red bar")
    assert marked("B is the red bar and A is blue", "B", kind="choice", options=options) == ["the red bar"]


def test_marks_do_not_overlap_and_are_few():
    spans = marks("New York City " * 500, sought("short", ["New York", "York City"], ()))
    assert len(spans) == 40
    assert all(one[1] <= other[0] for one, other in pairwise(spans))


def test_what_is_marked_already_is_not_marked_again():
    right = marks("red and blue", ["red"])
    assert marks("red and blue", ["red", "blue"], but=right) == [(8, 12)]


@pytest.mark.parametrize(
    "gold", ["(" * 50, "9" * 5000, "a b c d e f g h i j k l m n", "[0-9]+", "\\d", "²", "٣", "1e400", "-"]
)
def test_any_gold_will_do(gold):
    assert isinstance(marked("3 bars [0-9]+ of 9, ² and - or ٣", gold), list)
