"""Models that lmms-eval evaluated become a leaderboard like any other: paired, clustered, or said not to be."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from prism_eval.errors import DataError, PrismError, UsageError
from prism_eval.leaderboard import Leaderboard, build
from prism_eval.leaderboard.imports import Place, import_lmms_eval
from prism_eval.report.exports.sheet import records
from prism_eval.report.html import render
from prism_eval.report.terminal import as_text
from prism_eval.run.belonging import check_belonging
from prism_eval.run.folder import RunFolder
from prism_eval.statistics import paired_difference
from tests.builders import chart_folder
from tests.leaderboard.imports.logs import STAMP, VALUES, documents, line, write_model

SOME = [True, False, True, True, False, True]
FEWER = [False, False, True, True, False, False]


def imported(tmp_path: Path, *places: str, data: str | None = None) -> Leaderboard:
    folder = import_lmms_eval([Place.parse(text) for text in places], tmp_path / "run", data=data)
    check_belonging(RunFolder.open(folder.path), "score", manifest=True)
    return build(folder.path)


def two(tmp_path: Path, task: str = "chartqa", **second: Any) -> tuple[str, str]:
    one = write_model(tmp_path / "logs" / "caprl", {task: documents(task, SOME)})
    other = write_model(tmp_path / "logs" / "dense", {task: documents(task, FEWER)}, **second)
    return str(one), str(other)


@pytest.mark.parametrize("task", [task for task in VALUES if task != "mmbench_en_dev"])
def test_each_shape_of_metric_gives_its_scores(task: str, tmp_path: Path) -> None:
    board = imported(tmp_path, *two(tmp_path, task))
    high, low = {"infovqa_val": (0.9, 0.2), "mmvet": (0.7, 0.0)}.get(task, (1.0, 0.0))
    best, worst = board.rows
    assert (best.captioner, worst.captioner) == ("caprl", "dense")
    assert best.cells[task].estimate.value == pytest.approx((4 * high + 2 * low) / 6)
    assert worst.cells[task].estimate.value == pytest.approx((2 * high + 4 * low) / 6)


def test_the_models_are_compared_document_by_document(tmp_path: Path) -> None:
    board = imported(tmp_path, *two(tmp_path))
    (comparison,) = board.comparisons
    expected = paired_difference([float(one) for one in SOME], [float(one) for one in FEWER], range(6))
    assert (comparison.difference.value, comparison.difference.p) == (expected.value, expected.p)


def test_a_metric_without_scores_of_documents_leaves_its_task_out_and_says_so(tmp_path: Path) -> None:
    tasks = {task: documents(task, SOME) for task in ("chartqa", "mmbench_en_dev")}
    board = imported(tmp_path, str(write_model(tmp_path / "a", tasks)))
    assert board.benchmarks == ("chartqa",)
    assert any("mmbench_en_dev is left out" in warning and "gpt_eval_score" in warning for warning in board.warnings)
    # What lmms-eval itself made of it stands beside.
    assert {own.benchmark: dict(own.numbers) for own in board.own} == {
        "chartqa": {"relaxed_overall": ("0.5",)},
        "mmbench_en_dev": {"gpt_eval_score": ("0.5",)},
    }


def test_a_judge_that_was_away_is_no_wrong_answer(tmp_path: Path) -> None:
    lines = [line("chartqa", doc, relaxed_overall=value) for doc, value in enumerate([1.0, -1, None, 0.0])]
    (row,) = imported(tmp_path, str(write_model(tmp_path / "a", {"chartqa": lines}))).rows
    assert (row.items, row.mean.value) == (2, 0.5)
    assert row.outcomes["failed"] == 2


def test_the_order_of_several_processes_does_not_matter(tmp_path: Path) -> None:
    one, other = two(tmp_path, task_hashes={"chartqa": "of another order"})
    path = Path(other) / f"{STAMP}_samples_chartqa.jsonl"
    path.write_text("".join(reversed(path.read_text().splitlines(keepends=True))))
    board = imported(tmp_path, one, other)
    assert [row.cells["chartqa"].estimate.value for row in board.rows] == [4 / 6, 2 / 6]
    assert pq.read_table(tmp_path / "run" / "verdicts.parquet")["item"].to_pylist() == [
        str(i) for i in range(6) for _ in "ab"
    ]


@pytest.mark.parametrize(
    ("second", "field"),
    [
        ({"lmms_eval_version": "0.7.2"}, "lmms_eval_version"),
        ({"versions": {"chartqa": 2}}, "versions"),
        ({"n-shot": {"chartqa": 4}}, "n-shot"),
        ({"n-samples": {"chartqa": {"original": 400, "effective": 6}}}, "n-samples"),
        ({"config": {"limit": 6}}, "config.limit"),
        (
            {"configs": {"chartqa": {"metric_list": [{"metric": "relaxed_overall"}], "generation_kwargs": {"a": 1}}}},
            "configs.generation_kwargs",
        ),
    ],
)
def test_what_was_asked_differently_is_refused_by_the_field(second: dict[str, Any], field: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=rf"^'caprl' and 'dense' cannot be compared on chartqa: {field} is "):
        imported(tmp_path, *two(tmp_path, **second))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("lines", "said", "words"),
    [
        (documents("chartqa", SOME, doc_hash="other"), {}, "task_hashes, first in doc_hash of doc_id 0"),
        (documents("chartqa", SOME, doc_hash=""), {"task_hashes": {"chartqa": "other"}}, "task_hashes is hash of"),
        ([{**one, "doc_id": one["doc_id"] + 1} for one in documents("chartqa", SOME)], {}, "doc_id 0"),
    ],
)
def test_other_documents_are_refused(
    lines: list[dict[str, Any]], said: dict[str, Any], words: str, tmp_path: Path
) -> None:
    first = write_model(tmp_path / "a", {"chartqa": documents("chartqa", SOME)})
    second = write_model(tmp_path / "b", {"chartqa": lines}, **said)
    with pytest.raises(UsageError, match=words):
        imported(tmp_path, str(first), str(second))


def spoil(folder: Path, text: str) -> None:
    (folder / f"{STAMP}_samples_chartqa.jsonl").write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([line("chartqa", 0), line("chartqa", 1), line("chartqa", 0)], "line 1 and .* line 3: doc_id 0 is there twice"),
        ([line("chartqa", 0, relaxed_overall=73.2)], "line 1: relaxed_overall is 73.2, which is no score from 0 to 1"),
        ([line("chartqa", 0, doc_id="x")], "line 1: no doc_id"),
        ([line("chartqa", 0, relaxed_overall="yes")], "'yes', which is no score"),
        ([], "holds 0 documents"),
    ],
)
def test_spoilt_samples_are_named_by_their_line(lines: list[dict[str, Any]], words: str, tmp_path: Path) -> None:
    folder = write_model(tmp_path / "a", {"chartqa": lines})
    with pytest.raises(DataError, match=words):
        imported(tmp_path, str(folder))


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "a", {"chartqa": documents("chartqa", SOME)})
    spoil(folder, json.dumps(line("chartqa", 0)) + "\n")
    with pytest.raises(DataError, match="holds 1 documents, and its results say 6"):
        imported(tmp_path, str(folder))
    spoil(folder, "{")
    with pytest.raises(DataError, match="line 1: not JSON"):
        imported(tmp_path, str(folder))


@pytest.mark.parametrize("text", ["", "[]", '{"results": {}}', '{"results": {"../x": 1}, "configs": [], "config": 3}'])
def test_a_results_file_of_any_shape_is_one_line(text: str, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / f"{STAMP}_results.json").write_text(text)
    with pytest.raises(PrismError) as raised:
        imported(tmp_path, str(tmp_path / "a"))
    assert "\n" not in str(raised.value)
    assert raised.value.exit_code == 2


def test_a_folder_of_several_models_gives_them_all(tmp_path: Path) -> None:
    two(tmp_path)
    assert {row.captioner for row in imported(tmp_path, str(tmp_path / "logs")).rows} == {"caprl", "dense"}


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("logs?label=x", "holds 2 models"),
        ("logs/caprl?size=3", "no option 'size'"),
        ("logs/caprl?images=many", "images=many: a number is wanted"),
        ("nowhere", r"no \*_results.json"),
    ],
)
def test_a_place_that_will_not_do_is_said(place: str, words: str, tmp_path: Path) -> None:
    two(tmp_path)
    with pytest.raises(UsageError, match=words):
        imported(tmp_path, f"{tmp_path}/{place}")


def test_two_models_of_one_name_and_a_task_twice_are_refused(tmp_path: Path) -> None:
    tasks = {"chartqa": documents("chartqa", SOME)}
    one = write_model(tmp_path / "a", tasks, name="same")
    other = write_model(tmp_path / "b", tasks, name="same")
    with pytest.raises(UsageError, match="two models are called 'same'"):
        imported(tmp_path, str(one), str(other))
    write_model(tmp_path / "b", tasks, name="same", stamp="20261102_000000")
    with pytest.raises(DataError, match=r"chartqa is there twice: .*20261101.*20261102.*remove one"):
        imported(tmp_path, str(other))


@pytest.mark.parametrize(
    ("text", "count"), [("200000", 200_000), ("200k", 200_000), ("1M", 10**6), ("1_000_000", 10**6)]
)
def test_a_number_of_images_is_read_as_people_write_it(text: str, count: int) -> None:
    assert Place.parse(f"logs/x?label=CapRL&images={text}") == Place(Path("logs/x"), "CapRL", count)


def chart_lines(right: list[bool]) -> list[dict[str, Any]]:
    """Documents that ask what `chart_folder` asks: two questions on each image."""
    asked = [f"What is the value of bar {number} in chart {shade}?" for shade in range(3) for number in range(2)]
    prompts = [f"{question}\nAnswer the question with a single word." for question in asked]
    return [line("chartqa", doc, one, input=prompts[doc]) for doc, one in enumerate(right)]


def test_a_copy_of_the_data_set_gives_the_images(tmp_path: Path) -> None:
    data = chart_folder(tmp_path / "data", images=3)
    folder = write_model(tmp_path / "a", {"chartqa": chart_lines(SOME)})
    board = imported(tmp_path, str(folder), data=str(data))
    assert board.rows[0].cells["chartqa"].estimate.clusters == 3
    images = pq.read_table(tmp_path / "run" / "verdicts.parquet")["images"].to_pylist()
    assert all(len(digest) == 64 for (digest,) in images)
    assert images[0] == images[1] != images[2]
    assert not any("nclustered" in text for text in (*board.warnings, *board.measured))


def test_a_copy_with_other_rows_is_not_joined_and_that_is_said(tmp_path: Path) -> None:
    data = chart_folder(tmp_path / "data", images=3)
    lines = chart_lines(SOME)
    lines[3]["input"] = "Who asks this?"
    board = imported(tmp_path, str(write_model(tmp_path / "a", {"chartqa": lines})), data=str(data))
    assert board.rows[0].cells["chartqa"].estimate.clusters == 6
    assert any("not joined to its data set: doc_id 3 asks 'Who asks this?'" in warning for warning in board.warnings)
    assert "unclustered: chartqa" in board.measured


@pytest.mark.parametrize(
    "given",
    [
        {"input_media": ["images/0.png"]},
        {"doc": {"imageId": "n161313"}},
        {"doc": {"docId": 7, "questionId": 1}},
        {"input_media": ["data:image/png;base64," + base64.b64encode(b"x").decode()]},
    ],
)
def test_a_field_that_names_the_image_makes_the_clusters(given: dict[str, Any], tmp_path: Path) -> None:
    lines = documents("chartqa", SOME)
    board = imported(
        tmp_path,
        str(write_model(tmp_path / "a", {"chartqa": [*(one | given for one in lines[:5]), lines[5] | spare(given)]})),
    )
    assert board.rows[0].cells["chartqa"].estimate.clusters == 2
    assert not any("nclustered" in text for text in (*board.warnings, *board.measured))


def spare(given: dict[str, Any]) -> dict[str, Any]:
    """The same field, of another image."""
    ((key, value),) = given.items()
    return {key: ["another"] if isinstance(value, list) else {**value, next(iter(value)): "another"}}


def test_where_nothing_names_the_image_the_row_and_the_notes_say_unclustered(tmp_path: Path) -> None:
    board = imported(tmp_path, *two(tmp_path))
    assert board.rows[0].cells["chartqa"].estimate.clusters == 6
    assert [column.title for column in board.scores] == ["chartqa (unclustered)"]
    assert any(warning.startswith("Unclustered: chartqa.") for warning in board.warnings)
    # Documents are not given out as images.
    assert "6 images" not in render(board)
    assert "results of lmms-eval 0.7.3" in board.measured[0]
    assert "secret" not in (tmp_path / "run" / "manifest.json").read_text()


def test_equal_results_give_equal_folders_and_others_are_refused(tmp_path: Path) -> None:
    places = [Place.parse(text) for text in two(tmp_path)]
    for name in ("one", "two", "one"):
        import_lmms_eval(places, tmp_path / name)
    for name in ("plan.toml", "manifest.json", "verdicts.parquet"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    with pytest.raises(UsageError, match="holds the run of another plan"):
        import_lmms_eval(places[:1], tmp_path / "one")


def test_the_day_it_was_measured_is_read_as_one(tmp_path: Path) -> None:
    board = imported(tmp_path, *two(tmp_path))
    assert (STAMP, board.manifest.get("created")) == ("20261101_120000", "2026-11-01T12:00:00")
    assert "2026-11-01" in render(board)


def test_the_images_trained_on_are_a_column_of_every_table(tmp_path: Path) -> None:
    one, other = two(tmp_path)
    board = imported(tmp_path, f"{one}?images=200k", other)
    assert {row["captioner"]: row["images_trained"] for row in records(board)} == {"caprl": 200_000, "dense": None}
    assert "200,000" in as_text(board, 200)
    assert "images_trained" not in records(imported_again(tmp_path, one))[0]


def imported_again(tmp_path: Path, place: str) -> Leaderboard:
    return build(import_lmms_eval([Place.parse(place)], tmp_path / "again").path)


def test_models_that_were_imported_apart_stand_in_one_table_if_they_were_asked_alike(tmp_path: Path) -> None:
    one, other = two(tmp_path)
    asked_otherwise = {"configs": {"chartqa": {"metric_list": [{"metric": "relaxed_overall"}], "generation_kwargs": 1}}}
    third = write_model(tmp_path / "logs" / "third", {"chartqa": documents("chartqa", SOME)}, **asked_otherwise)
    places = {name: Place.parse(str(place)) for name, place in (("one", one), ("other", other), ("third", third))}
    runs = {name: import_lmms_eval([place], tmp_path / name).path for name, place in places.items()}
    board = build([runs["one"], runs["other"]])
    assert [row.captioner for row in board.rows] == ["caprl", "dense"]
    assert "unclustered: chartqa" in board.measured
    with pytest.raises(UsageError, match=r"chartqa: scorer\.configs\.generation_kwargs"):
        build([runs["one"], runs["third"]])


@pytest.mark.parametrize("media", ["picture {}.png", "{}", ["picture {}.png"]])
def test_what_names_the_images_may_be_no_list(tmp_path: Path, media: Any) -> None:
    lines = documents("chartqa", SOME)
    for place, one in enumerate(lines):
        name = json.dumps(media).replace("{}", str(1 + place % 2))
        one["input_media"] = int(json.loads(name)) if media == "{}" else json.loads(name)
    board = imported(tmp_path, str(write_model(tmp_path / "logs", {"chartqa": lines})))
    assert board.rows[0].cells["chartqa"].estimate.clusters == 2
