"""Who is ranked, and that the order of the rows never contradicts the ranks."""

from __future__ import annotations

from itertools import combinations, pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prism_eval.leaderboard import build
from prism_eval.leaderboard.ranking import ranks, why_unranked
from prism_eval.statistics import Comparison, Difference
from tests.runfolder import verdict, write_run


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ({}, ""),
        ({"a": (0, 0)}, ""),
        ({"a": (100, 1)}, ""),
        ({"a": (100, 2)}, "2 of 100 answers failed"),
        ({"a": (1000, 10), "b": (1000, 10)}, ""),
        # One in a hundred on each of twenty: the sum of so many hundredths is not quite a fifth.
        ({str(place): (100, 1) for place in range(20)}, ""),
        ({"a": (1000, 11), "b": (1000, 10)}, "21 of 2,000 answers failed"),
        # Half of a small benchmark is little of all answers, and a quarter of the mean.
        ({"a": (10_000, 0), "b": (20, 10)}, "10 of 20 answers of b failed"),
        ({"a": (10_000, 1), "b": (20, 10)}, "11 of 10,020 answers failed"),
        # And of a large one it is much of all answers, though a little of the mean of many.
        (
            {"large": (10_000, 180), **{str(place): (20, 0) for place in range(20)}},
            "180 of 10,000 answers of large failed",
        ),
    ],
)
def test_more_than_one_percent_failed_is_not_ranked(answers: dict[str, tuple[int, int]], reason: str) -> None:
    assert why_unranked(answers) == reason


def test_a_captioner_whose_hard_half_fails_is_listed_with_its_reason(tmp_path: Path) -> None:
    rows = [verdict("steady", str(item), "correct" if item < 25 else "wrong") for item in range(50)]
    rows += [verdict("breaks", str(item), "correct" if item < 25 else "failed") for item in range(50)]
    board = build(write_run(tmp_path, rows))
    steady, breaks = board.rows
    assert (steady.captioner, steady.rank, steady.unranked) == ("steady", (1, 1), "")
    assert (breaks.captioner, breaks.rank, breaks.unranked) == ("breaks", None, "25 of 50 answers failed")
    assert breaks.mean is not None
    assert breaks.mean.value == 1.0
    assert board.comparisons == ()
    assert board.ranked == (steady,)


def test_answers_that_are_not_there_count_like_failed_ones(tmp_path: Path) -> None:
    rows = [verdict("whole", str(item), "wrong") for item in range(50)] + [
        verdict("part", str(item)) for item in range(25)
    ]
    assert [(row.captioner, row.unranked) for row in build(write_run(tmp_path, rows)).rows] == [
        ("whole", ""),
        ("part", "25 of 50 answers failed"),
    ]


def test_rows_that_nobody_could_be_asked_about_are_nobodys_failures(tmp_path: Path) -> None:
    rows = [
        verdict(captioner, str(item), "failed" if item < 5 or (captioner, item) == ("b", 9) else "correct")
        for captioner in "ab"
        for item in range(20)
    ]
    unusable = {"name": "chartqa", "items": 15, "unusable": {"reasons": {"no gold answer": 5}, "first": "row 1"}}
    board = build(write_run(tmp_path, rows, benchmarks=[unusable]))
    assert [(row.captioner, row.unranked) for row in board.rows] == [("a", ""), ("b", "1 of 15 answers failed")]


def compared(first: int, second: int, value: float, p: float) -> Comparison:
    difference = Difference(
        value=value, error=0.1, held_error=0.1, degrees=9, low=-1, high=1, p=p, items=9, clusters=9, differing=9
    )
    return Comparison(first=first, second=second, difference=difference, p=p, family_p=p)


@given(st.data(), st.integers(1, 7))
def test_no_rank_contradicts_the_order_whatever_the_comparisons(data: st.DataObject, rows: int) -> None:
    values, ps = st.floats(-1, 1), st.sampled_from([0.001, 0.5])
    pairs = [compared(*pair, data.draw(values), data.draw(ps)) for pair in combinations(range(rows), 2)]
    found = ranks(rows, pairs)
    for upper, lower in pairwise(found):
        assert upper.best <= lower.best
        assert upper.worst <= lower.worst
    for place, one in enumerate(found, 1):
        assert one.best <= place <= one.worst
    for pair in pairs:
        # Ranges are only ever widened: whoever is shown to be worse may not be said to be first for certain.
        assert pair.difference is not None
        if pair.family_p < 0.05 and pair.difference.value > 0:
            assert found[pair.first].best <= found[pair.second].best


def test_a_win_against_the_order_shows_nothing() -> None:
    assert ranks(2, [compared(0, 1, -0.1, 0.001)]) == ((1, 2), (1, 2))
    assert ranks(2, [compared(0, 1, 0.0, 0.001)]) == ((1, 2), (1, 2))
    assert ranks(2, [compared(0, 1, 0.1, 0.001)]) == ((1, 1), (2, 2))


def test_an_intransitive_middle_row_widens_who_stands_beside_it() -> None:
    # The second is told from the third, the first from nobody.
    pairs = [compared(0, 1, 0.1, 0.5), compared(0, 2, 0.2, 0.5), compared(1, 2, 0.1, 0.001)]
    assert ranks(3, pairs) == ((1, 3), (1, 3), (2, 3))


def test_a_benchmark_of_one_image_is_in_no_comparison_and_that_is_said(tmp_path: Path) -> None:
    rows = [
        verdict(captioner, f"{name} {item}", "correct" if captioner == "a" and item < 40 else "wrong", benchmark=name)
        for captioner in "ab"
        for name, items in (("many", 60), ("tiny", 1))
        for item in range(items)
    ]
    board = build(write_run(tmp_path, rows), baseline="b")
    found = board.rows[0].against
    assert found is not None
    assert found.difference is not None
    assert (found.verdict, found.difference.value, found.difference.clusters) == ("better", pytest.approx(2 / 3), 60)
    assert "One image shows no spread: tiny is in the scores, and in no comparison." in board.warnings
    assert found.benchmarks["Tiny"].degrees == 0
    assert found.heterogeneity is None


def test_one_image_alone_decides_nothing(tmp_path: Path) -> None:
    board = build(write_run(tmp_path, [verdict("a", "1"), verdict("b", "1", "wrong")]), baseline="b")
    found = board.rows[0].against
    assert found is not None
    assert found.sentence == "cannot tell: these data could show ±100.0"
