"""A run that somebody has changed contradicts itself, whatever was changed; one that nobody has does not."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from prism_eval import evaluate
from prism_eval.cli import main
from prism_eval.leaderboard import build
from prism_eval.run.verification import verify
from tests.runfolder import edit

CAPTIONERS = ["oracle", "oracle?recall=.5", "blind", "direct(oracle)"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("verify")
    evaluate(
        CAPTIONERS, benchmarks=["chartqa", "mmstar"], limit=6, orders=2, out=home / "run", store=home / "store.sqlite"
    )
    return home / "run"


@pytest.fixture
def copy(run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(run, tmp_path / "copy"))


def change(folder: Path, table: str, column: str, to: Callable[[Any], Any], rows: int = 1) -> None:
    """Write a table anew with some of a column's first values changed, its metadata kept."""
    path = folder / f"{table}.parquet"
    whole = pq.read_table(path)
    values = whole[column].to_pylist()
    changed = [to(value) for value in values[:rows]] + values[rows:]
    place = whole.schema.get_field_index(column)
    field = whole.schema.field(column)
    pq.write_table(whole.set_column(place, field, pa.array(changed, field.type)), path)


def agrees(folder: Path) -> Path:
    """Put the tables' digests into the manifest, as a forger who has read this would."""
    import hashlib

    path = folder / "manifest.json"
    said = json.loads(path.read_text("utf-8"))
    said["tables"] = {
        name: hashlib.sha256((folder / f"{name}.parquet").read_bytes()).hexdigest() for name in said["tables"]
    }
    path.write_text(json.dumps(said), "utf-8")
    return folder


def test_a_run_that_nobody_has_changed_agrees_with_itself(run: Path) -> None:
    found = verify(run)
    assert found.findings == ()
    assert found.rescored == pq.read_metadata(run / "answers.parquet").num_rows
    # Answers to captions in the options' own order; what an oracle or a control is told stands in no table.
    assert 0 < found.traced < found.texts
    assert any("cannot be made again" in note for note in found.notes)


def test_any_change_of_a_table_is_seen_by_the_manifests_digest(copy: Path) -> None:
    for name in ("captions", "answers", "verdicts"):
        pq.write_table(pq.read_table(copy / f"{name}.parquet"), copy / f"{name}.parquet", compression="none")
    problems = {(one.where, one.problem) for one in verify(copy).findings}
    what = "is not the table that the manifest was written for"
    assert problems == {(f"{name}.parquet", what) for name in ("captions", "answers", "verdicts")}


