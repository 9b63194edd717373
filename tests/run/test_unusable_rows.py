"""A row that cannot be used is a failed verdict, and the rest of the run goes on."""

from __future__ import annotations

import base64
import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import prism_eval
from prism_eval.benchmarks import RowError, open_benchmark
from prism_eval.captioners import Captioner
from prism_eval.errors import DataError, UsageError
from prism_eval.leaderboard import build
from prism_eval.plan import Plan
from prism_eval.reasoners import Reasoner
from prism_eval.report.html import render
from prism_eval.run.execute import run_plan
from prism_eval.run.reading import Table, read_manifest
from prism_eval.run.replay import reopen
from prism_eval.schema import Answer, Caption
from tests.builders import chart_folder, png


@dataclass(kw_only=True)
class Counting(Captioner):
    """Says one thing of every image, and knows how often it was asked."""

    asked: list[str] = field(default_factory=list)

    @property
    def identity(self) -> dict[str, object]:
        return {"plugin": "counting"}

    async def caption(self, images: Any, *, sample: int, question: str | None = None) -> Caption:
        self.asked += [image.name for image in images]
        return Caption(f"A chart {sample}.")


@dataclass(kw_only=True)
class Always(Reasoner):
    """Always gives one reply."""

    reply: str

    @property
    def identity(self) -> dict[str, object]:
        return {"plugin": "always", "reply": self.reply}

    async def answer(self, caption: Caption, item: Any, *, sample: int) -> Answer:
        return Answer(self.reply)


def spoil(data: Path, *changes: tuple[int, dict[str, Any]]) -> None:
    """Change rows of the chart folder; a column set to ``...`` is removed."""
    file = data / "chartqa" / "data.jsonl"
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    for number, change in changes:
        rows[number] = {key: value for key, value in {**rows[number], **change}.items() if value is not ...}
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))


def run(folder: Path, data: Path, captioner: Captioner | None = None, **plan: Any) -> Any:
    return prism_eval.evaluate(
        captioner or Counting(),
        **{
            "reasoner": Always(reply="Answer: 0"),
            "benchmarks": "chartqa",
            "data": data,
            "out": folder / "run",
            "store": folder / "store.sqlite",
            **plan,
        },
    )


