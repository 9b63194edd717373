"""A scorer that a stranger wrote in one file: installed as a package installs it, and as an object."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from prism_eval.errors import DataError
from prism_eval.schema import Answer, AnswerForm, Item, ItemKind, Outcome
from prism_eval.scoring.base import Comparison, WholeReply
from tests.builders import png

SCORER = '''
from dataclasses import dataclass

from prism_eval.errors import DataError
from prism_eval.scoring.base import Comparison, WholeReply


@dataclass(kw_only=True)
class Closeness(WholeReply):
    """One minus the relative error."""

    def check(self, item):
        super().check(item)
        if not item.golds[0].isdecimal():
            raise DataError(f"{item.benchmark}: item {item.id}: gold {item.golds[0]!r} is no number")

    def compare(self, item, extracted):
        if not extracted.isdecimal():
            return Comparison(0.0, "not a number")
        gold = float(item.golds[0])
        return Comparison(max(0.0, 1 - abs(float(extracted) - gold) / gold), "by closeness")
'''

DEFINITION = """
name = "receipts"
title = "Receipts"
summary = "What was paid."
licence = "CC-BY-4.0"
homepage = "https://example.org/receipts"
citation = "@misc{receipts}"
kind = "short"

[source]
dataset = "owner/receipts"
split = "test"

[fields]
id = ["id"]
question = "question"
answer = "answer"
images = [["image"]]

[scoring]
official = "closeness"
"""

RUN = """
import json
from dataclasses import dataclass

from prism_eval import Answer, evaluate
from prism_eval.reasoners.base import Reasoner


asked = []


@dataclass(kw_only=True)
class Echo(Reasoner):
    async def answer(self, caption, item, *, sample):
        asked.append(item.question)
        return Answer("Answer: " + item.question)


run = evaluate("blind", reasoner=Echo(), benchmarks="receipts.toml", data="data", out="run", store="store.sqlite")
print(json.dumps(asked))
print(run.to_pandas()[["outcome", "score", "note"]].to_json(orient="values"))
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder of packages with the scorer in it."""
    folder = tmp_path / "site"
    info = folder / "closeness-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / "closeness.py").write_text(SCORER, encoding="utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: closeness\nVersion: 1.0\n", encoding="utf-8")
    entry_points = "[prism_eval.scorers]\ncloseness = closeness:Closeness\n"
    (info / "entry_points.txt").write_text(entry_points, encoding="utf-8")
    return folder


def python(site: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, *words],
        cwd=site.parent,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_definition_names_it_and_a_run_scores_with_it(site, tmp_path):
    (tmp_path / "receipts.toml").write_text(DEFINITION, encoding="utf-8")
    home = tmp_path / "data" / "receipts"
    home.mkdir(parents=True)
    (home / "1.png").write_bytes(png())
    said = {"80": "80", "60": "80", "20": "80", "much": "80", "70": "many"}
    rows = [{"id": n, "question": q, "answer": gold, "image": "1.png"} for n, (q, gold) in enumerate(said.items())]
    (home / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    *_, asked, verdicts = python(site, "-c", RUN).splitlines()
    form = "asked-for form; "
    assert json.loads(verdicts) == [
        ["correct", 1.0, form + "by closeness"],
        ["correct", 0.75, form + "by closeness"],
        ["wrong", 0.25, form + "by closeness"],
        ["wrong", 0.0, form + "not a number"],
        ["failed", None, "receipts: item 4: gold 'many' is no number"],
    ]
    assert sorted(json.loads(asked)) == ["20", "60", "80", "much"]


def test_it_is_listed_beside_ours(site):
    rows = [line.split() for line in python(site, "-m", "prism_eval", "plugins").splitlines()]
    assert ["closeness", "scorer", "closeness", "1.0", "installed"] in rows


@dataclass(kw_only=True)
class Parity(WholeReply):
    """Whether the answer is as odd as the gold; about other golds it says that it cannot tell."""

    def check(self, item: Item) -> None:
        super().check(item)
        if not any(gold.isdecimal() for gold in item.golds):
            raise DataError(f"{item.benchmark}: item {item.id}: no gold is a number")

    def compare(self, item: Item, extracted: str) -> Comparison:
        if not extracted.isdecimal():
            return Comparison(0.0, "not a number", undecided=True)
        return Comparison(float(int(extracted) % 2 == int(item.golds[0]) % 2))


def short(gold: str) -> Item:
    return Item(benchmark="b", id="7", kind=ItemKind.SHORT, question="?", images=(), golds=(gold,), cluster="")


def test_as_an_object_it_has_every_step_of_ours():
    scorer, form = Parity(), AnswerForm()
    assert scorer.score(short("3"), Answer("Hm.\nAnswer: 5"), form).outcome is Outcome.CORRECT
    assert scorer.score(short("3"), Answer("4"), form).outcome is Outcome.WRONG
    assert scorer.score(short("3"), Answer("I'm sorry, I can't help with that."), form).outcome is Outcome.REFUSED
    open_ = scorer.score(short("3"), Answer("Answer: three"), form)
    assert (open_.outcome, open_.undecided, open_.note) == (Outcome.WRONG, True, "asked-for form; not a number")
    assert scorer.identity == {"plugin": "parity", "version": "1"}
    for ask in (scorer.check, lambda item: scorer.score(item, Answer("Answer: 5"), form)):
        with pytest.raises(DataError, match="b: item 7: no gold is a number"):
            ask(short("three"))
