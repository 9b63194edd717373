from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from prism_eval.errors import RunError
from prism_eval.leaderboard import build
from prism_eval.schema import Outcome
from tests.runfolder import verdict, write_run


def test_score_is_the_mean_over_items_of_the_mean_over_samples(tmp_path: Path) -> None:
    rows = [verdict("a", "one", "correct", sample=0), verdict("a", "one", "wrong", sample=1), verdict("a", "two")]
    (row,) = build(write_run(tmp_path, rows)).rows
    assert row.mean is not None
    assert row.mean.value == 0.75
    assert (row.items, row.answers) == (2, 3)


def test_failed_answers_are_no_scores_and_are_counted(tmp_path: Path) -> None:
    rows = [verdict("a", "one"), verdict("a", "two", "failed", caption=None), verdict("a", "three", "unparsed")]
    board = build(write_run(tmp_path, rows))
    (row,) = board.rows
    assert row.mean is not None
    assert row.mean.value == 0.5
    assert (row.items, row.outcomes[Outcome.FAILED], row.outcomes[Outcome.UNPARSED]) == (2, 1, 1)
    assert board.failed == "1 of 3 answers failed"
    assert "Failed answers are left out of the scores: a 1 of 3." in board.warnings


@pytest.mark.parametrize("outcome", ["abstained", "unparsed", "refused", "truncated"])
def test_other_outcomes_score_nothing(tmp_path: Path, outcome: str) -> None:
    (row,) = build(write_run(tmp_path, [verdict("a", "one"), verdict("a", "two", outcome)])).rows
    assert row.mean is not None
    assert row.mean.value == 0.5
    assert row.outcomes[Outcome(outcome)] == 1


def test_benchmarks_weigh_the_same_and_keep_the_manifests_order(tmp_path: Path) -> None:
    rows = [verdict("a", "one", benchmark="mmmu")] + [
        verdict("a", str(index), "wrong", benchmark="chartqa") for index in range(9)
    ]
    board = build(write_run(tmp_path, rows, benchmarks=[{"name": "chartqa"}, {"name": "mmmu"}]))
    assert board.benchmarks == ("chartqa", "mmmu")
    assert board.rows[0].mean is not None
    assert board.rows[0].mean.value == 0.5


def test_best_first_with_places_the_data_do_not_rule_out(tmp_path: Path) -> None:
    items = [str(index) for index in range(60)]
    rows = [verdict("poor", item, "wrong") for item in items] + [verdict("good", item) for item in items]
    rows += [verdict("fine", item, "wrong" if item == "0" else "correct") for item in items]
    board = build(write_run(tmp_path, rows))
    assert [(row.captioner, tuple(row.rank)) for row in board.rows] == [
        ("good", (1, 2)),
        ("fine", (1, 2)),
        ("poor", (3, 3)),
    ]
    assert board.comparisons[0].winner() is None


def test_items_that_share_an_image_are_one_cluster_across_benchmarks(tmp_path: Path) -> None:
    shared = {"images": ["same"]}
    rows = [
        verdict("a", "one", benchmark="mmmu", **shared),
        verdict("a", "two", benchmark="mmmu_pro", **shared),
        verdict("a", "three", benchmark="mmmu_pro", images=["same", "other"], cluster="other"),
        verdict("a", "four", benchmark="mmmu_pro", images=["other"]),
    ]
    (row,) = build(write_run(tmp_path, rows)).rows
    assert row.mean is not None
    assert row.mean.clusters == 1


def test_equal_cluster_names_in_two_benchmarks_are_two_clusters(tmp_path: Path) -> None:
    rows = [verdict("a", "one", benchmark=name, cluster="1", images=[name]) for name in ("chartqa", "mmmu")]
    (row,) = build(write_run(tmp_path, rows)).rows
    assert row.mean is not None
    assert row.mean.clusters == 2


def test_a_caption_is_counted_once_however_many_questions_ask_about_it(tmp_path: Path) -> None:
    rows = [
        verdict("a", str(index), images=["x"], caption="one two three", caption_truncated=True) for index in range(5)
    ]
    rows += [verdict("a", "last", images=["y"], caption="one")]
    (row,) = build(write_run(tmp_path, rows)).rows
    assert (row.captions, row.truncated, row.words_median, row.words_mean) == (2, 1, 2, 2)


def test_captioners_scored_on_different_items_are_flagged(tmp_path: Path) -> None:
    rows = [
        verdict(name, str(item), "failed" if (name, item) == ("b", 7) else "wrong")
        for name in "ab"
        for item in range(200)
    ]
    board = build(write_run(tmp_path, rows))
    assert not any(row.unranked for row in board.rows)
    assert any("different items" in warning for warning in board.warnings)


def test_a_mean_over_fewer_benchmarks_stands_last_and_says_so(tmp_path: Path) -> None:
    rows = [verdict("half", "one"), verdict("half", "two", "failed", benchmark="mmmu")]
    rows += [verdict("whole", "one", "wrong"), verdict("whole", "two", "wrong", benchmark="mmmu")]
    board = build(write_run(tmp_path, rows))
    assert [(row.captioner, row.complete) for row in board.rows] == [("whole", True), ("half", False)]
    assert any("No score for mmmu: half; its mean" in warning for warning in board.warnings)


def test_a_run_of_nothing_but_failures_has_no_mean(tmp_path: Path) -> None:
    (row,) = build(write_run(tmp_path, [verdict("a", "one", "failed", caption=None)])).rows
    assert row.mean is None
    assert row.words_median is None


