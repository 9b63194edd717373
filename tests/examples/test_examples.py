"""The programs of examples/, run as their first lines say."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from prism_eval.leaderboard import build
from tests.docs.blocks import blocks_of

EXAMPLES = Path(__file__).parents[2] / "examples"
PLAN = EXAMPLES / "3b_against_72b.toml"


def run(folder, *words, **environment):
    done = subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=folder,
        env={**os.environ, "COLUMNS": "120", **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def board(folder):
    """The leaderboard of the only run in a folder, by label."""
    (made,) = (folder / "runs").iterdir()
    return {row.captioner: row for row in build(made).everyone}


def test_the_captioner_plugin_installs_and_runs_like_a_built_in(tmp_path):
    install = ["-m", "pip", "install", "--quiet", "--no-deps", "--target", tmp_path / "site"]
    run(tmp_path, *install, EXAMPLES / "captioner_plugin", PIP_DISABLE_PIP_VERSION_CHECK="1")
    words = ["-m", "prism_eval", "run", "-c", "colour?shades=4", "-b", "chartqa", "--limit", "3", "--out", "run"]
    run(tmp_path, *words, PYTHONPATH=str(tmp_path / "site"))
    (row,) = build(tmp_path / "run").rows
    assert row.captioner == "colour?shades=4"
    assert "mostly of the colour (" in (tmp_path / "run" / "leaderboard.html").read_text(encoding="utf-8")


def test_the_plugin_is_the_one_that_the_documentation_explains():
    page = EXAMPLES.parent / "docs" / "plugins.md"
    # The first block of each language; later ones show parts.
    shown = {block.language: f"{block.text}\n" for block in reversed(list(blocks_of(page)))}
    package = EXAMPLES / "captioner_plugin"
    assert (package / "my_captioner.py").read_text(encoding="utf-8").endswith(shown["python"])
    assert (package / "pyproject.toml").read_text(encoding="utf-8") == shown["toml"]


def test_the_notebook_shows_four_captioners_in_the_order_of_what_they_say(tmp_path):
    shown = run(tmp_path, EXAMPLES / "notebook.py")
    rows = board(tmp_path)
    means = [rows[label].mean.value for label in ("all facts", "half of them", "one", "none")]
    assert means == sorted(means, reverse=True)
    assert means[0] == 1.0
    assert all(label in shown for label in rows)
    assert "abstained" in shown


def test_the_captions_file_scores_between_nothing_and_everything(tmp_path):
    run(tmp_path, EXAMPLES / "captions_file.py")
    rows = board(tmp_path)
    assert 0 == rows["blind"].mean.value < rows["file:captions.jsonl"].mean.value < 1
    assert len((tmp_path / "captions.jsonl").read_text(encoding="utf-8").splitlines()) == 12


def numbers(table):
    """A table of Markdown: by the text of its first column, the numbers behind."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line.startswith("| ")
    ]
    return {first: [float(cell) for cell in cells] for first, *cells in rows[1:]}


def test_a_set_of_known_truth_is_filtered_asked_by_a_run_and_paid_by_a_reward(tmp_path):
    """What is kept is what its truth lets expect; on what is kept a caption of all facts gets all, and none nothing."""
    program = EXAMPLES / "questions_from_twins.py"
    environment = {"PRISM_EVAL_CACHE": str(tmp_path / "cache")}
    decisions, said = map(numbers, run(tmp_path, program, **environment).split("\n\n"))
    assert sum(asked for asked, _, _ in decisions.values()) > 150
    for asked, kept, expected in decisions.values():
        # What two and a half standard errors leave room for.
        assert abs(kept - expected) <= 2.5 * (expected * (1 - expected / asked)) ** 0.5 + 0.5
    assert decisions["the key is wrong"][1] == 0
    assert said["all facts"] == [1, 1]
    assert said["nothing"] == [0, 0]
    assert all(0.3 < one < 0.7 for one in said["half of them"])
    # The commands that the program's first lines name, as they stand there.
    lines = program.read_text(encoding="utf-8").splitlines()
    evaluated, replayed = [line.split()[1:] for line in lines if line.startswith("    prism-eval ")]
    shown = run(tmp_path, "-m", "prism_eval", *evaluated, "--out", "again", "-q", **environment)
    rows = {row.captioner: row.mean.value for row in build(tmp_path / "again").everyone}
    assert rows == {"oracle": 1, "blind": 0}, shown
    paid = json.loads(run(tmp_path, "-m", "prism_eval", *replayed, "--format", "json", **environment))
    assert paid["parts"]["reward"]["mean"] == pytest.approx(sum(one for _, one in said.values()) / 3, abs=0.02)


