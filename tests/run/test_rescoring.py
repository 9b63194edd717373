"""Stored answers scored again."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from prism_eval import evaluate
from prism_eval.errors import RunError, UsageError
from prism_eval.gate.output.replays import told
from prism_eval.run.rescoring import Changed, Ruled, rescore
from tests.runfolder import edit
from tests.shell import shell


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A run of all twelve twins, some questions of which are asked in two orders."""
    home = tmp_path_factory.mktemp("replay")
    evaluate("oracle", data="synthetic", limit=4, orders=2, out=home / "run", store=home / "store.sqlite")
    return home / "run"


@pytest.fixture
def run(made, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    for file in made.iterdir():
        if file.is_file():
            (folder / file.name).write_bytes(file.read_bytes())
    return folder


def put(table, column, row, value):
    values = table[column].to_pylist()
    values[row] = value
    return table.set_column(table.column_names.index(column), column, pa.array(values, table[column].type))


def test_every_verdict_is_as_it_was_and_nothing_is_written(run):
    before = {file.name: file.read_bytes() for file in run.iterdir()}
    found = rescore(run)
    assert found.changed == ()
    assert found.left_out == {}
    assert found.answers == pq.read_metadata(run / "verdicts.parquet").num_rows > 50
    assert {file.name: file.read_bytes() for file in run.iterdir()} == before


def test_a_verdict_that_is_another_one_now_is_told_with_both_rules(run):
    row = pq.read_table(run / "verdicts.parquet")["outcome"].to_pylist().index("correct")
    of = pq.read_table(run / "verdicts.parquet").slice(row, 1).to_pylist()[0]

    def wrong(table):
        for column, value in (("outcome", "wrong"), ("score", 0.0), ("extracted", "9"), ("note", "an old rule")):
            table = put(table, column, row, value)
        return table

    edit(run / "verdicts.parquet", wrong)
    (changed,) = rescore(run).changed
    assert changed == Changed(
        **{name: of[name] for name in ("captioner", "reasoner", "benchmark", "item", "sample", "order")},
        before=Ruled("wrong", 0.0, "9", "an old rule"),
        after=Ruled("correct", 1.0, of["extracted"], of["note"]),
    )
    done = shell("gate", "--replay", run)
    assert done.returncode == 1
    assert "FAIL: " in done.stdout
    assert "scored again, 1 verdict changed" in " ".join(done.stdout.split())
    assert "wrong, '9' by an old rule" in done.stdout
    told = shell("gate", "--replay", run, "--format", "json")
    assert told.returncode == 1
    assert json.loads(told.stdout)["changed"][0]["before"]["rule"] == "an old rule"


def test_many_changes_are_capped_on_the_screen_and_whole_in_json(run):
    edit(run / "verdicts.parquet", lambda table: put(table, "score", slice(0, 30), [0.5] * 30))
    found = rescore(run)
    assert len(found.changed) == 30
    said = told(found, "the run")
    sheet = said.sheet
    assert len(sheet.grids[0].rows) == 20
    assert sheet.notes[0] == "10 more: --format json has all of them."
    assert len(said.document["changed"]) == 30
    assert said.cases[0].shown == "failure"
    assert sum(int(case.says.split(": ")[1].split()[0]) for case in said.cases[1:]) == 30


def test_an_answer_that_is_not_there_cannot_change(run):
    def failed(table):
        return put(put(put(table, "outcome", 0, "failed"), "score", 0, None), "answer", 0, None)

    edit(run / "verdicts.parquet", failed)
    edit(run / "answers.parquet", lambda table: put(table, "text", 0, None))
    found = rescore(run)
    assert (found.unanswered, found.changed) == (1, ())


@pytest.mark.parametrize("change", [lambda table: table.slice(1), lambda table: put(table, "item", 3, "another")])
def test_tables_of_different_answers_are_refused(run, change):
    edit(run / "answers.parquet", change)
    with pytest.raises(RunError, match=r"does not go with .*answers.parquet"):
        rescore(run)


def test_a_table_of_an_older_version_is_refused_with_what_mends_it(run):
    edit(run / "verdicts.parquet", lambda table: table.drop_columns(["row"]))
    with pytest.raises(UsageError, match="older prism-eval: score the run once: prism-eval score"):
        rescore(run)


def test_a_scorer_that_is_not_installed_here_is_told(run):
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["benchmarks"][0]["scorer"] = "a-strangers"
    (run / "manifest.json").write_text(json.dumps(manifest))
    found = rescore(run)
    (name,) = found.left_out
    assert name == manifest["benchmarks"][0]["name"]
    assert "a-strangers" in found.left_out[name]
    assert found.answers > 0


def test_what_a_judge_decided_stays_as_long_as_it_is_for_a_judge(run, monkeypatch):
    from prism_eval.scoring.judged import CharXiv

    rows = pq.read_table(run / "verdicts.parquet").to_pylist()
    row = next(place for place, one in enumerate(rows) if one["benchmark"] == "charxiv")
    other = "wrong" if rows[row]["outcome"] == "correct" else "correct"

    def judged(table):
        return put(put(table, "outcome", row, other), "note", row, "judge gpt")

    edit(run / "verdicts.parquet", judged)
    monkeypatch.setattr(CharXiv, "left_open", lambda self, answer, verdict: None)
    assert [one.before.rule for one in rescore(run).changed] == ["judge gpt"]
    monkeypatch.setattr(CharXiv, "left_open", lambda self, answer, verdict: answer.text)
    assert rescore(run).changed == ()


def test_the_reading_of_the_protocol_is_that_of_the_replay(tmp_path):
    out = tmp_path / "run"
    evaluate(
        "oracle",
        data="synthetic",
        benchmarks=["mmstar", "chartqa"],
        limit=4,
        protocol="standard?reading=official",
        out=out,
        store=tmp_path / "store.sqlite",
    )
    # MMStar's own program takes the first character, which of "Answer: B" is an A.
    rows = pq.read_table(out / "verdicts.parquet").to_pylist()
    assert {row["extracted"] for row in rows if row["benchmark"] == "mmstar"} == {"A"}
    assert {row["note"] for row in rows} <= {"official reading", ""}
    assert rescore(out).changed == ()
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    assert manifest["protocol"]["reading"] == manifest["benchmarks"][0]["scoring"]["reading"] == "official"


def test_a_text_that_ended_in_no_way_of_ours_is_told_in_one_line(run):
    edit(run / "answers.parquet", lambda table: put(table, "finish_reason", 0, "boredom"))
    with pytest.raises(RunError, match="'boredom', which is no way to end"):
        rescore(run)