BAD_ROWS: dict[str, tuple[dict[str, Any], str]] = {
    "no gold": ({"label": None}, "gold missing"),
    "an empty gold": ({"label": ""}, "gold missing"),
    "no such column": ({"label": ...}, "column missing"),
    "no such file": ({"imgname": "none.png"}, "image missing"),
    "a path that leads out": ({"imgname": "../../secret.png"}, "unsafe path"),
    "a long text for an image": ({"imgname": "a" * 304 + ".png"}, "image missing"),
    "an address": ({"imgname": "https://example.org/a.png"}, "image missing"),
    "a picture that is none": ({"imgname": "data:image/png;base64,AAAA"}, "image does not open"),
    "a picture without its end": ({"imgname": base64.b64encode(png(1)).decode()[:-9]}, "image does not open"),
    "no question": ({"query": " "}, "question missing"),
    "a question that is a number": ({"query": 7}, "question is no text"),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The fingerprint of the folder in which no row is bad."""
    folder = tmp_path_factory.mktemp("whole")
    result = run(folder, chart_folder(folder))
    return str(read_manifest(result.folder.path)["benchmarks"][0]["fingerprint"])


@pytest.mark.parametrize("case", BAD_ROWS)
def test_one_bad_row_is_in_no_score_and_everywhere_said(tmp_path: Path, case: str, whole: str) -> None:
    (change, reason), place = BAD_ROWS[case], 5
    data = chart_folder(tmp_path / "data")
    spoil(data, (place, change))
    result = run(tmp_path, data)
    assert (result.failed, result.counts.done) == (1, 8)
    assert result.counts.outcomes["failed"] == 1
    rows = Table(result.folder.path, "verdicts").rows(["item", "outcome", "caption", "answer", "note"])
    (failed,) = [row for row in rows if row["outcome"] == "failed"]
    assert (failed["item"], failed["caption"], failed["answer"]) == (str(place), None, None)
    assert f"data.jsonl line {place + 1}" in failed["note"] or reason == "image does not open"
    (row,) = result.leaderboard.rows
    assert row.items == row.cells["chartqa"].estimate.items == 7
    (told, *others) = result.leaderboard.warnings
    assert told.startswith(f"chartqa: 1 of 8 rows unusable and in no score: 1 x {reason} (first: ")
    assert not any("failed" in other or "different items" in other for other in others)
    (entry,) = read_manifest(result.folder.path)["benchmarks"]
    assert (entry["items"], entry["unusable"]["reasons"]) == (7, {reason: 1})
    assert entry["fingerprint"] != whole
    assert "1 of 8 rows unusable" in render(result.leaderboard)


HALF = "\ud800"
"""Half of a surrogate pair: JSON can carry it, and no file can."""


@pytest.mark.parametrize(
    ("change", "failed"),
    [
        ({"id": HALF}, 0),
        ({"id": f"a{HALF}", "answer": "Z"}, 1),
        ({"question": f"Which{HALF}?"}, 0),
        ({"options": [f"a{HALF}", "b"]}, 0),
        ({"question_type": "open", "options": [], "answer": f"g{HALF}"}, 0),
        ({"question_type": HALF}, 1),
        ({"image_1": f"{HALF}.png"}, 1),
        ({"subject": HALF, "image_1": None}, 1),
    ],
)
def test_half_a_surrogate_pair_costs_no_other_row(tmp_path: Path, change: dict[str, Any], failed: int) -> None:
    picture = base64.b64encode(png(1)).decode()
    row = {"question": "Which?", "question_type": "multiple-choice", "options": ["a", "b"], "answer": "B"}
    rows = [{**row, "image_1": picture, "id": name, **more} for name, more in (("1", {}), ("2", change), ("3", change))]
    (tmp_path / "mmmu").mkdir()
    (tmp_path / "mmmu" / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = run(tmp_path, tmp_path, benchmarks="mmmu", reasoner=Always(reply="Answer: B"))
    assert (result.failed, result.counts.done) == (2 * failed, 3)
    ids = [row["item"] for row in Table(result.folder.path, "verdicts").rows(["item"])]
    assert len(set(ids)) == 3
    assert render(result.leaderboard).encode("utf-8")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_folder_whose_name_is_no_text_can_be_run(tmp_path: Path) -> None:
    data = chart_folder(tmp_path / os.fsdecode(b"d\xff"))
    spoil(data, (0, {"label": None}))
    assert run(tmp_path, data).failed == 1


def test_the_rest_scores_as_if_the_row_were_not_there(tmp_path: Path) -> None:
    data, without = chart_folder(tmp_path / "with"), chart_folder(tmp_path / "without")
    spoil(data, (0, {"label": None}))
    file = without / "chartqa" / "data.jsonl"
    file.write_text("".join(file.read_text().splitlines(keepends=True)[1:]))
    estimates = [run(folder, folder).leaderboard.rows[0].mean for folder in (data, without)]
    assert estimates[0] == estimates[1]


def test_a_row_counts_once_a_captioner_and_sample_like_any_other(tmp_path: Path) -> None:
    data = chart_folder(tmp_path / "data")
    spoil(data, (2, {"label": None}), (3, {"imgname": "none.png"}))
    result = run(tmp_path, data, samples=3)
    assert (result.failed, result.counts.outcomes["failed"], result.counts.done) == (2, 6, 24)
    told, *others = result.leaderboard.warnings
    assert "2 of 8 rows unusable and in no score: 1 x gold missing, 1 x image missing (first: " in told
    assert not any("answers failed" in other for other in others)


def test_the_stages_one_at_a_time_give_the_same(tmp_path: Path) -> None:
    data = chart_folder(tmp_path / "data")
    spoil(data, (2, {"label": None}), (5, {"imgname": "data:,x"}))
    plan = {"captioners": ["blind"], "benchmarks": ["chartqa"], "data": str(data)}
    whole = run_plan(Plan(**plan), out=tmp_path / "whole", store=tmp_path / "1.sqlite")
    staged = tmp_path / "staged"
    run_plan(Plan(**plan), out=staged, store=tmp_path / "2.sqlite", stages=["caption"])
    for stage, before in (("answer", ["caption"]), ("score", ["caption", "answer"])):
        again = reopen(staged, before)
        result = run_plan(
            again, out=staged, store=tmp_path / f"{stage}.sqlite", stages=[stage], live=frozenset({stage})
        )
        assert result.failed == whole.failed == 2
    for table in ("captions", "answers", "verdicts"):
        one, other = (
            list(Table(folder, table).rows(["item"] if table != "captions" else ["key"]))
            for folder in (tmp_path / "whole", staged)
        )
        assert one == other
    assert build(staged).rows == build(tmp_path / "whole").rows
    assert read_manifest(staged)["benchmarks"] == read_manifest(tmp_path / "whole")["benchmarks"]


def test_an_unusable_image_is_neither_captioned_nor_asked_about(tmp_path: Path) -> None:
    data = chart_folder(tmp_path / "data")
    (data / "chartqa" / "images" / "1.png").write_bytes(png(1)[:40])
    captioner = Counting()
    result = run(tmp_path, data, captioner)
    assert sorted(captioner.asked) == ["0.png", "2.png", "3.png"]
    assert result.counts.unusable["chartqa"].unusable.reasons == {"image does not open": 2}


def test_a_wrong_definition_is_said_before_the_first_call(tmp_path: Path) -> None:
    data = chart_folder(tmp_path / "data", images=60)
    good = (data / "chartqa" / "data.jsonl").read_text()
    definition = Path(__file__).parents[2] / "benchmarks" / "chartqa.toml"
    other = tmp_path / "mine.toml"
    other.write_text(definition.read_text().replace('name = "chartqa"', 'name = "mine"').replace('"label"]', '"gold"]'))
    (data / "mine").mkdir()
    (data / "mine" / "data.jsonl").write_text(good)
    (data / "mine" / "images").symlink_to(data / "chartqa" / "images")
    with pytest.raises(DataError, match="none of the first 100 rows can be used; 100 x column missing"):
        run(tmp_path, data, benchmarks=str(other))
    result = run(tmp_path, data, benchmarks=["chartqa", str(other)], overwrite=True)
    assert list(result.counts.benchmarks) == ["chartqa"]
    assert "none of the first 100 rows can be used" in result.unread[str(other)]


def test_answers_that_nobody_could_score_are_not_asked_for(tmp_path: Path) -> None:
    # Its rows are read, and no scorer of letters can grade a word.
    data = chart_folder(tmp_path / "data")
    definition = (Path(__file__).parents[2] / "benchmarks" / "chartqa.toml").read_text()
    (tmp_path / "mine.toml").write_text(definition.replace('official = "relaxed"', 'official = "mmstar"'))
    captioner = Counting()
    with pytest.raises(DataError, match="none of the first 8 rows can be used; 8 x cannot be scored"):
        run(tmp_path, data, captioner, benchmarks=str(tmp_path / "mine.toml"))
    assert captioner.asked == []


@pytest.mark.parametrize("limit", [0, 3])
def test_rows_of_which_none_can_be_used_are_no_run(tmp_path: Path, limit: int) -> None:
    data = chart_folder(tmp_path / "data")
    spoil(data, *[(number, {"label": None}) for number in range(limit or 8)])
    with pytest.raises(DataError, match=f"none of the first {limit or 8} rows can be used"):
        run(tmp_path, data, limit=limit, first=bool(limit))


def test_a_sample_of_which_none_can_be_used_is_no_run(tmp_path: Path) -> None:
    data = chart_folder(tmp_path / "data")
    drawn = [int(item.id) for item in open_benchmark("chartqa", data).sampled(limit=3, seed=0).items()]
    assert len(drawn) == 2
    spoil(data, *[(number, {"label": None}) for number in drawn])
    with pytest.raises(DataError, match="none of the first 2 rows can be used"):
        run(tmp_path, data, limit=3)


def test_unusable_rows_are_drawn_and_counted_like_the_others(tmp_path: Path) -> None:
    data = chart_folder(tmp_path / "data", images=30)
    spoil(data, *[(number, {"imgname": "none.png"}) for number in range(0, 60, 3)])
    whole, result = open_benchmark("chartqa", data), run(tmp_path, data, limit=30)
    drawn = list(whole.sampled(limit=30, seed=0).items_and_problems())
    bad = sum(isinstance(item, RowError) for item in drawn)
    assert (len(drawn), whole.sampled(limit=30, seed=0).size()) == (30, 60)
    count = result.counts.benchmarks["chartqa"]
    assert (count.items, count.unusable.reasons.total(), bad) == (30 - bad, bad, bad)
    assert 0 < bad < 20


def write(folder: Path, ids: list[Any], golds: str) -> Path:
    home = folder / "mine"
    home.mkdir(parents=True)
    (home / "a.png").write_bytes(png(1))
    rows = [
        {"id": one, "question": f"{place}?", "options": ["a", "b"], "answer": gold, "image": "a.png"}
        for place, (one, gold) in enumerate(zip(ids, golds, strict=True))
    ]
    (home / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "mine.toml").write_text(prism_eval_skeleton())
    return folder


def prism_eval_skeleton() -> str:
    from prism_eval.benchmarks import skeleton

    return skeleton("mine")


@pytest.mark.parametrize(
    ("ids", "told"),
    [
        (["1", "1", "2"], ["1", "1#2", "2"]),
        ([1, "1", 1.0], ["1", "1#2", "1#3"]),
        (["a", " a", "a "], ["a", "a#2", "a#3"]),
        (["1", "1#2", "1"], ["1", "1#2", "1#3"]),
        (["1", "1", "1#2"], ["1", "1#2", "1#2#2"]),
    ],
)
def test_two_rows_of_one_id_are_two_items(tmp_path: Path, ids: list[Any], told: list[str]) -> None:
    data = write(tmp_path / "data", ids, "ABA")
    result = run(tmp_path, data, benchmarks=str(data / "mine.toml"), reasoner=Always(reply="Answer: A"))
    assert [row["item"] for row in Table(result.folder.path, "verdicts").rows(["item"])] == told
    (row,) = result.leaderboard.rows
    assert (row.items, round(100 * row.mean.value, 1), row.positions) == (3, 66.7, None)


@pytest.mark.parametrize("ids", [[None, None, "1"], ["", " ", "1"]])
def test_rows_without_an_id_are_known_by_their_place(tmp_path: Path, ids: list[Any]) -> None:
    data = write(tmp_path / "data", ids, "AAA")
    result = run(tmp_path, data, benchmarks=str(data / "mine.toml"))
    assert [row["item"] for row in Table(result.folder.path, "verdicts").rows(["item"])] == ["row 1", "row 2", "1"]
    assert result.failed == 2


@pytest.mark.parametrize("names", [["chartqa", "chartqa"], ["mmmu_pro", "mmmu_pro:standard10"]])
def test_one_benchmark_twice_is_refused(tmp_path: Path, names: list[str]) -> None:
    with pytest.raises(UsageError, match="is named twice"):
        run(tmp_path, "synthetic", benchmarks=names)


def test_the_seed_of_orders_knows_the_items_apart(tmp_path: Path) -> None:
    data = write(tmp_path / "data", ["1", "1", "2"], "ABA")
    result = run(tmp_path, data, benchmarks=str(data / "mine.toml"), reasoner=Always(reply="Answer: A"), orders=2)
    (row,) = result.leaderboard.rows
    assert (row.items, row.answers) == (3, 6)


@pytest.mark.parametrize("edition", ["official", "caprl", "strict"])
def test_a_gold_that_is_empty_on_purpose_is_asked_and_scores_nothing(tmp_path: Path, edition: str) -> None:
    home = tmp_path / "data" / "chartqapro"
    home.mkdir(parents=True)
    (home / "a.png").write_bytes(png(1))
    rows = [
        {"Question": ["q?"], "Answer": ["3"], "Question Type": "Factoid", "Year": ["NO"]},
        {"Question": ["q?", "r?"], "Answer": ["x", ""], "Question Type": "Conversational", "Year": ["NO", "YES"]},
        {"Question": ["q?", "r?"], "Answer": ["x", ""], "Question Type": "Conversational", "Year": ["NO", "NO"]},
    ]
    lines = [json.dumps({**row, "image": "a.png", "Paragraph": ""}) + "\n" for row in rows]
    (home / "data.jsonl").write_text("".join(lines))
    reply = "</think><answer>\\boxed{3}</answer>" if edition == "caprl" else "Answer: 3"
    result = run(
        tmp_path,
        tmp_path / "data",
        benchmarks="chartqapro",
        edition=edition,
        reasoner=Always(reply=reply),
        protocol="standard",
    )
    assert result.failed == 0
    scores = [row["score"] for row in Table(result.folder.path, "verdicts").rows(["score"])]
    assert scores == [1.0, 0.0, 0.0]


def test_the_same_in_a_benchmark_that_does_not_say_so_is_a_failed_row(tmp_path: Path) -> None:
    data = write(tmp_path / "data", ["1", "2"], "AB")
    file = data / "mine" / "data.jsonl"
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    rows[1] |= {"options": [], "answer": ""}
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = run(tmp_path, data, benchmarks=str(data / "mine.toml"))
    assert result.counts.unusable["mine"].unusable.reasons == {"gold missing": 1}
