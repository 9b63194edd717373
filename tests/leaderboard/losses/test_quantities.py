from __future__ import annotations

import pytest

from prism_eval.leaderboard.losses.quantities import only_quantity, quantities


def numbers(text: str) -> list[tuple[float, ...]]:
    return [quantity.values for quantity in quantities(text.lower(), text.lower().replace("-", " ").split())]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("it sold 1,200 units", [(1200,)]),
        ("it sold 1\u202f200 units", [(1200,)]),
        ("1'200, 1\u2019200 and 1\u00a0200", [(1200,)]),
        ("1.200,5 and 1\u2009200,5", [(1200.5,)]),
        ("1.200.000", [(1.2e6,)]),
        ("1'234'567.89", [(1_234_567.89,)]),
        # What may be two numbers, or one, is both.
        ("it sold 1 200 units", [(1200,), (1,), (200,)]),
        ("1 200,5 %", [(1200.5,), (1,), (200,), (5,)]),
        ("-47,5", [(-47.5,), (-47,), (5,)]),
        ("0,125 of them", [(0.125,), (0,), (125,)]),
        ("a row: 100 200 300", [(100_200_300,), (100,), (200,), (300,)]),
        ("1, 200 and 1,2,3", [(1,), (200,), (2,), (3,)]),
        ("in 2010 200 people", [(2010,), (200,)]),
        ("5 12 1234", [(5,), (12,), (1234,)]),
        ("192.168.100.7", [(192.168,)]),
        ("1.2k, 1.2 million", [(1.2, 1200), (1.2, 1.2e6)]),
        ("from 2010-2014", [(2010,), (2014,)]),
        ("it fell by -3 to (\u22124)", [(-3,), (-4,)]),
        ("5-7 days", [(5,), (7,)]),
        ("$5 and €6.50", [(5,), (6.5,)]),
        ("at 7:50", [(470,)]),
        ("3/4 of them", [(0.75, 3)]),
        ("twelve, twenty-five and 12", [(12,), (12,), (25,)]),
        ("one hundred and five of two hundred", [(105,), (200,)]),
        ("two million three hundred thousand", [(2_300_000,)]),
        ("a dozen, three dozen, a thousand", [(12,), (36,), (1000,)]),
        ("one two three", [(1,), (2,), (3,)]),
        ("hundreds of tens of thousands", []),
        ("CO2, A4 and the 19th century", []),
        ("12 m and 45cm", [(12,), (45,)]),
        ("47 and 47 again", [(47,)]),
        ("9" * 60, []),
    ],
)
def test_numbers_are_read_in_the_ways_they_are_written(text: str, values: list[tuple[float, ...]]) -> None:
    assert sorted(numbers(text)) == sorted(values)


def quantity(text: str):
    (found,) = quantities(text, text.split())
    return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1,200", "1200"),
        ("1200", "1.2k"),
        ("1.2 million", "1,234,567"),
        ("47%", "47"),
        ("47 percent", "0.47"),
        ("0.5", "50%"),
        ("47.3", "47"),
        ("three", "3"),
        ("7:50", "07:50"),
        ("3/4", "0.75"),
        ("$5", "5"),
        ("1'200", "1,200"),
        ("1.200,5", "1,200.5"),
    ],
)
def test_one_number_in_two_ways_is_the_same(one: str, other: str) -> None:
    assert quantity(one).equals(quantity(other))
    assert quantity(other).equals(quantity(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1200", "1234"),
        ("2015", "2016"),
        ("47", "47.9"),
        ("2", "2.4"),
        ("0", "0.4"),
        ("-3", "3"),
        ("7:50", "470"),
        ("47%", "0.0047"),
        ("1.2k", "1300"),
    ],
)
def test_two_numbers_are_two(one: str, other: str) -> None:
    assert not quantity(one).equals(quantity(other))
    assert not quantity(other).equals(quantity(one))


def test_a_number_is_near_within_five_percent_of_the_gold_and_a_year_never() -> None:
    assert quantity("105").near(quantity("100"))
    assert not quantity("105.1").near(quantity("100"))
    assert not quantity("2015").near(quantity("2016"))


@pytest.mark.parametrize(
    ("text", "value", "rest"),
    [
        ("45 Ω", 45, "Ω"),
        ("$1.2 million", 1.2, ""),
        ("-3", -3, ""),
        ("1 200", 1200, ""),
        ("47,5 %", 47.5, ""),
        ("12 square metres", 12, "square metres"),
    ],
)
def test_a_gold_may_be_a_number_with_its_unit(text: str, value: float, rest: str) -> None:
    only = only_quantity(text)
    assert only is not None
    assert (only.quantity.values[0], only.rest) == (value, rest)


@pytest.mark.parametrize("text", ["Apollo 13", "2 by 3", "no number", "1st"])
def test_a_text_is_no_number_that_says_more(text: str) -> None:
    assert only_quantity(text) is None