def test_rule_only_scoring_is_known(tmp_path: Path) -> None:
    benchmarks = [{"name": "chartqa"}, {"name": "charxiv", "needs_judge": True}]
    rows = [verdict("a", "one"), verdict("a", "one", benchmark="charxiv")]
    board = build(write_run(tmp_path, rows, benchmarks=benchmarks))
    assert any(warning.startswith("Rules score charxiv") for warning in board.warnings)


def test_format_slips_and_cut_captions_are_pointed_out(tmp_path: Path) -> None:
    rows = [verdict("a", str(index), "unparsed", caption_truncated=True) for index in range(3)]
    warnings = build(write_run(tmp_path, rows)).warnings
    assert any(warning.endswith("not for what was seen: a 100 %.") for warning in warnings)
    assert "Captions were cut at the length limit: a 100 %." in warnings


@pytest.mark.parametrize(("empty", "captions", "said"), [(1, 3, True), (1, 101, False), (2, 101, True), (5, 900, True)])
def test_empty_captions_are_pointed_out_when_they_are_common(
    empty: int, captions: int, said: bool, tmp_path: Path
) -> None:
    rows = [verdict("a", str(n), images=[str(n)], caption="" if n < empty else "two words") for n in range(captions)]
    board = build(write_run(tmp_path, rows, counts={"empty_captions": {"a": empty}}))
    assert board.rows[0].empty == empty
    warning = f"Captions are empty, and their questions read blind: a {empty} of {captions}."
    assert (warning in board.warnings) is said


def test_a_captioner_that_is_there_to_say_nothing_draws_no_note(tmp_path: Path) -> None:
    rows = [verdict("blind", str(n), images=[str(n)], caption="") for n in range(9)]
    board = build(write_run(tmp_path, rows, counts={"empty_captions": {}}))
    assert not any("empty" in warning for warning in board.warnings)


def test_refused_and_cut_answers_are_pointed_out(tmp_path: Path) -> None:
    rows = [verdict("a", "1", "refused", caption=None), verdict("a", "2", "truncated"), verdict("a", "3")]
    rows += [verdict("b", str(index)) for index in (1, 2, 3)]
    warnings = build(write_run(tmp_path, rows)).warnings
    assert "Refused by a model or a filter, which scores 0: a 33 % of the answers." in warnings
    assert "Cut off before an answer was given, which scores 0: a 33 % of the answers." in warnings


def test_tables_for_pandas_and_json_agree(tmp_path: Path) -> None:
    rows = [verdict("a", "one"), verdict("a", "two", "abstained"), verdict("b", "one"), verdict("b", "two")]
    board = build(write_run(tmp_path, rows))
    frame = board.to_pandas().set_index("captioner")
    assert frame.loc["a", "mean"] == frame.loc["a", "chartqa"] == 0.5
    assert frame.loc["a", "answers_abstained"] == 1
    plain = json.loads(json.dumps(board.to_dict()))
    assert [row["captioner"] for row in plain["rows"]] == ["b", "a"]
    assert plain["rows"][1]["mean"]["low"] == frame.loc["a", "mean_low"]


def test_no_run_folder(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="not a run folder"):
        build(tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"benchmarks": [{}]}'])
def test_no_manifest(tmp_path: Path, text: str) -> None:
    write_run(tmp_path, [verdict("a", "one")])
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(RunError, match=r"manifest\.json"):
        build(tmp_path)


@pytest.mark.parametrize("content", [b"", b"PAR1 but no more"])
def test_a_damaged_table(tmp_path: Path, content: bytes) -> None:
    write_run(tmp_path, [verdict("a", "one")])
    (tmp_path / "verdicts.parquet").write_bytes(content)
    with pytest.raises(RunError, match=r"verdicts\.parquet cannot be read .* prism-eval score") as caught:
        build(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_missing_table(tmp_path: Path) -> None:
    write_run(tmp_path, [verdict("a", "one")])
    (tmp_path / "verdicts.parquet").unlink()
    with pytest.raises(RunError, match="does not exist"):
        build(tmp_path)


def test_a_missing_column(tmp_path: Path) -> None:
    write_run(tmp_path, [verdict("a", "one")])
    path = tmp_path / "verdicts.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["outcome"]), path)
    with pytest.raises(RunError, match="no column outcome"):
        build(tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"outcome": "splendid"}, "unknown outcome 'splendid'"),
        ({"score": None}, "is correct with the score None"),
        ({"score": 2.0}, "is correct with the score 2.0"),
    ],
)
def test_a_verdict_that_makes_no_sense_names_its_item(tmp_path: Path, change: dict[str, object], said: str) -> None:
    with pytest.raises(RunError, match=f"chartqa item 'one' .*{said}"):
        build(write_run(tmp_path, [verdict("a", "one") | change]))


def test_two_reasoners_make_no_leaderboard(tmp_path: Path) -> None:
    rows = [verdict("a", "one"), verdict("a", "one", reasoner="openai:x")]
    with pytest.raises(RunError, match="several reasoners"):
        build(write_run(tmp_path, rows))


def test_an_empty_table_is_an_empty_leaderboard(tmp_path: Path) -> None:
    write_run(tmp_path, [verdict("a", "one")])
    path = tmp_path / "verdicts.parquet"
    pq.write_table(pa.Table.from_pylist([], schema=pq.read_schema(path)), path)
    assert build(tmp_path).rows == ()
