from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prism_eval.statistics.student import critical, two_sided


@pytest.mark.parametrize(
    ("degrees", "table"), [(1, 12.706), (2, 4.303), (5, 2.571), (11, 2.201), (30, 2.042), (120, 1.980), (1e7, 1.960)]
)
def test_critical_values_are_those_of_the_printed_tables(degrees: float, table: float) -> None:
    assert critical(0.95, degrees) == pytest.approx(table, abs=5e-4)


@given(st.floats(0, 50), st.floats(0.5, 1e4))
def test_tail_at_one_and_two_degrees_has_its_closed_form(t: float, degrees: float) -> None:
    assert two_sided(t, 1) == pytest.approx(1 - 2 / math.pi * math.atan(t), abs=1e-12)
    assert two_sided(t, 2) == pytest.approx(1 - t / math.sqrt(2 + t * t), abs=1e-12)
    assert 0 <= two_sided(t, degrees) <= 1


@given(st.floats(0.01, 0.999), st.floats(1, 1e5))
def test_critical_value_and_tail_undo_each_other(level: float, degrees: float) -> None:
    assert two_sided(critical(level, degrees), degrees) == pytest.approx(1 - level, rel=1e-6)


def test_an_infinite_statistic_has_no_tail() -> None:
    assert two_sided(math.inf, 3) == 0


def test_impossible_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="degrees of freedom"):
        two_sided(1, 0)
    with pytest.raises(ValueError, match="level"):
        critical(1.0, 5)
