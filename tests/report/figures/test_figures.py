from __future__ import annotations

import re
import warnings
from xml.etree import ElementTree as ET

import matplotlib as mpl
import pytest

from prism_eval.report.figures import SHAPES, Mark, difference_dots, position_lean, score_against
from prism_eval.report.figures.svg import SERIES, canvas, inline
from prism_eval.statistics import Estimate, clustered_mean, lean, paired_difference

NAMES = [
    "plain",
    "$x^2$ & <b>",
    "\u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    "\u4e2d\u6587\u6a21\u578b",
    "\U0001f680",
    "a" * 60,
]


def estimate(right: int) -> Estimate:
    return clustered_mean([1.0] * right + [0.0] * (20 - right), range(20))


def marks(count: int = 6) -> list[Mark]:
    return [Mark(label=NAMES[number % 6], x=10.0 * (number + 1), score=estimate(3 * number)) for number in range(count)]


def pictures() -> list[str]:
    gap = paired_difference([1.0, 0.0] * 10, [0.0, 0.0] * 10, range(20))
    leaning = lean([0] * 40 + [1] * 30 + [2] * 20 + [3] * 10, [0, 1, 2, 3] * 25, [4] * 100, range(100))
    assert leaning is not None
    known = marks()
    return [
        score_against("words", known, across="words", curves=[known[:3]]),
        score_against("size", known, across="billions of parameters", logarithmic=True),
        difference_dots("dots", ["ChartQA", "MMMU"], {name: [gap, None] for name in NAMES}, reference="base"),
        position_lean("lean", dict.fromkeys(NAMES, leaning)),
    ]


def test_nothing_in_a_figure_needs_what_the_policy_forbids() -> None:
    for picture in pictures():
        root = ET.fromstring(picture)
        assert {part.tag for part in root.iter()} <= {"svg", "g", "path", "use", "defs", "clipPath", "rect", "text"}
        for part in root.iter():
            assert not {"style", "onload", "id"} & set(part.attrib) or part.tag in {"path", "clipPath"}
            assert part.attrib.get("href", "#").startswith("#")
        assert "font-family" not in picture


def test_every_colour_is_the_page_s() -> None:
    for picture in pictures():
        colours = set(re.findall(r'(?:fill|stroke)="([^"]+)"', picture))
        assert colours <= {"none"} | {f"var(--{name})" for name in ("ink", "quiet", "rule", "paper")} | {
            f"var(--series-{number})" for number in range(1, 7)
        }


def test_equal_figures_are_equal_bytes_whatever_the_user_s_style() -> None:
    before = pictures()
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red", "svg.fonttype": "path", "axes.grid": True}):
        assert pictures() == before
        assert mpl.rcParams["font.size"] == 30
    assert "20" + "26" not in "".join(re.findall(r"<metadata.*?</metadata>", before[0]))


def test_names_are_text_in_whatever_letters_and_warn_nobody() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = ["".join(text.text or "" for text in ET.fromstring(picture).iter("text")) for picture in pictures()]
    for name in NAMES:
        assert name in found[0]
        assert name in found[2]


def test_series_differ_by_shape_and_not_only_by_colour() -> None:
    assert len(set(SHAPES)) == len(SHAPES) == len(SERIES)


def test_intervals_that_leave_nearly_everything_possible_are_dotted_around_hollow_dots() -> None:
    wide = paired_difference([1.0, 0.0], [0.0, 0.0], range(2))
    close = paired_difference([1.0, 0.0] * 10, [0.0, 0.0] * 10, range(20))
    assert (wide.high - wide.low, close.high - close.low < 1) == (2.0, True)
    drawn = [difference_dots("dots", ["ChartQA"], {"a": [gap]}, reference="base") for gap in (close, wide)]
    assert ["stroke-dasharray" in picture for picture in drawn] == [False, True]
    assert ["var(--paper)" in picture for picture in drawn] == [False, True]


def test_labels_of_neighbours_do_not_lie_on_each_other() -> None:
    close = [Mark(label=f"captioner {number}", x=50 + number, score=estimate(10)) for number in range(4)]
    root = ET.fromstring(score_against("close", close, across="words"))
    texts = [text for text in root.iter("text") if (text.text or "").startswith("captioner")]
    boxes = []
    for text in texts:
        x, y, width = float(text.attrib["x"]), float(text.attrib["y"]), 6.3 * len(text.text or "")
        left = {"start": x, "end": x - width, "middle": x - width / 2}[text.attrib["text-anchor"]]
        boxes.append((left, y, left + width))
    for place, (left, y, right) in enumerate(boxes):
        for other_left, other_y, other_right in boxes[:place]:
            assert abs(y - other_y) >= 11 or right <= other_left or other_right <= left


def test_parts_of_two_figures_share_no_name() -> None:
    ids = [re.findall(r' id="([^"]+)"', picture) for picture in pictures()]
    for place, own in enumerate(ids):
        for other in ids[:place]:
            assert not set(own) & set(other)


def test_a_figure_has_a_name_for_who_cannot_see_it() -> None:
    with canvas(100, 50) as figure:
        root = ET.fromstring(inline(figure, "empty", 'a "b" <c>'))
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == 'a "b" <c>'


@pytest.mark.parametrize("count", [2, 20])
def test_every_mark_of_a_plot_is_named(count: int) -> None:
    known = [Mark(label=f"c{number}", x=float(number), score=estimate(number)) for number in range(count)]
    said = score_against("many", known, across="words")
    assert all(f">c{number}<" in said for number in range(count))