CHANGES: dict[str, tuple[str, str, Callable[[Any], Any], str]] = {
    "score": ("verdicts", "score", lambda score: 1 - score, "with a score of|today's scorers"),
    "score out of bounds": ("verdicts", "score", lambda _: 7.0, "a score that is none from 0 to 1"),
    "no number": ("verdicts", "score", lambda _: float("nan"), "a score that is none from 0 to 1"),
    "no score": ("verdicts", "score", lambda _: None, "no score, and not failed"),
    "outcome": ("verdicts", "outcome", lambda _: "failed", "failed, with a score"),
    "abstained": ("verdicts", "outcome", lambda _: "abstained", "points for what is no answer"),
    "another word": ("verdicts", "outcome", lambda _: "brilliant", "an outcome that there is not"),
    "gold": ("verdicts", "gold", lambda _: '["x"]', "an item with more than one gold"),
    "question": ("verdicts", "question", lambda _: "Easy?", "an item with more than one question"),
    "image": ("verdicts", "cluster", lambda _: "x", "an item with more than one image"),
    "reply": ("verdicts", "answer", lambda _: "Answer: A", "an answer that answers.parquet does not have there"),
    "caption": ("verdicts", "caption", lambda _: "All of it.", "another caption than the answer was given to"),
    "item": ("verdicts", "item", lambda _: "new", "does not go with answers.parquet row by row"),
    "damaged options": ("verdicts", "options", lambda _: "{", "a row holds what no run writes"),
    "damaged row": ("verdicts", "row", lambda _: "[[", "a row holds what no run writes"),
    "damaged end": ("answers", "finish_reason", lambda _: "??", "which is no way to end"),
    "answers": ("answers", "text", lambda _: "Answer: 3", "an answer that answers.parquet does not have there"),
    "key": ("answers", "key", lambda _: "0" * 64, "a call of lexical that its identity does not make"),
    "no key": ("answers", "key", lambda _: None, "a text that names no call"),
    "captions": ("captions", "text", lambda _: "All.", "a caption that captions.parquet does not have for that image"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_was_changed_is_said_though_the_digests_agree(name: str, copy: Path) -> None:
    table, column, to, problem = CHANGES[name]
    change(copy, table, column, to)
    found = list(map(str, verify(agrees(copy)).findings))
    assert any(any(one in line for one in problem.split("|")) for line in found), found
    assert not any("is not the table" in line for line in found)


def test_one_calls_two_texts_and_counts_that_are_none(copy: Path) -> None:
    key = pq.read_table(copy / "captions.parquet")["key"][0].as_py()
    change(copy, "captions", "key", lambda _: key, rows=2)
    path = copy / "manifest.json"
    said = json.loads(path.read_text("utf-8"))
    said["benchmarks"][0]["items"] += 5
    said["counts"]["outcomes"]["correct"] += 3
    path.write_text(json.dumps(said), "utf-8")
    found = " ".join(map(str, verify(agrees(copy)).findings))
    assert "one call with several texts" in found
    assert "has 11 items" in found
    assert "answers correct, where there are" in found


def alone(run: Path, folder: Path) -> Path:
    """A copy of the run in which one entry is alone: nothing that is said of its items is said twice."""
    shutil.copytree(run, folder)
    for name in ("captions", "answers", "verdicts"):
        path = folder / f"{name}.parquet"
        edit(path, lambda rows: rows.filter(pc.equal(rows["captioner"], "oracle?recall=.5")))
    said = json.loads((folder / "manifest.json").read_text("utf-8"))
    said["captioners"] = [one for one in said["captioners"] if one["label"] == "oracle?recall=.5"]
    said["audit"]["entries"] = [one for one in said["audit"]["entries"] if one["captioner"] == "oracle?recall=.5"]
    said["counts"]["outcomes"] = dict(Counter(pq.read_table(folder / "verdicts.parquet")["outcome"].to_pylist()))
    (folder / "manifest.json").write_text(json.dumps(said), "utf-8")
    return agrees(folder)


FITTED: dict[str, tuple[tuple[str, ...], Callable[[dict[str, Any]], dict[str, Any]], str]] = {
    "golds made to fit": (
        ("verdicts",),
        lambda row: {**row, "gold": json.dumps([row["extracted"] or "x"])},
        "items of",
    ),
    "easier questions": (("verdicts",), lambda row: {**row, "question": "What?"}, "not those of the manifest's finger"),
    "other items": (("answers", "verdicts"), lambda row: {**row, "item": f"x{row['item']}"}, "the items of chartqa"),
    "other images": (("answers", "verdicts"), lambda row: {**row, "images": ["0" * 64]}, "the items of mmstar"),
    "images apart": (("verdicts",), lambda row: {**row, "cluster": row["item"]}, "go with other images than their own"),
    "shorter captions": (("verdicts",), lambda row: {**row, "caption_words": 1}, "of another length than is said"),
    "an entry of another name": (
        ("captions", "answers", "verdicts"),
        lambda row: {**row, "captioner": "gpt"},
        "captioner 'gpt' has verdicts and no identity",
    ),
    "keys of anything": (
        ("answers",),
        lambda row: {**row, "key": "0" * 64},
        "a call of lexical that",
    ),
    "no keys": (("captions",), lambda row: {**row, "key": "k"}, "a text that names no call"),
}


@pytest.mark.parametrize("name", FITTED)
def test_what_one_entry_alone_says_everywhere_is_held_against_what_it_claims(
    name: str, run: Path, tmp_path: Path
) -> None:
    folder = alone(run, tmp_path / "alone")
    assert verify(folder).findings == ()
    tables, to, problem = FITTED[name]
    for table in tables:
        path = folder / f"{table}.parquet"
        edit(path, lambda rows: pa.Table.from_pylist([to(row) for row in rows.to_pylist()], rows.schema))
    assert problem in " ".join(map(str, verify(agrees(folder)).findings))


def test_right_answers_put_in_the_mouth_of_a_reader_that_needs_no_model(run: Path, tmp_path: Path) -> None:
    folder = alone(run, tmp_path / "alone")
    golds = [json.loads(gold)[0] for gold in pq.read_table(folder / "verdicts.parquet")["gold"].to_pylist()]

    def told(rows: pa.Table, column: str) -> pa.Table:
        said = [{**row, column: f"Answer: {gold}"} for row, gold in zip(rows.to_pylist(), golds, strict=True)]
        return pa.Table.from_pylist(said, rows.schema)

    edit(folder / "answers.parquet", lambda rows: told(rows, "text"))
    edit(folder / "verdicts.parquet", lambda rows: told(rows, "answer"))
    assert "answers that lexical does not give" in " ".join(map(str, verify(agrees(folder)).findings))


def test_a_right_answer_that_is_there_twice(run: Path, tmp_path: Path) -> None:
    folder = alone(run, tmp_path / "alone")
    # The second in the place of the last: all counts stay what they were.
    places = pa.array([0, 0, *range(2, pq.read_metadata(folder / "verdicts.parquet").num_rows)])
    for name in ("answers", "verdicts"):
        edit(folder / f"{name}.parquet", lambda rows: rows.take(places))
    assert "a verdict that is there already (1 row" in " ".join(map(str, verify(agrees(folder)).findings))


@pytest.mark.parametrize("key", ["tables", "captioners", "counts", "audit", "benchmarks.0.fingerprint"])
def test_what_a_manifest_does_not_say_is_told(key: str, copy: Path) -> None:
    path = copy / "manifest.json"
    said = json.loads(path.read_text("utf-8"))
    *way, last = key.split(".")
    place: Any = said
    for step in way:
        place = place[int(step) if step.isdigit() else step]
    del place[last]
    path.write_text(json.dumps(said), "utf-8")
    found = verify(copy).findings
    assert {one.where for one in found} == {"manifest.json"}
    assert any(last in one.problem or "counts signs" in one.problem for one in found)


def test_a_run_whose_captions_are_several_images_or_drawn_anew_agrees_too(tmp_path: Path) -> None:
    evaluate(
        ["oracle", "mismatched(oracle)"],
        benchmarks=["mmmu", "mathverse"],
        limit=8,
        protocol="caprl-robust",
        edition="official",
        out=tmp_path / "run",
        store=tmp_path / "store.sqlite",
    )
    assert verify(tmp_path / "run").findings == ()


def test_the_command_says_it_and_ends_with_one(
    run: Path, copy: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    change(copy, "verdicts", "outcome", lambda _: "\x1b[31mbest", rows=2)
    for folder, code in ((run, 0), (copy, 1)):
        monkeypatch.setattr("sys.argv", ["prism-eval", "verify", str(folder)])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == code
        said = capsys.readouterr().out
        assert ("agrees with itself" in said) == (code == 0)
        assert "\x1b[31m" not in said
    monkeypatch.setattr("sys.argv", ["prism-eval", "verify", str(copy), "--format", "json"])
    with pytest.raises(SystemExit):
        main()
    assert json.loads(capsys.readouterr().out)["findings"][0]["where"] == "verdicts.parquet"


def test_a_leaderboard_says_that_a_run_contradicts_itself(run: Path, copy: Path) -> None:
    assert not any("contradicts itself" in note for note in build(run).warnings)
    change(copy, "verdicts", "score", lambda _: 1.0, rows=8)
    assert "The run copy contradicts itself: verdicts.parquet: is not the table" in build(copy).warnings[0]
