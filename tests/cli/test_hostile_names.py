"""Strangers' names on a terminal: whatever field they stand in and whichever verb shows them, nothing obeys them."""

import json
import shutil
import sqlite3
import sys
import unicodedata
from contextlib import closing
from pathlib import Path

import pytest

from prism_eval.calls import Failure, Record, Store
from prism_eval.cli import main
from prism_eval.cli.screen import echo, hand_over
from prism_eval.questions.question import Question
from prism_eval.questions.question_set import QuestionSet
from prism_eval.schema import Caption
from tests.builders import chart_folder, image

EVIL = "e\x1b[31m\x1b]0;mine\x07\x9b2J\u202e\rvil"
"""Colours the rest, names the window, rings, clears the screen in one byte, turns the line around, begins it anew."""
QUOTED = "e%1B[31m%1B]0;mine%07%C2%9B2J%E2%80%AE%0Dvil"
MEANT = {"\n"}
SHOWN = {
    "run",
    "plan",
    "answer",
    "score",
    "report",
    "compare",
    "verify",
    "audit",
    "reward replay",
    "store stats",
    "benchmarks show",
    "questions build",
    "questions filter",
    "questions lint",
    "doctor",
}


def acts(text):
    """The characters that a terminal would do something with."""
    return {one for one in text if unicodedata.category(one) in {"Cc", "Cf", "Zl", "Zp"}} - MEANT


@pytest.fixture(scope="module")
def home(tmp_path_factory, request):
    """A run whose every name is hostile, a store that holds it, and a definition likewise."""
    from prism_eval.plan import make_plan
    from prism_eval.report.evaluate import published
    from prism_eval.run.execute import run_plan

    home = tmp_path_factory.mktemp("home")
    data = chart_folder(home / f"d{EVIL}", images=3, questions=2)
    file = data / "chartqa" / "data.jsonl"
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    rows = [{**row, "query": row["query"] + EVIL, "label": EVIL, "type": EVIL} for row in rows]
    (data / "chartqa" / "images" / "2.png").rename(data / "chartqa" / "images" / f"{EVIL}.png")
    (data / "chartqa" / "images" / "1.png").write_bytes(b"no image")
    rows = [{**row, "imgname": row["imgname"].replace("2.png", f"{EVIL}.png")} for row in rows]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    (home / "captions.jsonl").write_text(json.dumps({"image": "0.png", "caption": f"A chart. {EVIL}"}) + "\n")
    specs = [f"file:{home}/captions.jsonl?label=f{QUOTED}", f"budget(blind)?words=1&label=b{QUOTED}"]
    plan = {"captioners": specs, "benchmarks": ["chartqa"], "data": str(data), "allow_missing": True}
    plan["reasoner"] = f"lexical?label=r{QUOTED}"
    for name in ("one", f"two{EVIL}"):
        published(run_plan(make_plan(plan), out=home / name, store=home / "store.sqlite"))
    with Store(home / "store.sqlite") as store:
        store.put(Record(EVIL, "caption", EVIL, Caption(EVIL)))
        store.put_failure(Failure(f"{EVIL}2", "answer", EVIL, "PermanentError", EVIL, 1))
    with closing(sqlite3.connect(home / "store.sqlite")) as connection, connection:
        connection.execute("UPDATE generations SET text = 'changed' WHERE source = ?", (EVIL,))
    asked = {"question": f"Which? {EVIL}", "choices": [f"x {EVIL}", "y"], "answer": "A"}
    rollout = {"image": EVIL, "caption": f"A chart. {EVIL}", "questions": [asked]}
    (home / "rollouts.jsonl").write_text(json.dumps(rollout) + "\n")
    shutil.copytree(data / "chartqa", data / "mine")
    mine = [{**row, EVIL: row["query"]} for row in rows]
    (data / "mine" / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in mine))
    definition = home / "mine.toml"
    definition.write_text(
        "\n".join(
            [f"{key} = {json.dumps(EVIL)}" for key in ("title", "summary", "licence", "homepage", "citation")]
            + ['name = "mine"', 'kind = "short"', "[source]", f"dataset = {json.dumps(EVIL)}", 'split = "test"']
            + ["rows = 1", "[fields]", f"question = {json.dumps(EVIL)}", 'answer = "label"', 'images = [["imgname"]]']
            + ["[scoring]", 'official = "relaxed"']
        )
    )
    questions = QuestionSet.create(home / f"set{EVIL}", "mine")
    shown = image(7, facts=(f"The {EVIL} is {EVIL}.",))
    one = {"image": questions.add_image(shown), "image_digest": shown.digest, "image_name": EVIL, "answer": "A"}
    words = {"question": EVIL, "options": (EVIL, "b", "c", "d"), "facts": (shown.facts,)}
    questions.write([Question(id=EVIL, **one, **words), Question(id="x", **one | {"answer": EVIL}, **words)])
    return home


