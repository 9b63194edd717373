"""A run folder of a stranger's: what it claims holds for the command that reads it, and for nothing later."""

import html
import json
from dataclasses import asdict

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from prism_eval.calls.upkeep import stats, verify
from prism_eval.errors import RunError
from prism_eval.leaderboard.writing import counted
from prism_eval.plan import make_plan
from prism_eval.report.evaluate import published
from prism_eval.run.execute import run_plan
from prism_eval.run.replay import import_calls, reopen


@pytest.fixture
def run(tmp_path):
    def go(out, store="mine", **more):
        plan = make_plan({"captioners": ["oracle"], "benchmarks": ["chartqa"], "limit": 4, "thumbnails": False})
        return run_plan(plan, out=tmp_path / out, store=tmp_path / store, **more)

    return go


def rewritten(folder, name, **columns):
    """A table of a run folder with other columns, and its metadata as it was."""
    path = folder / f"{name}.parquet"
    table = pq.read_table(path)
    for column, make in columns.items():
        values = [make(row) for row in table.to_pylist()]
        table = table.set_column(table.schema.get_field_index(column), column, pa.array(values, pa.string()))
    pq.write_table(table, path)


@pytest.fixture
def theirs(run, tmp_path):
    """What a stranger sends: a run of the same plan, whose answers are as they like them."""
    folder = run("theirs", store="their-store").folder.path
    rewritten(folder, "answers", text=lambda row: "Answer: 12345")
    return folder


def go_on(folder, store, stage):
    stages = ["caption", "answer"] if stage == "score" else ["caption"]
    return run_plan(reopen(folder, stages), out=folder, store=store, stages=[stage], live=frozenset({stage}))


def texts(folder, name):
    return {row["text"] for row in pq.read_table(folder / f"{name}.parquet").to_pylist()}


@pytest.mark.parametrize(("stage", "lying"), [("answer", "captions"), ("score", "answers")])
def test_going_on_from_a_folder_puts_none_of_its_texts_into_the_store(run, theirs, tmp_path, stage, lying):
    rewritten(theirs, lying, text=lambda row: "Answer: 12345")
    go_on(theirs, tmp_path / "mine", stage)
    assert texts(theirs, lying) == {"Answer: 12345"}
    # The answers that one's own reader gave are one's own.
    assert {line.stage for line in stats(tmp_path / "mine")} == ({"answer"} if stage == "answer" else set())
    own = run("own")
    assert own.tallies["caption"].hits == own.tallies["answer"].hits == 0
    assert "12345" not in str(texts(own.folder.path, "captions") | texts(own.folder.path, "answers"))


def test_a_folder_s_own_texts_are_scored_though_the_store_has_others(run, theirs, tmp_path):
    run("own")
    scored = go_on(theirs, tmp_path / "mine", "score")
    assert set(published(scored).to_pandas()["answer"]) == {"Answer: 12345"}


def test_a_caption_under_the_key_of_an_answer_is_no_answer(run, theirs, tmp_path):
    captions = pq.read_table(theirs / "captions.parquet")
    keys = [row["key"] for row in pq.read_table(theirs / "answers.parquet").to_pylist()]
    forged = [{**captions.to_pylist()[0], "key": key, "text": "Answer: 54321"} for key in keys]
    both = pa.concat_tables([captions, pa.Table.from_pylist(forged, captions.schema)])
    pq.write_table(both, theirs / "captions.parquet")
    answered = go_on(theirs, tmp_path / "mine", "answer")
    assert answered.tallies["answer"].hits == 0
    assert "54321" not in str(texts(theirs, "answers"))


def test_what_is_imported_on_purpose_says_so_wherever_it_is_used(run, theirs, tmp_path):
    images, answers = (len(pq.read_table(theirs / f"{name}.parquet")) for name in ("captions", "answers"))
    assert import_calls(theirs, tmp_path / "mine") == images + answers
    assert verify(tmp_path / "mine") == []
    used = run("own")
    assert [(one.stage, one.count, one.folder) for one in used.imported] == [
        ("caption", images, str(theirs)),
        ("answer", answers, str(theirs)),
    ]
    manifest = json.loads((used.folder.path / "manifest.json").read_text())
    assert manifest["counts"]["imported"] == list(map(asdict, used.imported))
    shown = published(used)
    said = f"{counted(images, 'caption')} of oracle imported from {theirs}, and not called by this run."
    assert said in shown.leaderboard.warnings
    assert f"imported from {theirs}" in html.unescape(shown.html.read_text(encoding="utf-8")).replace("<wbr>", "")


def test_a_text_has_a_length_and_many_wait_for_the_disk(theirs, tmp_path, monkeypatch):
    monkeypatch.setattr("prism_eval.run.replay._WAITING", 10)
    assert import_calls(theirs, tmp_path / "mine") > 2
    monkeypatch.setattr("prism_eval.run.replay.MAX_CHARACTERS", 10)
    with pytest.raises(RunError, match="more than 10"):
        import_calls(theirs, tmp_path / "other")


def test_a_text_that_ended_in_no_way_of_ours_is_told_in_one_line(theirs, tmp_path):
    rewritten(theirs, "captions", finish_reason=lambda row: "boredom")
    with pytest.raises(RunError, match="'boredom', which is no way to end"):
        go_on(theirs, tmp_path / "mine", "answer")
    with pytest.raises(RunError, match="'boredom'"):
        import_calls(theirs, tmp_path / "mine")
