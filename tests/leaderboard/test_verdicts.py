"""The verdict table as columns says what it said row by row."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from pathlib import Path
from statistics import fmean, median
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prism_eval.errors import RunError
from prism_eval.leaderboard import PositionBias, build
from prism_eval.leaderboard.joined import JoinedTable
from prism_eval.leaderboard.lengths import caption_lengths
from prism_eval.leaderboard.losses import losses_of
from prism_eval.leaderboard.tables import read_verdicts
from prism_eval.leaderboard.verdicts import OUTCOMES
from prism_eval.report.exports.hub_dataset import write_dataset
from prism_eval.run.reading import Table
from prism_eval.run.tables import COLUMNS
from prism_eval.statistics import lean
from tests.runfolder import SCHEMA, verdict, write_run


def rich_rows() -> list[dict[str, Any]]:
    """Three captioners; shared and several images, samples, orders, a failed call, an unparsed answer."""
    rows = []
    for place, captioner in enumerate(("plain", "rich", "none")):
        for number in range(9):
            images = [f"image {number // 2}"] + (["image 0"] if number == 8 else [])
            right = "correct" if (number * (place + 2)) % 3 else "wrong"
            outcome = "failed" if captioner == "none" and number == 3 else right
            caption = None if outcome == "failed" else " ".join(["word"] * (5 + number // 2 + 3 * place))
            score = {"correct": 1.0, "wrong": 0.25, "failed": None}[outcome]
            given = {"images": images, "caption": caption, "score": score, "caption_truncated": number == 4}
            rows.append(verdict(captioner, str(number), outcome, **given))
        for number, sample, order in np.ndindex(4, 2, 3):
            position = (number + sample + order * place) % 4
            parsed = (number, sample, order) != (2, 1, 2)
            outcome = ("correct" if position == number else "wrong") if parsed else "unparsed"
            given = {
                "benchmark": "mmmu",
                "images": [f"image {number}"],
                "kind": "choice",
                "options": '["a", "b", "c", "d"]' if number else '["a", "b", "c", "d", "e"]',
                "sample": sample,
                "order": order,
                "caption": "four words are here" + " more" * sample,
                "chosen_position": position if parsed else None,
                "gold_position": number,
                "extracted": "ABCD"[(number + order * (number % 2) * place) % 4] if parsed else None,
            }
            rows.append(verdict(captioner, str(number), outcome, **given))
    return rows


def test_the_numbers_are_those_that_were_worked_out_row_by_row(tmp_path: Path) -> None:
    plain, rich, none = build(write_run(tmp_path, rich_rows())).rows
    assert [row.captioner for row in (plain, rich, none)] == ["plain", "rich", "none"]
    means = [
        (0.625, 0.09725508171037726, 0.31612889332732763, 0.8677282280746476, 13),
        (0.5729166666666666, 0.09788528361502268, 0.2853476931981198, 0.831238002040747, 12),
        (0.20833333333333331, 0.17028110278772177, 0.03038847761000482, 0.7075960211335601, 13),
    ]
    lengths = [(5, 55 / 9), (11, 85 / 9), (8, 70 / 9)]
    for row, numbers, words in zip((plain, none, rich), means, lengths, strict=True):
        mean = row.mean
        assert mean is not None
        assert (mean.value, mean.error, mean.low, mean.high, mean.items) == pytest.approx(numbers, abs=1e-12)
        assert (mean.clusters, row.captions, row.truncated, row.answers) == (4, 9, 1, 33)
        assert (row.words_median, row.words_mean) == pytest.approx(words, abs=1e-12)


def test_comparisons_are_those_that_were_worked_out_row_by_row(tmp_path: Path) -> None:
    board = build(write_run(tmp_path, rich_rows()), baseline="plain")
    rich, none = (row.against for row in board.rows[1:])
    assert rich is not None
    assert none is not None
    (comparison,) = board.comparisons
    for found, value in ((comparison.difference, 0.41666666666667), (rich.difference, -0.41666666666667)):
        assert found is not None
        assert found.value == pytest.approx(value, abs=1e-12)
    assert none.difference is not None
    assert none.difference.value == pytest.approx(-0.08333333333333, abs=1e-12)
    assert [row.rank for row in board.rows] == [(1, 2), (1, 2), None]
    assert board.rows[2].unranked == "1 of 9 answers of chartqa failed"


def test_positions_are_those_that_were_worked_out_row_by_row(tmp_path: Path) -> None:
    plain, rich, none = (row.positions for row in build(write_run(tmp_path, rich_rows())).rows)
    assert plain is not None
    assert none is not None
    assert rich is not None
    for label, found in (("plain", plain), ("rich", rich), ("none", none)):
        own = [row for row in rich_rows() if row["captioner"] == label and row["kind"] == "choice"]
        positions = [math.nan if row["chosen_position"] is None else row["chosen_position"] for row in own]
        options = [len(json.loads(row["options"])) for row in own]
        gold = [row["gold_position"] for row in own]
        assert found is not None
        assert found.lean == lean(positions, gold, options, [row["item"] for row in own])
        assert found.lean.picks == 23
    assert (plain.consistency, none.consistency, rich.consistency) == (0.875, 0.375, 0.375)
    assert (plain.questions, none.questions, rich.questions) == (8, 8, 8)


def test_samples_and_orders_may_be_numbered_from_anywhere(tmp_path: Path) -> None:
    far = 2**63 - 1
    rows = [row | {"sample": row["sample"] * far, "order": row["order"] * (far // 2)} for row in rich_rows()]
    near, away = write_run(tmp_path / "near", rich_rows()), write_run(tmp_path / "away", rows)
    for one, other in zip(build(near).rows, build(away).rows, strict=True):
        for name in ("mean", "positions", "captions", "truncated", "words_median", "words_mean"):
            assert getattr(one, name) == getattr(other, name)
    lost = [
        losses_of(read_verdicts(JoinedTable((Table(folder, "verdicts"),)))).loss.tolist() for folder in (near, away)
    ]
    assert lost[0] == lost[1]


def ordered(captioner: str, picks: Iterable[tuple[int, int | None]], image: str = "") -> list[dict[str, Any]]:
    """Verdicts on a question after the other, each under two orders: where the pick stood, and the right option."""
    return [
        verdict(
            captioner,
            str(item),
            "correct" if picked == gold else "wrong",
            images=[image or f"image {item}"],
            kind="choice",
            options='["a", "b", "c", "d"]',
            order=order,
            chosen_position=picked,
            gold_position=gold,
            extracted="A",
        )
        for item, (picked, gold) in enumerate(picks)
        for order in (0, 1)
    ]


def leans(folder: Path, rows: list[dict[str, Any]]) -> list[PositionBias | None]:
    return [row.positions for row in build(write_run(folder, rows)).rows]


def test_right_options_that_all_stand_at_a_are_no_lean(tmp_path: Path) -> None:
    (found,) = leans(tmp_path, ordered("a", [(0, 0)] * 50))
    assert found is not None
    assert (found.lean.largest, found.lean.low, found.questions) == (0, 0, 50)
    assert found.lean.high < 0.1


def test_a_lean_has_an_interval_that_knows_how_few_images_there_are(tmp_path: Path) -> None:
    always = [(0, number % 4) for number in range(40)]
    many, one = (leans(tmp_path / image, ordered("a", always, image))[0] for image in ("", "one"))
    assert many is not None
    assert one is not None
    assert many.lean.largest == one.lean.largest == 0.75
    assert 0.4 < many.lean.low < 0.75 < many.lean.high <= 1
    assert (one.lean.low, one.lean.high) == (0, 1)


def test_questions_without_one_right_option_say_nothing_of_the_lean(tmp_path: Path) -> None:
    known = [(number % 4, number % 4) for number in range(12)]
    (found,) = leans(tmp_path / "some", ordered("a", [*known, (0, None), (0, None)]))
    assert found is not None
    assert (found.lean.picks, found.questions) == (24, 14)
    assert leans(tmp_path / "none", ordered("a", [(0, None)] * 3)) == [None]


def as_older_versions_wrote(folder: Path) -> Path:
    """A run whose table has no `gold_position`."""
    table = pq.read_table(folder / "verdicts.parquet")
    pq.write_table(table.drop_columns(["gold_position"]), folder / "verdicts.parquet")
    return folder


def test_an_older_run_is_read_and_says_what_its_lean_would_need(tmp_path: Path) -> None:
    folder = as_older_versions_wrote(write_run(tmp_path / "old", ordered("a", [(0, 0)] * 4)))
    board = build(folder)
    assert [row.positions for row in board.rows] == [None]
    assert [warning for warning in board.warnings if "lean" in warning] == [
        (
            f"No lean towards a position is told of {folder}, which an older version scored: "
            f"prism-eval score {folder} adds where the right options stood."
        )
    ]
    write_dataset(board, tmp_path / "set")
    (shard,) = (tmp_path / "set" / "verdicts").glob("*.parquet")
    exported = pq.read_table(shard)
    assert exported["gold_position"].to_pylist() == [None] * 8
    assert exported.column_names == [*COLUMNS["verdicts"]]


def test_an_older_run_in_one_order_has_nothing_to_say(tmp_path: Path) -> None:
    rows = [verdict("a", f"{number}") for number in range(4)]
    new, old = write_run(tmp_path / "new", rows), as_older_versions_wrote(write_run(tmp_path / "old", rows))
    assert build(old).warnings == build(new).warnings


def test_an_older_run_stands_beside_a_newer_one(tmp_path: Path) -> None:
    old = as_older_versions_wrote(write_run(tmp_path / "old", ordered("a", [(0, 0)] * 4)))
    board = build([old, write_run(tmp_path / "new", ordered("b", [(0, 0)] * 4))])
    assert {row.captioner: row.positions is None for row in board.rows} == {"a": True, "b": False}
    write_dataset(board, tmp_path / "set")
    (shard,) = (tmp_path / "set" / "verdicts").glob("*.parquet")
    assert pq.read_table(shard)["gold_position"].to_pylist() == [None] * 8 + [0] * 8


def test_a_question_asked_in_one_order_says_nothing_of_the_lean(tmp_path: Path) -> None:
    once = [row | {"item": f"once {row['item']}"} for row in ordered("a", [(3, 0)] * 20) if not row["order"]]
    (found,) = leans(tmp_path, [*ordered("a", [(number % 4, number % 4) for number in range(12)]), *once])
    assert found is not None
    assert (found.lean.picks, found.lean.largest) == (24, 0)


@pytest.mark.parametrize("change", [{"chosen_position": 4}, {"gold_position": 4}, {"gold_position": -1}])
def test_a_position_that_no_option_has_is_one_line(tmp_path: Path, change: dict[str, int]) -> None:
    rows = [row | change for row in ordered("a", [(0, 0)])]
    with pytest.raises(RunError, match="has a position that is not among the options; score the run again"):
        build(write_run(tmp_path, rows))


places = st.tuples(
    st.sampled_from("ab"),
    st.sampled_from(["chartqa", "mmmu"]),
    st.integers(0, 4),
    st.integers(0, 1),
    st.sampled_from(["correct", "wrong", "unparsed", "failed"]),
    st.integers(0, 9),
)


@given(st.lists(places, min_size=1, max_size=40, unique_by=lambda drawn: drawn[:4]))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_scores_outcomes_and_lengths_agree_with_a_walk_over_the_rows(
    tmp_path: Path, drawn: list[tuple[str, str, int, int, str, int]]
) -> None:
    rows = [
        verdict(
            captioner, str(item), outcome, benchmark=benchmark, sample=sample, images=[f"image {item // 2}"][: item % 4]
        )
        | {"caption_words": words if outcome != "failed" else None, "caption_truncated": words == 9}
        for captioner, benchmark, item, sample, outcome, words in drawn
    ]
    verdicts = read_verdicts(JoinedTable((Table(write_run(tmp_path, rows), "verdicts"),)))
    scores: dict[tuple[int, int], list[float]] = {}
    lengths: dict[str, dict[tuple[object, ...], tuple[int, bool]]] = {row["captioner"]: {} for row in rows}
    items = list(dict.fromkeys((row["benchmark"], row["item"]) for row in rows))
    for row in rows:
        item = row["benchmark"], row["item"]
        if row["outcome"] != "failed":
            scores.setdefault((list(lengths).index(row["captioner"]), items.index(item)), []).append(row["score"])
            read = (*(row["images"] or item), row["sample"])
            lengths[row["captioner"]].setdefault(read, (row["caption_words"], row["caption_truncated"]))
    expected = np.full((len(lengths), len(items)), np.nan)
    for place, values in scores.items():
        expected[place] = fmean(values)
    np.testing.assert_allclose(verdicts.matrix, expected, rtol=0, atol=1e-15)
    assert verdicts.captioners == tuple(lengths)
    for found, own in zip(caption_lengths(verdicts), lengths.values(), strict=True):
        words = [length for length, _ in own.values()]
        assert (found.captions, found.truncated) == (len(own), sum(cut for _, cut in own.values()))
        assert found.median == (median(words) if words else None)
        assert found.mean == (pytest.approx(fmean(words)) if words else None)
    assert verdicts.outcomes.sum() == len(rows)
    assert verdicts.outcomes.sum(axis=(0, 1)).tolist() == [
        sum(row["outcome"] == outcome for row in rows) for outcome in OUTCOMES
    ]


def test_labels_that_no_row_has_are_no_captioners(tmp_path: Path) -> None:
    folder = write_run(tmp_path, [verdict("a", "one"), verdict("gone", "one")])
    path = folder / "verdicts.parquet"
    table = pq.read_table(path)
    coded = table.set_column(0, "captioner", table["captioner"].dictionary_encode()).slice(0, 1)
    pq.write_table(coded, path)
    assert [row.captioner for row in build(folder).rows] == ["a"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"captioner": None}, "an empty cell in column captioner"),
        ({"sample": None}, "an empty cell in column sample"),
        ({"order": -1}, "has -1 in column order"),
        ({"chosen_position": -2}, "has -2 in column chosen_position"),
    ],
)
def test_a_cell_that_makes_no_sense_is_one_line(tmp_path: Path, change: dict[str, object], said: str) -> None:
    folder = write_run(tmp_path, [])
    pq.write_table(pa.Table.from_pylist([verdict("a", "one") | change], schema=SCHEMA), folder / "verdicts.parquet")
    with pytest.raises(RunError, match=f"{said}; score the run again: prism-eval score"):
        build(folder)


def test_a_column_of_another_type_is_one_line(tmp_path: Path) -> None:
    folder = write_run(tmp_path, [verdict("a", "one")])
    table = pq.read_table(folder / "verdicts.parquet")
    wrong = table.set_column(table.schema.get_field_index("score"), "score", pa.array(["much"]))
    pq.write_table(wrong, folder / "verdicts.parquet")
    with pytest.raises(
        RunError, match="has string in column score, where double belongs; score the run again"
    ) as caught:
        build(folder)
    assert "\n" not in str(caught.value)


def test_options_that_are_no_list_are_one_line(tmp_path: Path) -> None:
    rows = [verdict("a", "one", kind="choice", options="[", order=order, chosen_position=0) for order in range(2)]
    with pytest.raises(RunError, match=r"options or answers that are no JSON list of texts: '\['; score the run again"):
        build(write_run(tmp_path, rows))
