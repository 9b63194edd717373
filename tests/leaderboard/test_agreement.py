from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from prism_eval.leaderboard import build
from prism_eval.leaderboard.agreement import Readers, readers_of
from prism_eval.leaderboard.verdicts import Verdicts
from tests.runfolder import verdict, write_run


def verdicts(folder: Path, right: dict[str, float], items: int) -> Verdicts:
    """Each captioner is right on a share of the items, its own ones."""
    rows = [
        verdict(captioner, str(item), "correct" if (item * 37 + 11 * place) % items < share * items else "wrong")
        for place, (captioner, share) in enumerate(right.items())
        for item in range(items)
    ]
    return build(write_run(folder, rows)).verdicts


@pytest.fixture
def read(tmp_path: Path):
    def go(
        *shares: dict[str, float], captioners: Sequence[str] = ("good", "fair", "poor"), items: int = 200
    ) -> Readers:
        readers = ["lexical", "qwen", "llama"]
        return readers_of(
            ((readers[place], verdicts(tmp_path / str(place), right, items)) for place, right in enumerate(shares)),
            captioners,
        )

    return go


def test_each_reader_scores_each_captioner(read) -> None:
    found = read({"good": 0.9, "fair": 0.6, "poor": 0.2}, {"poor": 0.1, "good": 0.8})
    assert found.captioners == ("good", "fair", "poor")
    first, second = found.readings
    assert [score and score.value for score in first.scores] == [0.9, 0.6, 0.2]
    assert [score and score.value for score in second.scores] == [0.8, None, 0.1]
    assert first.scores[0] is not None
    assert first.scores[0].low < 0.9 < first.scores[0].high


def test_an_order_that_all_told_pairs_keep_survives(read) -> None:
    (agreement,) = read({"good": 0.9, "fair": 0.6, "poor": 0.2}, {"good": 0.8, "fair": 0.45, "poor": 0.1}).agreements
    assert (agreement.share, agreement.pairs, agreement.tau, agreement.turned) == (1.0, 3, 1.0, ())
    assert agreement.sentence == (
        "The 3 pairs of captioners that both lexical and qwen tell apart all stand in the same order: it survives."
    )


def test_whoever_fails_too_often_for_a_rank_is_in_no_pair(tmp_path: Path) -> None:
    good, fair = ([verdict(label, str(item), "correct" if item < most else "wrong") for item in range(200)]
                  for label, most in (("good", 180), ("fair", 100)))  # fmt: skip
    breaks = [verdict("breaks", str(item), "wrong" if item < 100 else "failed") for item in range(200)]
    read = build(write_run(tmp_path, [*good, *fair, *breaks])).verdicts
    found = readers_of([("one", read), ("other", read)], ("good", "fair", "breaks"))
    assert found.agreements[0].pairs == 1
    assert found.readings[0].scores[2] is not None


def test_who_changes_places_is_named(read) -> None:
    (agreement,) = read({"good": 0.9, "fair": 0.6, "poor": 0.2}, {"good": 0.5, "fair": 0.8, "poor": 0.1}).agreements
    assert (agreement.share, agreement.pairs) == (pytest.approx(2 / 3), 3)
    assert agreement.turned == (("good", "fair"),)
    assert agreement.sentence == (
        "Of the 3 pairs of captioners that both lexical and qwen tell apart, 2 stand in the same order: it does not "
        "survive. good is ahead of fair with lexical, behind with qwen."
    )


def test_pairs_that_a_reader_cannot_tell_apart_do_not_count(read) -> None:
    (agreement,) = read({"good": 0.9, "fair": 0.6, "poor": 0.2}, {"good": 0.5, "fair": 0.505, "poor": 0.1}).agreements
    assert (agreement.share, agreement.pairs) == (1.0, 2)
    # Kendall's tau counts the noise: it is what the sentence beside it warns of.
    assert agreement.tau == pytest.approx(1 / 3)


def test_too_little_data_tell_nothing(read) -> None:
    (agreement,) = read(
        {"good": 1.0, "poor": 0.5}, {"good": 1.0, "poor": 0.5}, captioners=("good", "poor"), items=4
    ).agreements
    assert (agreement.share, agreement.pairs) == (None, 0)
    assert agreement.sentence == (
        "No two captioners are told apart by both lexical and qwen: whether their order survives cannot be told."
    )


def test_three_readers_make_three_pairs(read) -> None:
    found = read(*[{"good": 0.9, "fair": 0.6, "poor": 0.2}] * 3)
    assert [(one.first, one.second) for one in found.agreements] == [
        ("lexical", "qwen"),
        ("lexical", "llama"),
        ("qwen", "llama"),
    ]


def test_one_pair_is_said_to_be_one(read) -> None:
    told = {"good": 0.9, "poor": 0.2}
    (agreement,) = read(told, told, captioners=("good", "poor")).agreements
    assert agreement.sentence == (
        "The 1 pair of captioners that both lexical and qwen tell apart stands in the same order: it survives."
    )
