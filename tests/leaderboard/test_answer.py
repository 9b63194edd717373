"""The answer: whom the others are compared with, and the sentence that comes first."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prism_eval.errors import UsageError
from prism_eval.leaderboard import Leaderboard, build
from prism_eval.leaderboard.against import against
from prism_eval.report.exports.sheet import records
from prism_eval.report.html import render
from prism_eval.report.terminal import as_text
from prism_eval.statistics import Difference, paired_difference
from tests.runfolder import verdict, write_run

BOTH = ["chartqa", "mathverse"]


def scored(rng: np.random.Generator, captioner: str, shares: dict[str, float], items: int) -> list[dict[str, Any]]:
    """Verdicts of a captioner that is right on a share of each benchmark's items: on the first of a common order."""
    return [
        verdict(captioner, str(item), "correct" if rank < share * items else "wrong", benchmark=benchmark)
        for benchmark, share in shares.items()
        for item, rank in enumerate(rng.permutation(items).tolist())
    ]


def board_of(
    folder: Path, items: int = 400, *, shuffled: bool = False, **entries: float | dict[str, float]
) -> Leaderboard:
    rows = []
    for place, (label, share) in enumerate(entries.items()):
        shares = share if isinstance(share, dict) else dict.fromkeys(BOTH, share)
        rng = np.random.default_rng(place if shuffled else 0)
        rows += scored(rng, label.replace("_", "-"), shares, items)
    return build(write_run(folder, rows))


def named(folder: Path, baseline: str | None = None, margin: float | None = None) -> Leaderboard:
    return build(folder, baseline=baseline, margin=margin)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    board_of(tmp_path, good_3B=0.62, good_7B=0.6, poor=0.3, blind=0.1)
    return tmp_path


def test_the_largest_is_the_baseline_where_sizes_are_known(run: Path) -> None:
    board = named(run)
    assert board.baseline == "good-7B"
    assert [(row.captioner, row.baseline) for row in board.rows] == [
        ("good-3B", False),
        ("good-7B", True),
        ("poor", False),
    ]
    assert [None if row.against is None else row.against.verdict for row in board.rows] == ["better", None, "worse"]
    assert re.fullmatch(
        r"Against good-7B, good-3B is better by 2\.0 \[\d\.\d, \d\.\d\]\. poor is worse\.", board.answer
    )


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ({}, ""),
        ({"bad": 0.1}, "bad is worse."),
        ({"poor": 0.2, "bad": 0.1}, "poor and bad are worse."),
        ({"alike": 0.6, "poor": 0.2, "bad": 0.1}, "alike is on par; poor and bad are worse."),
        ({"fine": 0.9, "poor": 0.2, "bad": 0.1}, "fine is better; poor and bad are worse."),
        (
            {"alike": 0.6, "worst": 0.05, "poor": 0.2, "bad": 0.1},
            "Of the 4 others, 1 is on par and 3 are worse.",
        ),
        ({"worst": 0.05, "poor": 0.2, "bad": 0.1, "next": 0.15}, "All 4 others are worse."),
        ({"same": 0.6, "alike": 0.6, "poor": 0.2, "bad": 0.1}, "Of the 4 others, 2 are on par and 2 are worse."),
    ],
)
def test_a_few_others_are_named_and_many_are_counted(tmp_path: Path, others: dict[str, float], said: str) -> None:
    board_of(tmp_path, base=0.6, best=0.95, **others)
    first, *rest = named(tmp_path, "base").sentences_with({})
    assert first.startswith("Against base, best is better by ")
    assert (rest or [""])[-1] == said


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ({"near": 0.59}, "Of near we cannot tell."),
        ({"near": 0.59, "poor": 0.2}, "poor is worse; of near we cannot tell."),
        (
            {"near": 0.59, "close": 0.585, "poor": 0.2, "bad": 0.1},
            "Of the 4 others, 2 are worse and of 2 we cannot tell.",
        ),
        (dict.fromkeys(["near", "close", "there", "by"], 0.59), "Of all 4 others we cannot tell."),
    ],
)
def test_of_whom_nothing_can_be_told_is_said_in_the_tables_words(
    tmp_path: Path, others: dict[str, float], said: str
) -> None:
    # Each is right on other items than the baseline, so that a point of difference is within chance.
    board_of(tmp_path, shuffled=True, base=0.6, best=0.95, **others)
    assert named(tmp_path, "base").sentences_with({})[-1] == said


