"""A benchmark whose data cannot be read at all: left out, said before the first call, and noted on the page."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest

from prism_eval import evaluate
from prism_eval.errors import DataUnreadable
from prism_eval.run.execute import run_plan
from prism_eval.run.reading import Table, read_manifest
from prism_eval.run.replay import reopen
from tests.builders import chart_folder

POINTER = "version https://git-lfs.github.com/spec/v1\n"
BROKEN = {
    "no folder": lambda folder: None,
    "an empty folder": lambda folder: folder.mkdir(),
    "an empty file": lambda folder: (folder.mkdir(), (folder / "data.jsonl").touch()),
    "another split": lambda folder: (folder.mkdir(), (folder / "train.parquet").touch()),
    "a spoilt file": lambda folder: (folder.mkdir(), (folder / "data.parquet").write_text("spoilt")),
    "a pointer": lambda folder: (folder.mkdir(), (folder / "data.parquet").write_text(POINTER)),
    "a link to nothing": lambda folder: (folder.mkdir(), (folder / "data.parquet").symlink_to("gone")),
    "other columns": lambda folder: (folder.mkdir(), (folder / "data.jsonl").write_text('{"a": 1}\n')),
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return chart_folder(tmp_path / "data", images=2, questions=1)


@pytest.mark.parametrize("how", BROKEN)
def test_one_benchmark_never_sinks_another(data: Path, tmp_path: Path, how: str) -> None:
    BROKEN[how](data / "mmmu")
    said: list[str] = []

    def watch(state):
        # Before the first call, and therefore before anything is counted.
        assert not state.counts.done
        said.extend(state.unread)
        return nullcontext()

    run = evaluate(
        "blind", benchmarks=["mmmu", "chartqa"], data=data, out=tmp_path / "run", store=tmp_path / "store", watch=watch
    )
    assert said == list(run.unread) == ["mmmu"]
    assert [column.name for column in run.leaderboard.scores] == ["chartqa"]
    (note,) = [line for line in run.leaderboard.warnings if line.startswith("mmmu is left out, since its data cannot")]
    assert run.unread["mmmu"] in note
    assert "mmmu is left out" in run.html.read_text(encoding="utf-8")
    assert "\n" not in run.unread["mmmu"]


def test_nothing_that_can_be_read_is_one_line_for_each(data: Path, tmp_path: Path) -> None:
    with pytest.raises(DataUnreadable) as caught:
        evaluate("blind", benchmarks=["mmmu", "mmstar"], data=data, out=tmp_path / "run", store=tmp_path / "store")
    assert [line.partition(":")[0] for line in caught.value.lines] == ["mmmu", "mmstar"]


def test_a_stage_that_goes_on_loses_no_benchmark(data: Path, tmp_path: Path) -> None:
    out, store = tmp_path / "run", tmp_path / "store"
    evaluate("blind", benchmarks=["chartqa", "mmmu"], data=chart_and_mmmu(data), out=out, store=store)
    before = (out / "verdicts.parquet").read_bytes()
    (data / "mmmu" / "data.jsonl").unlink()
    plan = reopen(out, ["caption", "answer"])
    with pytest.raises(DataUnreadable, match="mmmu"):
        run_plan(plan, out=out, store=store, stages=["score"])
    assert (out / "verdicts.parquet").read_bytes() == before


def chart_and_mmmu(data: Path) -> Path:
    (data / "mmmu").mkdir()
    (data / "mmmu" / "a.png").write_bytes((data / "chartqa" / "images" / "0.png").read_bytes())
    row = '{"id": "1", "question": "Q?", "question_type": "open", "options": "[]", "answer": "x", "image_1": "a.png"}\n'
    (data / "mmmu" / "data.jsonl").write_text(row, encoding="utf-8")
    return data


def test_what_the_data_lacks_is_noted_whatever_the_limit(data: Path, tmp_path: Path) -> None:
    run = evaluate("blind", benchmarks="chartqa", data=data, limit=1, out=tmp_path / "run", store=tmp_path / "store")
    assert "chartqa, its data is not the published set: 2,500 rows are published; found here: 2." in (
        run.leaderboard.warnings
    )
    twin = evaluate("blind", benchmarks="chartqa", limit=1, out=tmp_path / "twin", store=tmp_path / "store")
    assert not any("published" in warning for warning in twin.leaderboard.warnings)


def test_what_was_left_out_before_stops_no_later_stage(data: Path, tmp_path: Path) -> None:
    out, store = tmp_path / "run", tmp_path / "store"
    BROKEN["a spoilt file"](data / "mmmu")
    evaluate("blind", benchmarks=["chartqa", "mmmu"], data=data, out=out, store=store)
    before = Table(out, "verdicts").columns({"item": "string"})
    for stages in (["answer", "score"], ["score"]):
        again = run_plan(reopen(out, ["caption"]), out=out, store=store, stages=stages)
        assert list(again.unread) == list(read_manifest(out)["unread"]) == ["mmmu"]
    assert Table(out, "verdicts").columns({"item": "string"}) == before
