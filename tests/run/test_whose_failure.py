"""Who has captions only for images that score gains nothing: what it failed at itself is told, and counts as 0."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import prism_eval
from prism_eval import Caption, Captioner, PermanentError, TransientError
from prism_eval.errors import Cause
from prism_eval.files import budgets
from prism_eval.leaderboard import build
from prism_eval.report import write_html
from prism_eval.report.exports import document, latex, markdown, spreadsheet
from prism_eval.report.terminal import as_text
from prism_eval.run.execute import run_plan
from prism_eval.run.replay import reopen
from prism_eval.run.verification import verify
from prism_eval.schema import Image
from tests.builders import chart_folder
from tests.sharded import assert_one_run

KEPT = range(1, 8, 2)
"""The images that whoever plays the game has captions for."""


def said_of(shade: int) -> str:
    return f"The value of bar 0 in chart {shade} is {10 * shade}."


def table(path: Path, shades: Sequence[int], *, wrong: Sequence[int] = ()) -> Path:
    """Captions for some images: right ones, and wrong ones."""
    rows = [
        {"path": f"images/{shade}.png", "caption": "Nothing to see." if shade in wrong else said_of(shade)}
        for shade in shades
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


class Failing(Captioner):
    """Raises, on every second image, what a test gives it."""

    name = "failing"

    def __init__(self, fail: Callable[[], Caption]) -> None:
        self._fail = fail

    @property
    def identity(self) -> dict[str, object]:
        return {"plugin": "failing"}

    async def caption(self, images: Sequence[Image], *, sample: int, question: str | None = None) -> Caption:
        shade = int(images[0].name.rsplit("/", 1)[-1].removesuffix(".png"))
        return Caption(said_of(shade)) if shade in KEPT else self._fail()


def evaluated(home: Path, *captioners: Any, **plan: Any) -> prism_eval.Result:
    data = home / "data"
    given = {f"entry {number}": one for number, one in enumerate(captioners)}
    return prism_eval.evaluate(
        given,
        benchmarks="chartqa",
        data=data if data.exists() else chart_folder(data, images=8, questions=1),
        out=home / "run",
        store=home / "store.sqlite",
        allow_missing=True,
        **plan,
    )


def causes(folder: Path, name: str = "verdicts") -> Counter[str | None]:
    return Counter(pq.read_table(folder / f"{name}.parquet")["cause"].to_pylist())


def test_captions_only_for_images_that_score_lead_to_no_rank_and_the_mean_beside_says_why(tmp_path: Path) -> None:
    # Both describe four of eight images rightly; one has left out the others.
    gamed = table(tmp_path / "gamed.jsonl", KEPT)
    honest = table(tmp_path / "honest.jsonl", range(8), wrong=range(0, 8, 2))
    result = evaluated(tmp_path, f"file:{gamed}", f"file:{honest}")
    assert causes(tmp_path / "run") == {"missing": 4, None: 12}
    board = build(tmp_path / "run")
    rows = {row.captioner: row for row in board.rows}
    gamer, other = rows["entry 0"], rows["entry 1"]
    assert (gamer.mean.value, gamer.unranked, gamer.rank) == (1.0, "4 of 8 answers failed", None)
    assert (gamer.charged.value, gamer.own_failures) == (other.mean.value, {Cause.MISSING: 4})
    assert (other.charged.value, other.own_failures) == (other.mean.value, {})
    assert gamer.charged.items == 8
    note = "Failed answers are left out of the scores: entry 0 4 of 8 (the captioner's doing: 4 missing)."
    assert note in board.warnings
    page = write_html(tmp_path / "run", board).read_text("utf-8")
    for told in (as_text(board, 200), markdown(board), latex(board).replace(r"\_", "_")):
        assert "its failures as 0" in told
    assert "Score with the captioner&#39;s failures as 0" in page
    (line,) = (one for one in json.loads(document(board))["rows"] if one["captioner"] == "entry 0")
    assert (line["mean"], line["mean_charged"], line["answers_failed_own"]) == (1.0, 0.5, 4)
    assert "mean_charged" in spreadsheet(board).splitlines()[0]
    assert "its failures as 0" not in as_text(build(evaluated(tmp_path / "fair", f"file:{honest}").folder.path), 200)
    assert result.failed == 4


@pytest.mark.parametrize(
    ("cause", "fail"),
    [
        ("refused", PermanentError("I would rather not")),
        ("broken", ValueError("of a stranger's own")),
        ("infrastructure", TransientError("nobody answers")),
        ("infrastructure", ConnectionResetError("the connection was reset")),
        ("infrastructure", MemoryError()),
        ("infrastructure", PermanentError("the disk is full", cause=Cause.INFRASTRUCTURE)),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value,
)
def test_the_cause_is_the_kind_of_error_and_not_its_words(tmp_path: Path, cause: str, fail: Exception) -> None:
    def raises() -> Caption:
        raise fail

    evaluated(tmp_path, Failing(raises), attempts=1)
    for name in ("captions", "answers", "verdicts"):
        assert causes(tmp_path / "run", name)[cause] == 4
    (row,) = build(tmp_path / "run").rows
    assert row.own_failures == ({} if cause == "infrastructure" else {Cause(cause): 4})
    assert (row.charged and row.charged.value) == (None if cause == "infrastructure" else 0.5)


def test_a_text_beyond_all_bounds_is_the_captioners_own(tmp_path: Path) -> None:
    evaluated(tmp_path, Failing(lambda: Caption("x" * (budgets.MAX_CHARACTERS + 1))))
    assert causes(tmp_path / "run")["too_long"] == 4


def test_captions_that_say_nothing_count_as_nothing_there(tmp_path: Path) -> None:
    evaluated(tmp_path, Failing(lambda: Caption("")), "blind")
    board = build(tmp_path / "run")
    (entry,) = board.rows
    assert (entry.own_failures, entry.charged) == ({}, None)  # nobody guessed anything from them: the mean is no other
    assert all(row.charged is None for row in board.controls)


def test_what_a_combinator_lacks_is_what_its_part_lacks(tmp_path: Path) -> None:
    gamed = table(tmp_path / "gamed.jsonl", KEPT)
    evaluated(tmp_path, f"merge(file:{gamed}, blind)")
    assert causes(tmp_path / "run")["missing"] == 4


def test_a_run_that_is_scored_again_knows_whose_doing_its_failures_were(tmp_path: Path) -> None:
    gamed = table(tmp_path / "gamed.jsonl", KEPT)
    evaluated(tmp_path, f"file:{gamed}")
    run, before = tmp_path / "run", pq.read_table(tmp_path / "run" / "verdicts.parquet")
    for stages in (("score",), ("answer", "score")):
        plan = reopen(run, ("caption", "answer")[: 3 - len(stages)])
        run_plan(plan, out=run, store=tmp_path / "store.sqlite", stages=stages, live=frozenset(stages))
        assert pq.read_table(run / "verdicts.parquet").equals(before)
    assert verify(run).findings == ()


def test_shards_say_what_the_whole_run_says(tmp_path: Path) -> None:
    gamed = table(tmp_path / "gamed.jsonl", KEPT)
    plan = {"captioners": [f"file:{gamed}", "blind"], "benchmarks": ["chartqa"], "allow_missing": True}
    merged = assert_one_run(tmp_path, 2, data=str(chart_folder(tmp_path / "data", images=8, questions=1)), **plan)
    assert causes(merged)["missing"] == 4


def test_a_table_of_the_time_before_says_nothing_and_can_be_read(tmp_path: Path) -> None:
    evaluated(tmp_path, f"file:{table(tmp_path / 'gamed.jsonl', KEPT)}")
    for name in ("captions", "answers", "verdicts"):
        path = tmp_path / "run" / f"{name}.parquet"
        pq.write_table(pq.read_table(path).drop_columns(["cause"]), path)
    (row,) = build(tmp_path / "run").rows
    assert (row.own_failures, row.charged) == (None, None)
    assert "the captioner's doing" not in " ".join(build(tmp_path / "run").warnings)


def test_causes_that_contradict_the_verdict_are_found(tmp_path: Path) -> None:
    evaluated(tmp_path, f"file:{table(tmp_path / 'gamed.jsonl', KEPT)}")
    path = tmp_path / "run" / "verdicts.parquet"
    whole = pq.read_table(path)
    place = whole.schema.get_field_index("cause")
    pq.write_table(whole.set_column(place, "cause", [["missing"] * 4 + ["whim"] * 4]), path)
    problems = [finding.problem for finding in verify(tmp_path / "run").findings]
    assert "a cause of failure that there is not" in problems
    assert "a cause of failure, and not failed" in problems