def commands(home):
    two, data, store = home / f"two{EVIL}", home / f"d{EVIL}", ["--store", home / "store.sqlite"]
    file = f"file:{home}/captions.jsonl?label=f{QUOTED}"
    writes = ["-w", f"budget(blind)?words=0&label=w{QUOTED}"]
    asked = ["-r", f"lexical?label=r{QUOTED}"]
    asks = ["-c", file, "-b", "chartqa", "--data", data, "--allow-missing"]
    return {
        "run": ["run", *asks, *store, "--out", home / f"three{EVIL}", "-r", f"lexical?label=r{QUOTED}"],
        "run, a missing file": ["run", "-c", f"file:{QUOTED}", "-b", "chartqa"],
        "run, an unknown name": ["run", "-c", f"nobody:{EVIL}", "-b", EVIL],
        "run, a plan": ["run", "--plan", home / EVIL],
        "caption": ["caption", *asks, *store, "--out", home / "four"],
        "answer": ["answer", two, *store],
        "score": ["score", two, *store],
        "plan": ["plan", *asks[:-1], *store],
        "report": ["report", two, "--notes"],
        "report of two": ["report", home / "one", two],
        "compare": ["compare", home / "one", two],
        "gate": ["gate", "--baseline", home / "one", "--candidate", two],
        "gate --replay": ["gate", "--replay", two],
        "gate --plan": ["gate", "--plan", "--baseline", two],
        "verify": ["verify", two],
        "audit": ["audit", two],
        "reward replay": ["reward", "replay", home / "rollouts.jsonl", "-r", "lexical", *store],
        "reward init": ["reward", "init", "trl", "-r", f"nobody:{EVIL}"],
        "baseline": ["baseline", "save", two, "-o", home / f"{EVIL}.parquet"],
        "history": ["history", home / "one", two],
        "merge": ["merge", two, home / "one", "--out", home / "five"],
        "import": ["import", "lmms-eval", home / EVIL],
        "store stats": ["store", "stats", *store],
        "store verify": ["store", "verify", *store],
        "store prune": ["store", "prune", "--source", EVIL, *store],
        "store import": ["store", "import", two, "--store", home / "other.sqlite"],
        "benchmarks": ["benchmarks"],
        "benchmarks show": ["benchmarks", home / "mine.toml", "--data", data],
        "benchmarks verify": ["benchmarks", "verify", "chartqa", "--data", data],
        "benchmarks, an unknown name": ["benchmarks", EVIL, "--data", data],
        "questions filter": ["questions", "filter", home / f"set{EVIL}", "--vlm", "oracle", *asked, *store],
        "questions build": ["questions", "build", data, "--out", home / f"new{EVIL}", "--name", "b", *writes, *store],
        "questions lint": ["questions", "lint", home / f"set{EVIL}"],
        "questions filter, no set": ["questions", "filter", home / EVIL, "--vlm", EVIL, "-r", EVIL],
        "doctor": ["doctor", f"nobody:{EVIL}", "--data", data, "--store", home / EVIL / "x"],
        "plugins": ["plugins"],
        "no verb": [EVIL],
        "no flag": ["run", f"--{EVIL}"],
    }


@pytest.mark.parametrize("what", commands(Path("home")))
def test_nothing_that_a_stranger_named_reaches_the_terminal_as_it_is(home, what, monkeypatch, capfd, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["prism-eval", *map(str, commands(home)[what])])
    with pytest.raises(SystemExit):
        main()
    said = capfd.readouterr()
    assert said.out + said.err
    assert not acts(said.out + said.err), ascii(said.out + said.err)
    assert "Traceback" not in said.err
    # Shown, and not left out: who is named so is told apart from who is not.
    assert what not in SHOWN or "␛" in said.out + said.err


def test_every_verb_is_among_them():
    import typer

    from prism_eval.cli.app import app

    verbs = set(typer.main.get_command(app).commands)
    assert verbs == {words[0] for words in commands(Path("home")).values()} & verbs


def test_a_line_is_one_line_and_a_document_is_whole_unless_it_is_looked_at(capfdbinary, monkeypatch):
    echo(f"of {EVIL}\nprism-eval: all is well")
    assert "\nprism-eval" not in capfdbinary.readouterr().out.decode().rstrip("\n")
    hand_over(EVIL)
    assert capfdbinary.readouterr().out.decode() == EVIL
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    hand_over(EVIL)
    assert not acts(capfdbinary.readouterr().out.decode())
