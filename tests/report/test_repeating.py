"""What the page says repeats it, does."""

import html
import re
import shlex
import subprocess
import sys

from prism_eval.leaderboard import build
from prism_eval.report import write_html
from tests.runfolder import verdict, write_run

LABEL = "half, and no more: it's $HOME"


def said(page):
    """The plans and the commands that a page prints."""
    plans = dict(re.findall(r"<summary>(plan\d*\.toml)</summary><pre>(.*?)</pre>", page, flags=re.DOTALL))
    commands = re.search(r"repeats? it</h3>\s*<pre>(.*?)</pre>", page, flags=re.DOTALL)
    return {name: html.unescape(plan) for name, plan in plans.items()}, html.unescape(commands[1]).splitlines()


def carry_out(folder, command):
    program, *words = shlex.split(command)
    assert program == "prism-eval"
    done = subprocess.run(
        [sys.executable, "-m", "prism_eval", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr


def test_the_commands_on_a_page_make_its_leaderboard_again(tmp_path):
    plan = [
        "-c",
        f"oracle?recall=0.5&label={LABEL}",
        "-c",
        "oracle",
        "-b",
        "chartqa,mmmu",
        "--limit",
        "6",
        "--seed",
        "3",
    ]
    carry_out(tmp_path, shlex.join(["prism-eval", "run", *plan, "--store", "store", "--out", "first"]))
    first = build(tmp_path / "first", baseline=LABEL, margin=0.07)
    page = write_html(tmp_path / "first", first).read_text(encoding="utf-8")
    (tmp_path / "again").mkdir()

    plans, commands = said(page)
    for name, text in plans.items():
        (tmp_path / "again" / name).write_text(text, encoding="utf-8")
    for command in commands:
        carry_out(tmp_path / "again", command)

    again = (tmp_path / "again" / "run" / "leaderboard.html").read_text(encoding="utf-8")
    verdicts = re.search(r"<h1>.*?</h1>", page, flags=re.DOTALL)
    assert verdicts[0] in again
    assert "Against half" in verdicts[0]
    assert [row.mean for row in build(tmp_path / "again" / "run").rows] == [row.mean for row in first.rows]


def test_several_runs_have_a_plan_each_and_are_reported_together(tmp_path):
    folders = [
        write_run(tmp_path / label, [verdict(label, "1")], plan={"captioners": [label]}) for label in ("one", "other")
    ]
    page = write_html(tmp_path, build(folders)).read_text(encoding="utf-8")
    plans, commands = said(page)
    assert plans == {"plan1.toml": 'captioners = [\n    "one",\n]\n', "plan2.toml": 'captioners = [\n    "other",\n]\n'}
    assert commands == [
        "prism-eval run --plan plan1.toml --out run1",
        "prism-eval run --plan plan2.toml --out run2",
        "prism-eval report run1 run2",
    ]


def test_a_run_without_a_plan_is_said_to_be_repeated_by_nothing(tmp_path):
    page = write_html(tmp_path, build(write_run(tmp_path, [verdict("a", "1")]))).read_text(encoding="utf-8")
    assert "prism-eval run" not in page
