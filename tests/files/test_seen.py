from __future__ import annotations

import sys

from hypothesis import given
from hypothesis import strategies as st

from prism_eval.files.seen import Seen
from prism_eval.plugins.identity import digest_of

NUMBERS = st.one_of(st.integers(0, 2**64 - 1), st.integers(0, 40), st.integers(0, 40).map(lambda one: one << 10))


@given(st.lists(NUMBERS, max_size=200))
def test_it_is_a_set(numbers: list[int]) -> None:
    seen, known = Seen(), set[int]()
    for number in numbers:
        # Of 0 and 1 either stands for both.
        assert seen.add(number) == ((number or 1) not in known)
        known.add(number or 1)
        assert number in seen
    assert len(seen) == len(known)
    assert all((number in seen) == ((number or 1) in known) for number in range(60))


def test_a_hundred_thousand_digests_take_two_megabytes() -> None:
    seen = Seen()
    numbers = [int(digest_of(number)[:16], 16) for number in range(100_000)]
    assert all(map(seen.add, numbers))
    assert not any(map(seen.add, numbers))
    assert len(seen) == len(numbers)
    assert sys.getsizeof(seen._places) <= 2.2 * 2**20
