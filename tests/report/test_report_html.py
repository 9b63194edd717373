from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.console import Console

from prism_eval.errors import RunError
from prism_eval.leaderboard import build
from prism_eval.report.environment import HEAD_SCRIPTS, SCRIPTS, STYLES
from prism_eval.report.terminal import LeaderboardView
from tests.runfolder import verdict, write_page, write_run

HOSTILE = (
    "</script></style><script>alert('x')</script><img src=x onerror=\"alert(1)\">&amp; {{ 7*7 }} \u202e\x1b[31m\x00"
)
VOID = {"meta", "input", "wbr", "link", "br"}


class Page(HTMLParser):
    """What a browser would make of the page: its elements, their attributes, and its text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.said: list[str] = []
        self.raw: dict[str, list[str]] = {"style": [], "script": [], "data": []}
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append("data" if tag == "script" and dict(attrs).get("type") == "application/json" else tag)
            if self.open[-1] in self.raw:
                self.raw[self.open[-1]].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().replace("data", "script") == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in self.raw:
            self.raw[self.open[-1]][-1] += data
        else:
            self.said.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.said).split())


def page_of(folder: Path) -> Page:
    page = Page(write_page(folder).read_text(encoding="utf-8"))
    assert page.open == []
    return page


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    texts = dict.fromkeys(("question", "answer", "extracted", "note", "caption", "item", "benchmark"), HOSTILE)
    rows = [
        verdict(captioner, "any", outcome, options='["</td><script>", "b"]', gold='["<script>gold"]', kind="choice")
        | texts
        for captioner, outcome in ((HOSTILE, "correct"), ("lone \ud800".encode("utf-8", "replace").decode(), "wrong"))
    ]
    lone = {"label": "\ud800" + HOSTILE, "identity": {"key\udfff": HOSTILE}}
    entry = dict.fromkeys(("name", "title", "fingerprint", "scorer", "licence", "source"), HOSTILE)
    return write_run(
        tmp_path,
        rows,
        reasoner=lone,
        captioners=[lone],
        benchmarks=[entry | {"items": 2, "images": None}],
        protocol={"name": HOSTILE, "edition": HOSTILE},
        version=HOSTILE,
        created=HOSTILE,
        packages={HOSTILE: HOSTILE},
        git_commit=HOSTILE,
    )


def test_strangers_text_is_text(hostile: Path) -> None:
    page = page_of(hostile)
    assert len(page.raw["style"]) == len(STYLES)
    assert len(page.raw["script"]) == len(HEAD_SCRIPTS) + len(SCRIPTS)
    assert "img" not in {tag for tag, _ in page.elements}
    assert "<script>alert('x')</script>" in page.text
    assert "{{ 7*7 }}" in page.text
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)


def test_nothing_reverses_hides_or_commands(hostile: Path) -> None:
    source = write_page(hostile).read_text(encoding="utf-8")
    assert not set(source) & {"\u202e", "\x1b", "\x00", "\ud800"}
    assert "⟨U+202E⟩" in source


def test_the_file_needs_nothing_else(hostile: Path) -> None:
    for tag, attributes in page_of(hostile).elements:
        assert tag not in {"iframe", "object", "embed", "base"}
        assert not {"src", "srcset", "style", "xlink:href"} & set(attributes), tag
        # The icon is empty: without one a browser asks the server for its own.
        assert attributes.get("href", "#").startswith("#") or attributes == {"rel": "icon", "href": "data:,"}


def test_the_policy_lets_in_its_own_style_and_script_only(hostile: Path) -> None:
    page = page_of(hostile)
    policy = next(a["content"] for tag, a in page.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for element in ("style", "script"):
        allowed = next(part for part in policy.split("; ") if part.startswith(f"{element}-src")).split()[1:]
        digests = [base64.b64encode(hashlib.sha256(raw.encode()).digest()).decode() for raw in page.raw[element]]
        assert allowed == [f"'sha256-{digest}'" for digest in digests]


def test_no_template_lets_text_through_unescaped() -> None:
    folder = Path(__file__).parents[2] / "prism_eval" / "report" / "templates"
    for template in folder.glob("*.html"):
        assert not re.search(r"\|\s*safe|autoescape|Markup", template.read_text(encoding="utf-8")), template


def test_headings_have_scopes_and_pictures_have_names(tmp_path: Path) -> None:
    page = page_of(write_run(tmp_path, [verdict("a", "one"), verdict("b", "one", "wrong")]))
    for tag, attributes in page.elements:
        if tag == "th":
            assert attributes.get("scope") in {"col", "row"}
        # A mark inside a picture has a place in it, and no name of its own.
        if tag == "svg" and "x" not in attributes:
            assert attributes.get("aria-hidden") == "true" or attributes.get("aria-label")


def test_it_agrees_with_the_terminal(tmp_path: Path) -> None:
    rows = [
        verdict(captioner, str(item), "correct" if item % every else "wrong", benchmark=benchmark)
        for captioner, every in (("ocr", 3), ("blind", 2))
        for benchmark in ("chartqa", "mmmu")
        for item in range(25)
    ]
    folder = write_run(tmp_path, rows)
    console = Console(file=io.StringIO(), width=200, color_system=None)
    console.print(LeaderboardView(build(folder)))
    assert isinstance(console.file, io.StringIO)
    board = build(folder)
    text = page_of(folder).text
    for row in board.rows:
        for estimate in (row.mean, *(cell.estimate for cell in row.cells.values())):
            assert estimate is not None
            said = f"{100 * estimate.value:.1f}", f"{100 * estimate.low:.1f}, {100 * estimate.high:.1f}"
            assert said[0] in console.file.getvalue()
            assert f"{said[0]} [{said[1]}]" in text


def test_failed_captions_and_scoreless_captioners_are_shown_as_such(tmp_path: Path) -> None:
    rows = [verdict("up", "one"), verdict("down", "one", "failed", caption=None, answer=None, note="HTTP 503")]
    page = page_of(write_run(tmp_path, rows))
    assert "Not ranked down 1 of 1 answer failed" in page.text
    assert "down: failed" in page.text
    assert "HTTP 503" in "".join(page.raw["data"])


def test_an_options_list_that_is_none_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no JSON list"):
        write_page(write_run(tmp_path, [verdict("a", "one", options="[")]))


def test_an_older_page_stays_if_the_new_one_cannot_be_made(tmp_path: Path) -> None:
    path = write_page(write_run(tmp_path, [verdict("a", "one")]))
    before = path.read_bytes()
    (tmp_path / "verdicts.parquet").write_bytes(b"damaged")
    with pytest.raises(RunError):
        write_page(tmp_path)
    assert path.read_bytes() == before
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [
        "leaderboard.html",
        "manifest.json",
        "verdicts.parquet",
    ]


def test_the_same_run_gives_the_same_page(tmp_path: Path) -> None:
    folder = write_run(tmp_path, [verdict(captioner, str(item)) for captioner in "ab" for item in range(20)])
    assert write_page(folder).read_bytes() == write_page(folder).read_bytes()


def test_a_run_without_verdicts_is_a_page_all_the_same(tmp_path: Path) -> None:
    assert "Caption leaderboard" in page_of(write_run(tmp_path, [], benchmarks=[{"name": "chartqa"}])).text


def test_what_was_measured_stands_in_the_header_and_notes_are_folded(tmp_path: Path) -> None:
    rows = [verdict("a", str(item), "failed" if item else "correct", caption=None) for item in range(3)]
    benchmarks = [{"name": "chartqa", "items": 3, "size": 36}]
    plan = {"data": "synthetic", "limit": 3, "first": False}
    folder = write_run(tmp_path, rows, plan=plan, benchmarks=benchmarks)
    page, notes = page_of(folder), build(folder).warnings
    assert len(notes) > 1
    header = page.text.split("How to read this page")[0]
    for said in (
        "2 of 3 answers failed",
        "synthetic twins",
        "random 3 of 36 questions, seed 0",
        "not a language model",
    ):
        assert said in header
    assert f"{len(notes)} notes to read before the scores" in header
    assert all(" ".join(note.split()) in header for note in notes)
    assert "1 captioner ·" in header
    assert "3 of 36" in page.text.split("How this was made")[-1]


def test_an_interval_on_the_page_agrees_with_its_p(tmp_path: Path) -> None:
    rows = [
        verdict(f"c{place}", str(item), "correct" if (item * 7 + place * 3) % 20 < 8 + 2 * place else "wrong")
        for place in range(4)
        for item in range(60)
    ]
    known = json.loads(page_of(write_run(tmp_path, rows)).raw["data"][0])["pairs"]
    assert len(known) == 6
    for _, _, (_, low, high), shown, _ in known:
        assert shown == (not low <= 0 <= high)
    assert {shown for *_, shown, _ in known} == {True, False}


def test_a_benchmark_s_own_numbers_are_a_table_of_text(tmp_path: Path) -> None:
    said = [{"benchmark": "chartqa", "captioner": "a", "sample": 0, "metrics": {HOSTILE: HOSTILE, "groups": 7}}]
    page = page_of(write_run(tmp_path, [verdict("a", "one")], aggregates=said))
    assert "Chartqa, by its own rule" in page.text
    assert len(page.raw["script"]) == len(HEAD_SCRIPTS) + len(SCRIPTS)


def test_names_on_the_page_tell_apart_and_are_whole_in_their_titles(tmp_path: Path) -> None:
    names = [f"openai:Qwen/Qwen2.5-VL-{size}-Instruct?temperature=0.7&max_tokens=2048" for size in ("3B", "72B")]
    page = page_of(write_run(tmp_path, [verdict(name, str(item)) for name in names for item in range(3)]))
    titles = {attributes["title"] for _, attributes in page.elements if attributes.get("title")}
    assert titles >= set(names)


def test_lost_answers_about_a_few_images_are_counted_and_no_shares(tmp_path: Path) -> None:
    rows = [
        verdict("a", f"{name} {number}", "wrong" if number < lost else "correct", benchmark=name)
        for name, lost in (("chartqa", 4), ("infovqa", 12))
        for number in range(20)
    ]
    page = write_page(write_run(tmp_path, rows)).read_text(encoding="utf-8")
    table = page[page.index("Of 100 answers that are not right") :]
    few, many = re.findall("<tr>.*?</tr>", table[table.index("<tbody>") :], re.DOTALL)[:2]
    assert "4 of 4" in few
    assert "[" not in few
    assert "100.0" in many
    assert "[" in many
