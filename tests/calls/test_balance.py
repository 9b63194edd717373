"""Which replica is asked."""

from __future__ import annotations

from collections import Counter

from prism_eval.calls.balance import least_busy

NAMES = ("a", "b", "c", "d")


def test_the_least_busy_is_asked() -> None:
    for number in range(50):
        assert least_busy({"a": 3, "b": 2, "c": 4}, f"caption {number}") == "b"


def test_of_equals_the_beginning_tells_and_all_get_their_share() -> None:
    loads = dict.fromkeys(NAMES, 5)
    chosen = [least_busy(loads, f"caption {number}") for number in range(2000)]
    assert chosen == [least_busy(dict.fromkeys(reversed(NAMES), 5), f"caption {number}") for number in range(2000)]
    assert all(400 < count < 600 for count in Counter(chosen).values())
    assert len(Counter(chosen)) == 4


def test_one_that_goes_away_moves_only_what_was_its_own() -> None:
    for number in range(500):
        before = least_busy(dict.fromkeys(NAMES, 0), f"{number}")
        after = least_busy(dict.fromkeys(NAMES[:3], 0), f"{number}")
        assert after == before or before == "d"


def test_with_slack_one_that_knows_the_beginning_may_be_a_little_busier() -> None:
    home = least_busy(dict.fromkeys(NAMES, 0), "caption")
    loads = {name: 2 + 3 * (name == home) for name in NAMES}
    assert least_busy(loads, "caption", slack=3) == home
    assert least_busy(loads, "caption", slack=2) != home


def test_half_a_surrogate_pair_is_a_beginning_like_any_other() -> None:
    assert least_busy({"a": 0}, "\ud800") == "a"
