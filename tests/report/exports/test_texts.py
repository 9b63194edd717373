"""Names are strangers' text: in every format they are shown as they are, and nothing obeys them."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from prism_eval.leaderboard import Leaderboard, build
from prism_eval.report.exports import TEXTS
from prism_eval.report.exports.latex import escaped as escaped_for_latex
from prism_eval.report.exports.latex import latex
from prism_eval.report.exports.markdown import escaped, markdown
from prism_eval.report.exports.spreadsheet import harmless, spreadsheet
from prism_eval.report.text import flat
from tests.runfolder import verdict, write_run

NAMES = [
    "a|b",
    r"a\|b",
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "https://evil.example/www.x",
    "Qwen/Qwen2.5-VL-3B_*it*_`code`~~no~~",
    "50 % & $x^2$ #1 {a} \\input{/etc/passwd}",
    "[*] two\nlines\ttab",
    "\N{RIGHT-TO-LEFT OVERRIDE}back \x1b[31mred \x00 nul \x9b31m",
    "日本語 ± –",
    "half \ud800 a pair",
]


def board_of(folder: Path, *names: str) -> Leaderboard:
    rows = [verdict(name, item, outcome) for name in names for item, outcome in (("1", "correct"), ("2", "wrong"))]
    return build(write_run(folder, rows))


@pytest.fixture
def board(tmp_path: Path) -> Leaderboard:
    names = [name for name in NAMES if "\ud800" not in name]  # no table holds half a character
    return board_of(tmp_path / "run", *names)


def cells(text: str) -> list[list[str]]:
    """The cells of the first table in a Markdown text, as a reader sees them."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    inside, rows = False, []
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        inside = token.type in {"td_open", "th_open"} or (inside and token.type == "inline")
        if inside and token.type == "inline":
            assert {child.type for child in token.children} <= {"text", "text_special"}, token.content
            rows[-1].append("".join(child.content for child in token.children))
            inside = False
    return rows


def test_a_markdown_table_has_every_name_as_it_is(board: Leaderboard) -> None:
    head, *rows = cells(markdown(board))
    assert head[:2] == ["captioner", "rank"]
    assert sorted(row[0] for row in rows) == sorted(flat(row.captioner) for row in board.rows)
    assert {len(row) for row in rows} == {len(head)}
    assert all(re.fullmatch(r"50\.0 \[\d+\.\d, \d+\.\d\]", row[head.index("chartqa")]) for row in rows)


@given(st.text(min_size=1))
def test_any_name_is_one_markdown_cell(name: str) -> None:
    line = flat(name)
    ((_, shown),) = cells(f"| a | b |\n|---|---|\n| x | {escaped(line)} |\n")[1:]
    assert shown == line


@pytest.mark.parametrize("text", ["https://a.example", "see www.a.example", "HTTP://a.example", "ftp://a.example"])
def test_an_address_is_no_link(text: str) -> None:
    assert re.search(r"(?i)(https?|ftp)://|www\.", escaped(text)) is None


def test_a_spreadsheet_runs_no_name(board: Leaderboard) -> None:
    head, *rows = csv.reader(io.StringIO(spreadsheet(board)))
    assert len(rows) == len(board.rows)
    assert {len(row) for row in rows} == {len(head)}
    first = {row[0] for row in rows}
    assert "'=cmd|' /C calc'!A0" in first
    assert first - {"'=cmd|' /C calc'!A0"} == {flat(row.captioner) for row in board.rows} - {"=cmd|' /C calc'!A0"}
    low, high = (float(rows[0][head.index(f"mean_{end}")]) for end in ("low", "high"))
    assert (low, high) == (board.rows[0].mean.low, board.rows[0].mean.high)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\n=", " =", "＝", "＋", "－", "＠"])
def test_no_cell_begins_a_formula(start: str) -> None:
    assert harmless(f"{start}1+1")[0] == "'"


def test_a_heading_is_no_formula_either(tmp_path: Path) -> None:
    board = build(write_run(tmp_path, [verdict("a", "1", benchmark="=b")]))
    assert ",'=b,'=b_low,'=b_high,rank_best," in spreadsheet(board).splitlines()[0]


@pytest.mark.parametrize(
    ("text", "set_as"),
    [
        ("50 % & $x_1$ #2 {a}", r"50 \% \& \$x\_1\$ \#2 \{a\}"),
        (r"\input{x}", r"\textbackslash{}input\{x\}"),
        ("~^<>|", r"\textasciitilde{}\textasciicircum{}\textless{}\textgreater{}\textbar{}"),
        ("[a]*", "{[}a{]}{*}"),
        ("a--b---c,,d", "a-{}-b-{}-{}-c,{},d"),
        ("``q''\"", r"\textasciigrave{}\textasciigrave{}q\textquotesingle{}\textquotesingle{}\textquotedbl{}"),
    ],
)
def test_latex_sets_a_name_as_it_is(text: str, set_as: str) -> None:
    assert escaped_for_latex(text) == set_as


@given(st.text())
def test_no_name_ends_a_latex_group_or_begins_a_command(name: str) -> None:
    text = escaped_for_latex(flat(name))
    rest = re.sub(r"\\text[a-z]+\{\}|\\[&%$#_{}]|\{[\[\]*]?\}", "", text)
    assert not set(rest) & set("\\{}&%$#_^~[]*")


def test_a_latex_table_has_a_line_a_row_and_its_notes_in_comments(board: Leaderboard) -> None:
    lines = latex(board).splitlines()
    assert len([line for line in lines if line.endswith(r" \\")]) == len(board.rows) + 1
    start = lines.index(next(line for line in lines if line.startswith(r"\begin{tabular}")))
    assert all(line.startswith("% ") for line in lines[:start])
    assert lines[start + 1] == r"\toprule"
    assert lines[-2:] == [r"\bottomrule", r"\end{tabular}"]


def test_json_has_names_and_numbers_in_full(board: Leaderboard) -> None:
    text = TEXTS["json"](board)
    assert text.isascii()
    found = json.loads(text, parse_constant=pytest.fail)
    assert found["format"] == 1
    assert [row["captioner"] for row in found["rows"]] == [row.captioner for row in board.rows]
    assert found["rows"][0]["mean_low"] == board.rows[0].mean.low
    assert found["benchmarks"][0]["fingerprint"] == "f" * 64


def test_json_is_read_by_the_strictest_reader(tmp_path: Path) -> None:
    board = board_of(tmp_path, "a")
    spoilt = {
        **board.manifest,
        "reasoner": {"label": "half \ud800", "identity": float("nan"), "address": "http://secret"},
    }
    object.__setattr__(board, "manifest", spoilt)
    found = json.loads(TEXTS["json"](board))
    assert found["reasoner"] == {"label": "half ?", "identity": None}


@pytest.mark.parametrize("name", TEXTS)
def test_equal_input_gives_equal_bytes(name: str, board: Leaderboard, tmp_path: Path) -> None:
    again = build(tmp_path / "run")
    assert TEXTS[name](board).encode() == TEXTS[name](again).encode()
    assert TEXTS[name](board).endswith("\n")
