"""Several runs in one table: what they must have in common, and what must not be there twice."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from prism_eval import evaluate
from prism_eval.errors import RunError, UsageError
from prism_eval.leaderboard import build
from prism_eval.leaderboard.joined import JoinedTable
from prism_eval.report.exports import export
from prism_eval.report.html import render
from prism_eval.report.terminal import as_text
from prism_eval.run.reading import Table
from tests.runfolder import verdict, write_run

PROMPT = "Describe this image in detail, and transcribe all of the text that you can read in it."
PIECE = '…and transcribe most of the text that you can read in it."'
PROTOCOL = {
    "name": "standard",
    "summary": "what it is for",
    "edition": "official",
    "samples": 1,
    "caption": {"prompt": PROMPT},
}
REASONER = {"label": "reader", "identity": {"plugin": "prompted", "engine": {"model": "Qwen2.5-3B", "revision": None}}}
CHARTQA = {
    "name": "chartqa",
    "title": "ChartQA",
    "items": 4,
    "size": 4,
    "fingerprint": "a" * 64,
    "scorer": "relaxed",
    "scoring": {"plugin": "relaxed", "version": "1"},
}


def run(folder: Path, *captioners: str, right: int = 4, benchmark: str = "chartqa", **manifest: Any) -> Path:
    rows = [
        verdict(captioner, str(item), "correct" if item < right else "wrong", benchmark=benchmark)
        for captioner in captioners
        for item in range(4)
    ]
    whole = {"protocol": PROTOCOL, "reasoner": REASONER, "benchmarks": [CHARTQA | {"name": benchmark}], **manifest}
    return write_run(folder, rows, **whole)


def test_entries_of_two_runs_stand_in_one_table(tmp_path: Path) -> None:
    one, two = run(tmp_path / "one", "a", right=3), run(tmp_path / "two", "b", "blind", right=1)
    board = build([one, two])
    assert [(row.captioner, row.mean.value, row.run) for row in board.rows if row.mean] == [
        ("a", 0.75, 0),
        ("b", 0.25, 1),
    ]
    assert [row.captioner for row in board.controls] == ["blind"]
    assert (board.folders, len(board.manifests)) == ((one, two), 2)
    assert [captioner["label"] for captioner in board.manifest["captioners"]] == ["a", "b", "blind"]
    assert board.rows[0].mean is not None
    assert board.rows[0].mean.clusters == 4
    (comparison,) = board.comparisons
    assert comparison.difference is not None
    assert comparison.difference.items == 4


def test_texts_are_read_from_the_run_that_has_them(tmp_path: Path) -> None:
    folders = [run(tmp_path / name, name) for name in ("one", "two", "three")]
    table = build(folders).verdicts.table
    assert table.take(pa.array([11, 0, 5]).to_numpy(), ("captioner", "item")).to_pylist() == [
        {"captioner": "one", "item": "0"},
        {"captioner": "two", "item": "1"},
        {"captioner": "three", "item": "3"},
    ]
    assert table.take(pa.array([], pa.int64()).to_numpy(), ("item",)).num_rows == 0
    assert [row["captioner"] for batch in table.batches(("captioner",)) for row in batch.to_pylist()] == [
        name for name in ("one", "two", "three") for _ in range(4)
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"protocol": PROTOCOL | {"name": "caprl"}}, 'protocol.name is "standard" in {one} and "caprl" in {two}'),
        (
            {"protocol": PROTOCOL | {"edition": "strict"}},
            'protocol.edition is "official" in {one} and "strict" in {two}',
        ),
        ({"protocol": PROTOCOL | {"samples": 4}}, "protocol.samples is 1 in {one} and 4 in {two}"),
        (
            {"protocol": PROTOCOL | {"caption": {"prompt": PROMPT.replace("all of", "most of")}}},
            f"protocol.caption.prompt is {PIECE.replace('most', 'all')} in {{one}} and {PIECE} in {{two}}",
        ),
        (
            {"reasoner": {"label": "reader", "identity": {"plugin": "prompted", "engine": {"model": "Qwen3-4B"}}}},
            'reasoner.engine.model is "Qwen2.5-3B" in {one} and "Qwen3-4B" in {two}',
        ),
        ({"plan": {"orders": 2}}, "orders is 1 in {one} and 2 in {two}"),
        (
            {"benchmarks": [CHARTQA | {"scoring": {"plugin": "relaxed", "version": "2"}}]},
            'chartqa: scorer.version is "1" in {one} and "2" in {two}',
        ),
        (
            {"benchmarks": [CHARTQA | {"scorer": "strict"}]},
            'chartqa: scorer is "relaxed" in {one} and "strict" in {two}',
        ),
        (
            {"benchmarks": [CHARTQA | {"fingerprint": "b" * 64}]},
            f'chartqa: fingerprint is "{"a" * 59}… in {{one}} and "{"b" * 59}… in {{two}}',
        ),
        (
            {"plan": {"limit": 4, "seed": 7}, "benchmarks": [CHARTQA | {"size": 900}]},
            "chartqa: limit is nothing in {one} and 4 in {two}",
        ),
    ],
    ids=lambda value: value.split(" is ")[0] if isinstance(value, str) else "",
)
def test_runs_that_were_not_asked_alike_are_refused_by_the_field(
    tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    one, two = run(tmp_path / "one", "a"), run(tmp_path / "two", "b", **change)
    with pytest.raises(UsageError) as caught:
        build([one, two])
    assert str(caught.value) == f"{one} and {two} cannot be compared: {said.format(one=one, two=two)}"


def test_a_judge_counts_only_where_it_may_judge(tmp_path: Path) -> None:
    judge = {"label": "j", "identity": {"plugin": "judge", "model": "gpt"}}
    one, two = run(tmp_path / "one", "a"), run(tmp_path / "two", "b", judge=judge)
    assert len(build([one, two]).rows) == 2
    judged = [CHARTQA | {"needs_judge": True}]
    one, two = run(tmp_path / "3", "a", benchmarks=judged), run(tmp_path / "4", "b", benchmarks=judged, judge=judge)
    with pytest.raises(UsageError, match=r'chartqa: judge\.plugin is nothing in .* and "judge" in'):
        build([one, two])


@pytest.mark.parametrize(
    "change",
    [
        {"protocol": PROTOCOL | {"summary": "told in other words"}},
        {"reasoner": REASONER | {"label": "the reader", "address": "http://elsewhere/v1"}},
        {"plan": {"limit": 5000, "seed": 3}},  # all there is
        {"plan": {"concurrency": 99, "seed": 3}},
    ],
)
def test_what_changes_no_score_parts_no_runs(tmp_path: Path, change: dict[str, Any]) -> None:
    assert len(build([run(tmp_path / "one", "a"), run(tmp_path / "two", "b", **change)]).rows) == 2


def test_two_random_samples_are_told_apart_by_their_seed(tmp_path: Path) -> None:
    sampled = {"benchmarks": [CHARTQA | {"size": 900}]}
    one = run(tmp_path / "one", "a", plan={"limit": 4, "seed": 0}, **sampled)
    two = run(tmp_path / "two", "b", plan={"limit": 4, "seed": 1}, **sampled)
    with pytest.raises(UsageError, match=r"chartqa: seed is 0 in .* and 1 in"):
        build([one, two])


def test_a_run_that_ended_early_is_no_other_sample_by_its_fingerprint_alone(tmp_path: Path) -> None:
    looks = {"planned": 5, "baseline": "a", "margin": 1.0}
    whole = run(tmp_path / "whole", "b")
    early = run(tmp_path / "early", "a", looks=looks | {"taken": 2}, benchmarks=[CHARTQA | {"fingerprint": "b" * 64}])
    with pytest.raises(UsageError, match=r'chartqa: looks is "2 of 5" in .*early and nothing in .*whole'):
        build([early, whole])
    # Of other benchmarks each may have asked what it likes.
    build([early, run(tmp_path / "mmmu", "c", benchmark="mmmu")])


@pytest.mark.parametrize("turned", [False, True])
def test_who_was_looked_at_pays_for_it_wherever_the_run_stands(tmp_path: Path, turned: bool) -> None:
    looks = {"planned": 5, "taken": 5, "baseline": "a", "margin": 2.0}
    folders = [run(tmp_path / "one", "a", "c", looks=looks), run(tmp_path / "two", "b")]
    board = build(folders[::-1] if turned else folders)
    assert board.baseline == "a"
    assert {row.against.margin for row in board.rows if row.against} == {0.02}


def test_entries_with_other_benchmarks_are_compared_on_the_common_ones_and_that_is_said(tmp_path: Path) -> None:
    items = range(30)
    both = [
        verdict("both", str(item), "correct" if item % 2 or name == "mmmu" else "wrong", benchmark=name)
        for name in ("chartqa", "mmmu")
        for item in items
    ]
    one = write_run(tmp_path / "one", both)
    two = write_run(tmp_path / "two", [verdict("chart", str(item)) for item in items])
    board = build([one, two], baseline="both")
    assert (board.benchmarks, board.common) == (("chartqa", "mmmu"), ("chartqa",))
    assert [(row.captioner, row.mean.value) for row in board.rows if row.mean] == [("chart", 1.0), ("both", 0.5)]
    assert board.rows[1].cells["mmmu"].estimate is not None
    where = "the benchmark that every captioner has a score on, without mmmu"
    said = f"Scores, comparisons and lost points are over {where}."
    assert said in board.warnings
    assert board.rows[0].against is not None
    assert board.rows[0].against.difference is not None
    assert board.rows[0].against.difference.value == 0.5


def test_controls_and_lost_points_are_over_the_benchmarks_that_scores_are_over(tmp_path: Path) -> None:
    labels = ["both", "blind", "mismatched(both)"]
    identities = [{"label": label, "identity": {"plugin": label.partition("(")[0]}} for label in labels]
    rows = [
        verdict(label, str(item), "correct" if name == "mmmu" else "wrong", benchmark=name)
        for label in labels
        for name in ("chartqa", "mmmu")
        if (label, name) != ("mismatched(both)", "chartqa")
        for item in range(30)
    ]
    one = write_run(tmp_path / "one", rows, captioners=identities)
    two = write_run(tmp_path / "two", [verdict("chart", str(item)) for item in range(30)])
    board = build([one, two])
    (blind,) = (row for row in board.controls if row.control == "blind")
    assert (blind.mean and blind.mean.value, blind.complete) == (0.0, True)
    lost = board.losses.of("both")
    assert lost is not None
    assert (lost.lost.value, lost.answers) == (1.0, 30)
    assert (found := board.losses.of("both", "mmmu")) is not None
    assert found.lost.value == 0.0
    # One that was not asked what the others are compared on is marked, and the mark is explained.
    (row,) = (line for line in as_text(board).splitlines() if " mismatched(both) " in line and "*" in line)
    assert "100.0 [87.8, 100.0]*" in row
    assert "*: a mean over fewer benchmarks." in as_text(board)
    assert "* The mean is over other benchmarks" in render(board)


def test_three_that_lack_one_benchmark_each_go_round_in_no_circle(tmp_path: Path) -> None:
    names = ["b0", "b1", "b2"]
    # On the benchmark that two share, each beats the next: by what each pair shares, everybody would be second.
    folders = [
        write_run(
            tmp_path / str(place),
            [
                verdict(f"c{place}", str(item), "correct" if name == names[place] else "wrong", benchmark=name)
                for name in (names[place], names[place - 1])
                for item in range(40)
            ],
        )
        for place in range(3)
    ]
    board = build(folders)
    assert board.common == ()
    assert [row.rank for row in board.rows] == [None] * 3
    assert {row.unranked for row in board.rows} == {"no benchmark has a score of every captioner"}
    assert board.answer == "No captioner is ranked: no benchmark has a score of every captioner."
    assert "c0, c1, c2 are not ranked: no benchmark has a score of every captioner." in as_text(board, 200)
    # A pair that is named is compared on what it shares, and that is said in its sentence.
    sentences = {row.captioner: row.against.sentence for row in build(folders, baseline="c0").rows if row.against}
    assert sentences["c1"].endswith("], on B0")
    assert sentences["c2"].endswith("], on B2")


def test_an_entry_in_two_runs_is_an_error_that_names_it(tmp_path: Path) -> None:
    one, other = run(tmp_path / "one", "a", "b"), run(tmp_path / "two", "b", "c")
    with pytest.raises(UsageError, match=f"'b' is an entry of both {one} and {other}: leave one of the runs out"):
        build([one, other])


def test_one_run_under_two_names_is_told_from_an_entry_that_two_runs_have(tmp_path: Path) -> None:
    one = run(tmp_path / "one", "a")
    (tmp_path / "link").symlink_to(one)
    with pytest.raises(UsageError, match=f"^{one} is given twice: leave one out$"):
        build([one, one])
    with pytest.raises(UsageError, match=f"^{one}, which is {tmp_path}/link too, is given twice: leave one out$"):
        build([one, tmp_path / "link"])


def test_a_benchmark_that_is_named_as_a_column_takes_no_columns_place(tmp_path: Path) -> None:
    names = ["mean", "captioner", "answers_failed", "chartqa", "chartqa_low"]
    rows = [
        verdict("a", str(item), "correct" if item < place else "wrong", benchmark=name)
        for place, name in enumerate(names)
        for item in range(5)
    ]
    board = build(write_run(tmp_path / "run", rows))
    record = board.to_pandas().iloc[0]
    assert [record[column.name] for column in board.scores] == [0.0, 0.2, 0.4, 0.6, 0.8]
    assert [record["captioner"], record["mean"], record["answers_failed"]] == ["a", 0.4, 0]
    (found,) = json.loads(export(board, "json"))["rows"]
    assert [found["captioner"], found["mean"], found["benchmark_mean"]] == ["a", 0.4, 0.0]
    assert export(board, "csv").splitlines()[0].split(",").count("captioner") == 1


def test_the_same_control_in_two_runs_is_taken_once(tmp_path: Path) -> None:
    one, two = run(tmp_path / "one", "a", "blind", right=2), run(tmp_path / "two", "b", "blind", right=4)
    board = build([one, two])
    ((control),) = board.controls
    assert control.mean is not None
    assert (control.captioner, control.mean.value, control.answers, control.run) == ("blind", 0.5, 4, 0)
    assert [row.captioner for row in board.rows] == ["b", "a"]
    assert board.verdicts.table.take(pa.array([8]).to_numpy(), ("captioner", "item")).to_pylist() == [
        {"captioner": "b", "item": "0"}
    ]


def test_controls_of_one_name_that_are_not_the_same_are_an_error(tmp_path: Path) -> None:
    one = run(tmp_path / "one", "a", "mismatched")
    captioners = [{"label": "mismatched", "identity": {"plugin": "mismatched", "parts": [{"plugin": "ocr"}]}}]
    two = run(tmp_path / "two", "mismatched", captioners=captioners)
    with pytest.raises(UsageError, match="'mismatched' is an entry of both"):
        build([one, two])


def test_a_verdict_that_is_there_twice_is_named(tmp_path: Path) -> None:
    rows = [verdict("a", "one"), verdict("a", "two", sample=1), verdict("b", "one"), verdict("a", "two", sample=1)]
    with pytest.raises(RunError, match="holds two verdicts of 'a' on chartqa item 'two', sample 1, order 0; score"):
        build(write_run(tmp_path, rows))


def test_the_run_that_holds_a_verdict_twice_is_named(tmp_path: Path) -> None:
    one, two = run(tmp_path / "one", "a"), tmp_path / "two"
    write_run(two, [verdict("b", "0"), verdict("b", "0")], protocol=PROTOCOL, reasoner=REASONER, benchmarks=[CHARTQA])
    with pytest.raises(RunError, match=f"{two / 'verdicts.parquet'} holds two verdicts of 'b'"):
        build([one, two])


def test_a_table_says_whose_it_is_wherever_it_is_moved(tmp_path: Path) -> None:
    places = {"benchmarks": ["chartqa"], "store": tmp_path / "store"}
    mine = evaluate("blind", out=tmp_path / "mine", **places, limit=4).folder.path
    other = evaluate("oracle", out=tmp_path / "other", **places, limit=8).folder.path
    said = Table(mine, "verdicts").comparable()
    assert said is not None
    assert said["chartqa"]["limit"] == 4
    assert said[""]["protocol.name"] == "standard"
    assert said == json.loads(json.dumps(said))
    (mine / "verdicts.parquet").replace(other / "verdicts.parquet")
    with pytest.raises(RunError, match="is not of the manifest beside it: chartqa: limit is 4 in the table and 8 in"):
        build(other)


def test_joined_columns_mean_the_same_in_every_table(tmp_path: Path) -> None:
    folders = [run(tmp_path / name, *captioners) for name, captioners in (("one", "ab"), ("two", "cd"))]
    joined = JoinedTable(tuple(Table(folder, "verdicts") for folder in folders))
    read = joined.columns({"captioner": "label", "score": "double"})
    assert read["captioner"].to_pylist() == [name for name in "abcd" for _ in range(4)]
    whole = pa.concat_tables([pq.read_table(folder / "verdicts.parquet") for folder in folders])
    assert read["score"].to_pylist() == whole["score"].to_pylist()


@pytest.mark.parametrize("cell", ["[", '"text"', "[1]", "[" * 100_000, "{}"])
def test_a_cell_that_holds_no_list_is_said_of_its_own_table(tmp_path: Path, cell: str) -> None:
    good = write_run(tmp_path / "good", [verdict("a", "1", "wrong"), verdict("a", "2")])
    bad = write_run(tmp_path / "bad", [verdict("b", "1", "wrong"), verdict("b", "3", "wrong", gold=cell)])
    board, table = build([good, bad]), re.escape(str(bad / "verdicts.parquet"))
    readers = lambda: board.losses, lambda: render(board), lambda: export(board, "datasets", tmp_path / "datasets")
    for read in readers:
        with pytest.raises(RunError, match=f"^{table} has options or answers that are no JSON list of texts") as said:
            read()
        assert len(str(said.value)) < 1000


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"item": None}, "has an empty cell in column item"),
        ({"order": -1}, "has -1 in column order"),
        ({"outcome": "odd"}, "holds a verdict that makes no sense: .* has the unknown outcome 'odd'"),
        ({"score": 2.0}, "holds a verdict that makes no sense: .* with the score 2.0"),
        ({"options": "[" * 100_000}, "has options or answers that are no JSON list of texts"),
    ],
)
def test_a_cell_that_makes_no_sense_is_said_of_its_own_table(
    tmp_path: Path, change: dict[str, object], said: str
) -> None:
    good = write_run(tmp_path / "good", [verdict("a", str(item)) for item in range(3)])
    asked = [verdict("b", "5", kind="choice", options='["x", "y"]', chosen_position=0, order=order) for order in (0, 1)]
    bad = write_run(tmp_path / "bad", [verdict("b", "0"), *(row | change for row in asked)])
    with pytest.raises(RunError, match=f"^{re.escape(str(bad / 'verdicts.parquet'))} {said}"):
        build([good, bad])