@pytest.fixture
def plan():
    return tomllib.loads(PLAN.read_text(encoding="utf-8"))


def test_the_plan_asks_each_server_for_its_model(plan, serve, tmp_path):
    """Three servers, each of which refuses any model but its own, at the addresses that the plan would have."""
    text = PLAN.read_text(encoding="utf-8").replace('data = "hub"', 'data = "synthetic"')
    specs = [*plan["captioners"], plan["reasoner"]]
    servers = {}
    for spec in specs:
        if named := re.match(r"openai:(?P<model>[^?]+)\?base_url=(?P<url>[^&]+)", spec):
            servers[named["model"]] = serve(models=(named["model"],))
            text = text.replace(named["url"], servers[named["model"]].url)
    assert len(servers) == 3
    (tmp_path / "plan.toml").write_text(text, encoding="utf-8")

    run(tmp_path, "-m", "prism_eval", "run", "--plan", "plan.toml", "--limit", "4", "--out", "run", "-q")

    assert {row.captioner for row in build(tmp_path / "run").everyone} == {"3B", "72B", "blind"}
    verdicts = pd.read_parquet(tmp_path / "run" / "verdicts.parquet", columns=["benchmark"])
    assert set(verdicts.benchmark) == set(plan["benchmarks"])
    for server in servers.values():
        assert server.server.events, "a server was never asked"


def test_the_plan_on_twins_ranks_captioners_by_what_they_know(tmp_path):
    words = ["run", "--plan", EXAMPLES / "twins.toml", "-b", "chartqa,mmmu", "--out", "run", "--quiet"]
    run(tmp_path, "-m", "prism_eval", *words, "--store", "store")
    made = build(tmp_path / "run")
    means = {row.captioner: row.mean.value for row in made.rows}
    more = ["all facts", "three quarters of the facts", "half the facts", "a quarter of the facts"]
    assert [label for label in means if label in more] == more
    assert means["all facts"] == 1
    assert means["all facts"] > means["all facts in 50 words"] > means["all facts in 20 words"]
    assert {row.captioner for row in made.controls} == {"blind", "mismatched(oracle)", "direct(oracle)"}


def test_the_page_that_lists_them_forgets_none():
    listed = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    there = [path.name for path in EXAMPLES.iterdir() if path.name not in ("README.md", "__pycache__")]
    assert [name for name in there if f"({name}" not in listed] == []


def test_the_attacks_are_measured_with_any_reader(tmp_path):
    told = run(tmp_path, EXAMPLES / "captions_that_speak.py", "lexical", XDG_CACHE_HOME=str(tmp_path / "cache"))
    heading, _, *rows = told.splitlines()
    assert heading == ("| attack | A picked, standard | score, standard | A picked, standard@2 | score, standard@2 |")
    assert len(rows) == 5
    # A reader that matches words needs no fence, and loses nothing by one.
    none = [cell.strip() for cell in rows[0].split("|")[2:-1]]
    assert none[:2] == none[2:]


def test_a_reward_rises_with_what_captions_say_and_not_with_padding_or_praise(tmp_path):
    said = run(tmp_path, EXAMPLES / "reward_on_twins.py", "--figure", "reward.png")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in said.splitlines() if line.startswith("|")]
    earned = {name: float(value) for name, value in rows[2:]}
    recalls = [earned[f"{share} % of the facts"] for share in (0, 25, 50, 75, 100)]
    assert recalls == sorted(recalls)
    assert (recalls[0], recalls[-1]) == (0.0, 1.0)
    distorted = [earned[f"all, {share} % of them distorted"] for share in (25, 50, 100)]
    assert distorted == sorted(distorted, reverse=True)
    assert earned["50 %, padded"] == earned["50 %, praising itself"] == earned["50 % of the facts"]
    assert (tmp_path / "reward.png").read_bytes().startswith(b"\x89PNG")
