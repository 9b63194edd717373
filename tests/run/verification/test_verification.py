"""A run that somebody has changed contradicts itself, whatever was changed; one that nobody has does not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from prism_eval import evaluate
from prism_eval.cli import main
from prism_eval.leaderboard import build
from prism_eval.run.verification import verify

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