@pytest.mark.parametrize("name", ["poor", "POOR", "oo", " poor "])
def test_a_label_or_a_part_of_one_names_the_baseline(run: Path, name: str) -> None:
    if name == "oo":  # which every label has
        with pytest.raises(UsageError, match="--baseline 'oo' fits good-3B, good-7B, poor: name one"):
            named(run, name)
    else:
        assert named(run, name).baseline == "poor"


def test_an_exact_label_goes_before_labels_it_is_a_part_of(tmp_path: Path) -> None:
    rows = [verdict(label, str(item)) for label in ("ocr", "ocr?fast=1") for item in range(3)]
    assert build(write_run(tmp_path, rows), baseline="ocr").baseline == "ocr"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("best", "names no entry"),
        ("", "names no entry"),
        ("blind", "is a control, which nothing is compared with"),
    ],
)
def test_a_name_that_no_entry_has_is_one_line_with_the_labels(run: Path, name: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        named(run, name)
    assert str(caught.value) == f"--baseline {name!r} {said}; the entries are: good-3B, good-7B, poor"


@pytest.mark.parametrize("margin", [0, -1, 1e-300, 0.009, 100, float("nan"), float("inf")])
def test_a_margin_that_is_none_is_refused(run: Path, margin: float) -> None:
    with pytest.raises(UsageError, match=r"a margin lies between 0\.01 points and less than 100"):
        named(run, margin=margin)


@pytest.mark.parametrize(
    ("margin", "written"), [(5, "5.0"), (5.25, "5.25"), (5.5, "5.5"), (10, "10.0"), (5.125, "5.125")]
)
def test_a_margin_is_written_as_it_was_asked_for(run: Path, margin: float, written: str) -> None:
    found = named(run, margin=margin).rows[0].against
    assert found is not None
    assert found.sentence.startswith(f"on par within {written}: ")


def test_on_par_within_the_margin_goes_before_a_difference_that_is_shown(run: Path) -> None:
    board = named(run, margin=5)
    found = board.rows[0].against
    assert found is not None
    assert found.difference is not None
    assert found.equivalence is not None
    assert (found.verdict, found.margin, found.equivalence.shown) == ("on par", 0.05, True)
    assert re.fullmatch(r"on par within 5\.0: \+2\.0 \[[+-]\d\.\d, \+\d\.\d\]", found.sentence)
    assert board.answer.startswith("Against good-7B, good-3B is on par within 5.0: +2.0 [")


def test_a_trade_that_the_mean_hides_is_told(tmp_path: Path) -> None:
    trade = {"chartqa": 0.7, "mathverse": 0.5}
    board_of(tmp_path, 2000, small_3B=trade, large_72B=0.6)
    board = named(tmp_path, margin=3)
    found = board.rows[0].against or board.rows[1].against
    assert found is not None
    assert found.heterogeneity is not None
    assert (found.verdict, found.heterogeneity.p < 0.001) == ("on par", True)
    assert found.unlike == "In the mean, not on each: ahead on Chartqa (+10.0), behind on Mathverse (-10.0)."
    assert board.answer.endswith(found.unlike)


def test_a_trade_is_told_of_every_entry_and_not_only_of_the_first(tmp_path: Path) -> None:
    trade = {"chartqa": 0.7, "mathverse": 0.5}
    board_of(tmp_path, 2000, best_3B=0.61, small_3B=trade, large_72B=0.606)
    board = named(tmp_path, margin=3)
    assert board.answer.endswith("small-3B is on par in the mean.")
    (row,) = (
        line for line in as_text(board).splitlines() if line.startswith(" ") and " small-3B " in line and "par" in line
    )
    assert "on par in the mean" in row
    (told,) = (record for record in records(board) if record["captioner"] == "small-3B")
    assert told["verdict"] == "on par"
    assert str(told["sentence"]).endswith(
        ". In the mean, not on each: ahead on Chartqa (+9.4), behind on Mathverse (-10.6)."
    )
    assert "on par in the mean" in render(board)


def test_cannot_tell_says_what_would_decide(tmp_path: Path) -> None:
    board_of(tmp_path, 60, shuffled=True, small_3B=0.5, large_72B=0.5)
    board = named(tmp_path)
    (found,) = (row.against for row in board.rows if row.against)
    pattern = r"cannot tell: these data could show ±\d+\.\d; about [\d,]+00 more images would decide 1\.0"
    assert re.fullmatch(pattern, found.sentence)
    assert board.answer.startswith("Against large-72B, of small-3B we cannot tell: these data could show ±")


def test_the_numbers_are_those_of_one_planned_test(run: Path) -> None:
    board = named(run, "poor")
    matrix, items = board.verdicts.matrix, board.verdicts.items
    for row in board.rows[:2]:
        first, second = (board.verdicts.captioners.index(label) for label in (row.captioner, "poor"))
        assert row.against is not None
        assert row.against.difference == paired_difference(
            matrix[first], matrix[second], items.cluster, items.benchmark
        )
        place = board.verdicts.benchmarks.index("chartqa")
        own = items.benchmark == place
        assert row.against.benchmarks["Chartqa"] == paired_difference(
            matrix[first, own], matrix[second, own], items.cluster[own]
        )


@pytest.mark.parametrize(
    ("baseline", "said"),
    [
        ("steady", "Against steady, of breaks we cannot tell: 40 of 100 answers failed."),
        ("breaks", "Against breaks, of steady we cannot tell: of the baseline, 40 of 100 answers failed."),
    ],
)
def test_whoever_fails_too_often_for_a_rank_is_neither_better_nor_on_par(
    tmp_path: Path, baseline: str, said: str
) -> None:
    rows = [verdict("steady", str(item), "correct" if item < 20 else "wrong") for item in range(100)]
    rows += [verdict("breaks", str(item), "correct" if item < 60 else "failed") for item in range(100)]
    board = build(write_run(tmp_path, rows), baseline=baseline)
    assert board.answer == said
    (found,) = (row.against for row in board.rows if row.against)
    assert (found.verdict, found.unlike) == ("cannot tell", "")
    # The numbers stand where they are looked for.
    assert found.difference is not None
    assert abs(found.difference.value) > 0.6


def test_one_benchmark_has_a_wider_margin(tmp_path: Path) -> None:
    rows = [verdict(label, str(item)) for label in ("a-3B", "b-7B") for item in range(9)]
    (found,) = (row.against for row in build(write_run(tmp_path, rows)).rows if row.against)
    assert found.margin == 0.03


def difference(value: float, error: float, images: int = 1000) -> Difference:
    return Difference(
        value=value,
        error=error,
        held_error=error,
        degrees=images - 1.0,
        low=value - 1.96 * error,
        high=value + 1.96 * error,
        p=1e-9 if abs(value) > 2 * error else 0.5,
        items=images,
        clusters=images,
        differing=images,
    )


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (difference(0.021, 0.00612), "better by 2.1 [0.9, 3.3]"),
        (difference(-0.021, 0.00612), "worse by 2.1 [0.9, 3.3]"),
        (difference(-0.002, 0.00306), "on par within 1.0: -0.2 [-0.8, +0.4]"),
        (
            difference(0.004, 0.0122, 275),
            "cannot tell: these data could show ±2.4; about 3,200 more images would decide 1.0",
        ),
        # With as many images as it takes and no answer, the truth lies near the margin.
        (
            difference(0.0085, 0.0045, 3000),
            "cannot tell: these data could show ±1.6; about 2,200 more images would decide 1.0",
        ),
        (None, "cannot tell: no question has a score of both"),
    ],
)
def test_the_forms(found: Difference | None, sentence: str) -> None:
    assert against("x", found, {}, margin=0.01).sentence == sentence


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ({"a": 0.9, "b": 0.3}, r"a is first, 90\.0 \[.+\]: ahead of b by 60\.0 \[.+\]\."),
        ({"a": 0.9, "b": 0.6, "c": 0.3}, r"a is first, 90\.0 \[.+\]: ahead of b by 30\.0 \[.+\] and of every other\."),
        ({"a": 0.5, "b": 0.5, "c": 0.1}, r"a scores highest, 50\.0 \[.+\], but cannot be told from b\."),
        ({"a": 0.5}, r"a scores 50\.0 \[.+\]; there is no other captioner to compare it with\."),
        ({"blind": 0.5}, r"There is no entry to rank\."),
        ({"a_3B": 0.9, "b_3B": 0.3}, r"a-3B is first, 90\.0 .+"),
    ],
)
def test_without_a_baseline_the_sentence_says_what_the_ranking_says(
    tmp_path: Path, entries: dict[str, float], said: str
) -> None:
    assert re.fullmatch(said, board_of(tmp_path, 100, **entries).answer)


def test_nobody_ranked_is_no_verdict(tmp_path: Path) -> None:
    rows = [verdict("a", str(item), "failed" if item else "correct") for item in range(4)]
    assert build(write_run(tmp_path, rows)).answer == "No captioner is ranked: a, 3 of 4 answers failed."


def test_other_names_may_stand_for_labels(run: Path) -> None:
    assert named(run).answer_with({"good-7B": "7B", "good-3B": "3B"}).startswith("Against 7B, 3B is better by 2.0 [")
