"""A number is described once, and a stranger's package can add one."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from prism_eval.leaderboard import Column, build
from prism_eval.leaderboard.columns import COLUMNS
from prism_eval.report.exports.document import document
from prism_eval.report.exports.spreadsheet import spreadsheet
from tests.runfolder import verdict, write_run

MODULE = """
from prism_eval.leaderboard import Column

per_word = Column(
    name="points_per_word",
    title="Points per word",
    heading="per word",
    value=lambda row: 100 * row.mean.value / row.words_mean if row.words_mean else None,
    write="{:.2f} <b>".format,
    shown=frozenset({"summary", "captions"}),
)
graded = Column(
    name="grade",
    title="Grade",
    value=lambda row: row.words_mean,
    parts={"": lambda words: words, "_word": lambda words: "long" if words > 3 else "short"},
    shown=frozenset(),
)
odd = Column(
    name="odd",
    title="Odd",
    value=lambda row: row.words_mean,
    parts={"": lambda words: words, "_list": lambda words: [words]},
    shown=frozenset(),
)
careless = Column(name="careless", title="Careless", value=lambda row: 1 / row.words_mean, shown=frozenset({"summary"}))
wordy = Column(name="wordy", title="Wordy", value=lambda row: row.captioner, shown=frozenset({"summary"}))
no_column = "something else"
"""

SHOW = """
import sys
from pathlib import Path
from rich.console import Console
from prism_eval.leaderboard import build
from prism_eval.report import LeaderboardView, write_html
board = build(Path(sys.argv[1]))
Console(width=200).print(LeaderboardView(board, notes=True))
write_html(Path(sys.argv[1]), board)
board.to_pandas().to_json(Path(sys.argv[1]) / "frame.json", orient="records")
"""


@pytest.fixture
def run(tmp_path: Path) -> Path:
    rows = [verdict("wide", "one", caption="one two three four"), verdict("silent", "one", "wrong", caption="")]
    return write_run(tmp_path / "run", rows)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A package with columns, as an installer leaves it."""
    facts = tmp_path / "site" / "stranger-1.0.dist-info"
    facts.mkdir(parents=True)
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n", encoding="utf-8")
    names = ["per_word", "careless", "wordy", "no_column", "not_there", "graded", "odd"]
    points = "".join(f"{name} = stranger:{name}\n" for name in names)
    (facts / "entry_points.txt").write_text(f"[prism_eval.columns]\n{points}", encoding="utf-8")
    (facts.parent / "stranger.py").write_text(MODULE, encoding="utf-8")
    return facts.parent


def test_a_column_from_outside_is_in_the_terminal_the_page_and_the_frame(run: Path, site: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(site)}
    words = [sys.executable, "-c", SHOW, str(run)]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    heading, wide, silent = (
        next(line for line in done.stdout.splitlines() if word in line) for word in ("captioner", " wide ", " silent ")
    )
    place = heading.index("per word")
    assert "25.00 <b>" in wide[place - 4 : place + 12]
    assert silent[place : place + len("per word")].split() == ["\N{EN DASH}"]
    page = (run / "leaderboard.html").read_text(encoding="utf-8")
    assert '<th scope="col">Points per word</th>' in page
    assert re.search(r'<td data-value="25\.0">\s*25\.00 &lt;b&gt;</td>', page)
    frame = {row["captioner"]: row for row in json.loads((run / "frame.json").read_text(encoding="utf-8"))}
    assert (frame["wide"]["points_per_word"], frame["silent"]["points_per_word"]) == (25, None)
    assert (frame["wide"]["grade"], frame["wide"]["grade_word"], frame["silent"]["grade_word"]) == (4, "long", "short")


def test_a_strangers_bug_costs_its_column_and_is_said(run: Path, site: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(site)}
    words = [sys.executable, "-c", SHOW, str(run)]
    said = " ".join(subprocess.run(words, env=environment, capture_output=True, text=True, check=True).stdout.split())
    assert "! Column 'careless' is left out: it raised ZeroDivisionError" in said
    assert "! Column 'wordy' is left out: it raised TypeError: 'wide' is no number" in said
    assert "! Column 'odd' is left out: it raised TypeError: [4.0] is no number and no text" in said
    assert "! Column 'no_column' is left out: it raised TypeError: its entry point names a str, not a Column" in said
    assert "! Column 'not_there' is left out: the column 'not_there' of package stranger cannot be imported" in said


def test_every_column_is_in_the_frame_under_a_name_of_its_own(run: Path) -> None:
    board = build(run)
    (record, *_) = board.to_pandas().to_dict("records")
    names = [name for column in (*board.scores, *COLUMNS) for name in column.record(board.rows[0])]
    assert list(record) == ["captioner", *names]
    assert len(set(names)) == len(names)


def test_sizes_are_in_the_frame_as_a_number_and_as_a_class(tmp_path: Path) -> None:
    rows = [verdict(label, "one") for label in ("small-3B", "middling-7B", "nobody-knows")]
    board = build(write_run(tmp_path, rows))
    frame = board.to_pandas().set_index("captioner")
    assert frame.loc["middling-7B", ["params_b", "params_b_class"]].tolist() == [7, "8B"]
    assert frame.loc["small-3B", "params_b_class"] == "≤ 4B"
    assert frame.loc["nobody-knows", ["params_b", "params_b_class"]].isna().all()
    assert "middling-7B,entry" in spreadsheet(board)
    assert [line["params_b_class"] for line in json.loads(document(board))["rows"]] == ["8B", None, "≤ 4B"]


def test_a_column_stands_where_it_says_and_nowhere_else(run: Path) -> None:
    board = build(run)
    titles = {place: [column.title for column in board.shown_in(place)] for place in ("summary", "captions", "costs")}
    assert titles == {
        "summary": [
            "Rank",
            "Size",
            "Score",
            "Score with the captioner's failures as 0",
            "Best of n, a diagnostic",
            "Against the baseline",
            "Recovery",
            "Median words",
            "Failed",
        ],
        "captions": [
            "Median words",
            "Mean words",
            "Mean tokens",
            "Captions",
            "Cut at the limit",
            "Empty",
            "Signs of speaking to the reader",
            "Error from images, points",
            "Error from captions drawn, points",
        ],
        "costs": [
            "Size",
            "Score",
            "Mean words",
            "Mean tokens",
            "Seconds a caption",
            "Cost of 1,000 captions",
            "Read from a prefix cache",
            "Time",
            "Cost",
        ],
    }


def test_a_table_that_does_not_exist_is_refused() -> None:
    nowhere: Any = frozenset({"sumary"})
    with pytest.raises(ValueError, match="no table 'sumary'; there are summary, leans, scores"):
        Column(name="lost", title="Lost", value=lambda row: row.items, shown=nowhere)
