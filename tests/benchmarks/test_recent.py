from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from prism_eval.benchmarks.recent import Recent


def kept(*sizes: int, most: int = 3, budget: int = 10) -> list[int]:
    recent: Recent[int, bytes] = Recent(most=most, size=len, budget=budget)
    for number, size in enumerate(sizes):
        recent.keep(number, bytes(size))
    return [len(value) for value in recent]


def test_the_oldest_are_let_go_by_number_and_by_bytes() -> None:
    assert kept(1, 2, 3, 4) == [2, 3, 4]
    assert kept(4, 4, 4) == [4, 4]


def test_the_newest_stays_however_large_it_is() -> None:
    assert kept(1, 99) == [99]
    assert kept(99, 1) == [1]


def test_what_was_asked_for_stays_longest() -> None:
    recent: Recent[str, bytes] = Recent(most=2, size=len)
    first = recent.keep("a", b"1")
    recent.keep("b", b"2")
    assert recent.get("a") is first
    recent.keep("c", b"3")
    assert recent.get("b") is None
    assert recent.get("a") is first


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 12)), max_size=30))
def test_the_bounds_hold_whatever_is_kept(values: list[tuple[int, int]]) -> None:
    recent: Recent[int, bytes] = Recent(most=3, size=len, budget=10)
    for key, size in values:
        assert recent.keep(key, bytes(size)) == bytes(size)
        sizes = [len(value) for value in recent]
        assert 1 <= len(sizes) <= 3
        assert len(sizes) == 1 or sum(sizes) <= 10
        assert sizes[-1] == size
