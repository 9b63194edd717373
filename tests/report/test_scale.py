from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prism_eval.report.scale import scale_of, signed

VALUES = st.lists(st.floats(-1000, 1000, allow_subnormal=False), min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([0.21, 0.79], (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)),
        ([-3.4, 2.1], (-4, -3, -2, -1, 0, 1, 2, 3)),
        ([47.2, 49.1], (47, 47.5, 48, 48.5, 49, 49.5)),
        ([], (0, 0.2, 0.4, 0.6, 0.8, 1)),
        ([0.5], (0.5, 0.6)),
        ([0.0], (0, 0.2)),
        ([float("nan"), 1.0, 3.0], (1, 1.5, 2, 2.5, 3)),
    ],
)
def test_ends_and_ticks_are_round(values: list[float], ticks: tuple[float, ...]) -> None:
    assert scale_of(values).ticks == pytest.approx(ticks)


@given(VALUES)
def test_every_value_stands_between_the_ends(values: list[float]) -> None:
    scale = scale_of(values)
    assert scale.low < scale.high
    # Rounding moves an end by less than a hair of the page.
    hair = 1e-5 * (scale.high - scale.low)
    assert scale.low - hair <= min(values)
    assert max(values) <= scale.high + hair
    assert 2 <= len(scale.ticks) <= 9
    assert all(0 <= float(scale.at(value).removesuffix("%")) <= 100 for value in values)


def test_places_are_shares_of_the_width_in_order() -> None:
    scale = scale_of([0, 10])
    assert [scale.at(value) for value in (0, 2.5, 10, 11, -3)] == ["0%", "25%", "100%", "100%", "0%"]


def test_a_tick_of_a_difference_has_its_sign() -> None:
    assert [signed(tick) for tick in (-2.5, 0.0, 10.0)] == ["\N{MINUS SIGN}2.5", "0", "+10"]
