"""The explorer in a real browser: filters, search, addresses, keys, and whatever strangers wrote."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from prism_eval.plan import make_plan
from prism_eval.report import write_html
from prism_eval.report.evaluate import build
from prism_eval.report.site import write_site
from prism_eval.run.execute import run_plan
from tests.builders import chart_folder
from tests.runfolder import verdict, write_page, write_run

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")

pytestmark = pytest.mark.e2e

HOSTILE = "</script><!--<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"
STRANGE = {
    "script": HOSTILE,
    "reversed": "\u202egold\u202c \u2066x\u2069",
    "nul": "a\x00b\x1b[31m",
    "emoji": "\N{FAMILY} \U0001f469\u200d\U0001f52c says 42 \N{GRINNING FACE}",
    "arabic": "القيمة هي 42 في الرسم",
    "long": "word " * 20_000 + "42",
    "slash": "a/b?c#d%20e&f",
}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two benchmarks: in the first A is right on even items and B on every third; the second holds strange texts."""
    rows = [
        verdict(name, str(item), "correct" if item % every == 0 else "wrong", benchmark="plain", caption=f"{name}: 42")
        for name, every in (("a", 2), ("b", 3), ("c", 1))
        for item in range(30)
    ]
    for name, text in STRANGE.items():
        texts = dict.fromkeys(("question", "answer", "extracted", "note", "caption"), text)
        rows += [
            verdict(
                captioner,
                f"{name} {text[:80]}",
                outcome,
                benchmark="strange",
                **texts,
                gold='["42", "a gold that nobody says"]',
            )
            for captioner, outcome in (("a", "wrong"), ("b", "correct"), ("c", "abstained"))
        ]
    return write_page(write_run(tmp_path_factory.mktemp("run"), rows))


@pytest.fixture(scope="module")
def pictured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictured")
    data = chart_folder(folder / "data", images=5, questions=3)
    plan = make_plan({"captioners": ["oracle"], "benchmarks": ["chartqa"], "data": str(data)})
    run = run_plan(plan, out=folder / "run", store=folder / "store.sqlite").folder.path
    return write_html(run, build(run))


@pytest.fixture(scope="module")
def site(pictured: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_site(tmp_path_factory.mktemp("site"), build(pictured.parent)).folder


@pytest.fixture(scope="module")
def served(site: Path) -> Iterator[str]:
    handler = partial(Quiet, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/index.html"
        server.shutdown()


@pytest.fixture(params=[(360, "dark"), (1440, "light")], ids=str)
def context(request: pytest.FixtureRequest, browser: playwright.Browser) -> Iterator[playwright.BrowserContext]:
    width, scheme = request.param
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    yield context
    context.close()


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder and says nothing of it."""

    def log_message(self, *_: object) -> None: ...


class Opened:
    """The page, and what it should not have done."""

    def __init__(self, context: playwright.BrowserContext, path: Path | str, address: str = "") -> None:
        at = path.as_uri() if isinstance(path, Path) else path
        own = ("file:", "data:", at.removesuffix("index.html"))
        self.trouble: list[str] = []
        self.page = context.new_page()
        self.page.on("console", lambda message: self.trouble.append(message.text))
        self.page.on("pageerror", lambda error: self.trouble.append(str(error)))
        self.page.on("request", lambda asked: asked.url.startswith(own) or self.trouble.append(asked.url))
        self.page.set_default_timeout(10_000)
        self.page.goto(at + address)
        self.page.locator(".explorer-item > *").first.wait_for()

    def filter(self, **values: str) -> str:
        """How many questions are left."""
        for name, label in values.items():
            field = self.page.locator(f"#explorer-app [name={name}]")
            field.fill(label) if name == "words" else field.select_option(label=label)
        return self.count()

    def count(self) -> str:
        """What is said of how many, once whatever has to be loaded for it is there."""
        self.page.wait_for_timeout(400)
        settled = self.page.locator(".explorer-count", has_not_text="Looking into")
        settled.wait_for()
        return settled.inner_text()

    @property
    def id(self) -> str:
        return self.page.locator(".explorer-item .explorer-where a").inner_text()


@pytest.fixture
def opened(context: playwright.BrowserContext, report: Path) -> Iterator[Opened]:
    opened = Opened(context, report)
    yield opened
    assert opened.trouble == []
    assert opened.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_filters_count_what_the_table_says(opened: Opened) -> None:
    assert opened.filter() == "37 of 37 questions"
    assert opened.filter(benchmark="Plain (30)", a="a", b="b") == "30 of 30 questions"
    assert opened.filter(show="A right, B wrong") == f"{15 - 5} of 30 questions"
    assert opened.filter(show="B right, A wrong") == f"{10 - 5} of 30 questions"
    assert opened.filter(show="captioners differ") == "25 of 30 questions"
    assert opened.filter(a="c", b="a", show="neither right") == "0 of 30 questions"
    assert "No question is like that" in opened.page.locator(".explorer-item").inner_text()
    opened.page.get_by_role("button", name="Clear", exact=True).click()
    assert opened.filter(a="a", outcome="wrong") == f"{15 + 7} of 37 questions"


def test_words_are_looked_for_in_captions_and_replies_too(opened: Opened) -> None:
    assert opened.filter(words="in 17?") == "1 of 37 questions"
    assert opened.id == "17"
    assert opened.filter(words="القيمة") == "1 of 37 questions"
    assert opened.filter(words="b: 42") == "30 of 37 questions"


def test_keys_and_buttons_go_from_item_to_item(opened: Opened) -> None:
    opened.filter(benchmark="Plain (30)")
    opened.page.locator(".explorer-list a").first.click()
    opened.page.keyboard.press("ArrowDown")
    opened.page.wait_for_timeout(100)
    assert opened.id == "1"
    opened.page.keyboard.press("ArrowRight")
    opened.page.wait_for_timeout(100)
    assert opened.id == "2"
    opened.page.keyboard.press("ArrowUp")
    opened.page.wait_for_timeout(100)
    assert opened.id == "1"
    assert opened.page.evaluate("document.activeElement.getAttribute('aria-current')") == "true"
    opened.page.get_by_role("button", name="Next ›").click()
    opened.page.get_by_role("button", name="Next ›").click()
    opened.page.wait_for_timeout(100)
    assert opened.id == "3"
    assert opened.page.url.endswith("#item/plain/3")


def test_an_address_names_its_item(context: playwright.BrowserContext, report: Path) -> None:
    opened = Opened(context, report, "#item/plain/23")
    opened.page.wait_for_timeout(300)
    assert opened.id == "23"
    assert opened.page.evaluate("document.getElementById('explorer').getBoundingClientRect().top < innerHeight")
    for name in ("script", "slash", "reversed"):
        opened.filter(words=f"{name} ")
        opened.page.locator(".explorer-list a").first.click()
        address = opened.page.evaluate("location.hash")
        again = Opened(context, report, address)
        again.page.wait_for_timeout(300)
        assert again.id.startswith(name)
        assert again.trouble == []
        again.page.close()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("plain/nobody", "plain/nobody"),
        ("other/1", "other/1"),
        ("plain/%E0%A4%A", "plain/%E0%A4%A"),
        ("plain/<b>", "<b>"),
    ],
)
def test_an_address_of_no_item_is_said_and_shows_no_other(
    context: playwright.BrowserContext, report: Path, address: str, said: str
) -> None:
    opened = Opened(context, report, f"#item/{address}")
    missing = opened.page.locator(".explorer-item")
    missing.get_by_text("There is no question").wait_for(timeout=5_000)
    assert said in missing.inner_text()
    assert opened.page.locator(".explorer-item .explorer-question, .explorer-list [aria-current]").count() == 0
    opened.page.locator(".explorer-list a").first.click()
    opened.page.wait_for_timeout(200)
    assert opened.id == "0"
    assert opened.trouble == []


def test_an_address_may_name_what_to_look_for(context: playwright.BrowserContext, report: Path) -> None:
    opened = Opened(context, report, "#explore?benchmark=plain&a=b&b=c&show=other")
    opened.page.wait_for_timeout(400)
    assert opened.page.locator(".explorer-count").inner_text() == "20 of 30 questions"
    assert opened.page.locator("[name=show]").input_value() == "other"
    opened.page.evaluate("location.hash = '#explore?a=nobody&show=nothing&constructor=1'")
    opened.page.wait_for_timeout(400)
    assert opened.page.locator(".explorer-count").inner_text() == "37 of 37 questions"
    assert opened.trouble == []


def test_whatever_strangers_wrote_is_text(opened: Opened) -> None:
    page = opened.page
    opened.filter(benchmark="Strange (7)")
    for name in STRANGE:
        assert opened.filter(words=f"{name} ").startswith("1 "), name
        # What is drawn is what is named: no element of a stranger's, no character that acts.
        assert page.locator("#explorer-app script, #explorer-app [onerror], #explorer-app img[src=x]").count() == 0
        shown = page.locator(".explorer-item").inner_text()
        assert not set(shown) & {"\u202e", "\x00", "\x1b"}, name
        marked = page.locator(".explorer-column").first.locator("mark.gold").all_inner_texts()
        # Of a text as long as this the page holds the beginning.
        assert ("42" in marked) == (name in {"emoji", "arabic"}), name
        assert ("96,002 more characters" in shown) == (name == "long"), name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    assert page.title().startswith("Caption leaderboard")


def test_pressing_a_captioner_shows_it_beside_the_first(opened: Opened) -> None:
    names = opened.page.locator(".explorer-column h3")
    before = names.all_inner_texts()
    (third,) = {"a", "b", "c"} - set(before)
    opened.page.locator(".explorer-everyone").get_by_role("button", name=third, exact=True).click()
    opened.page.wait_for_timeout(200)
    assert names.all_inner_texts() == [before[0], third]


def test_another_part_of_the_page_may_choose_a_pair(opened: Opened) -> None:
    opened.page.evaluate("document.dispatchEvent(new CustomEvent('pair-chosen', {detail: {first: 2, second: 0}}))")
    opened.page.wait_for_timeout(200)
    assert [opened.page.locator(f"[name={name}]").input_value() for name in "ab"] == ["2", "0"]


def test_pictures_are_seen_and_a_single_captioner_has_no_pair(
    context: playwright.BrowserContext, pictured: Path
) -> None:
    opened = Opened(context, pictured)
    assert opened.page.locator("#explorer-app img").count() == 16
    opened.page.locator(".explorer-item img").evaluate("(image) => image.decode()")
    assert opened.page.locator(".explorer-item img").evaluate("(image) => image.naturalWidth") == 8
    assert opened.page.locator("[name=b]:visible").count() == 0
    assert "A right, B wrong" not in opened.page.locator("[name=show]").inner_text()
    assert opened.trouble == []


@pytest.mark.parametrize("how", ["from a disk", "from a server"])
def test_a_site_loads_what_is_looked_at(context: playwright.BrowserContext, site: Path, served: str, how: str) -> None:
    start = site / "index.html" if how == "from a disk" else served
    opened = Opened(context, start)
    assert opened.filter() == "15 of 15 questions"
    image = opened.page.locator(".explorer-item img")
    image.scroll_into_view_if_needed()
    image.evaluate("(image) => image.decode()")
    assert image.evaluate("(image) => image.naturalWidth") == 8
    assert opened.filter(words="chart 3?") == "3 of 15 questions"
    opened.page.locator(".explorer-list a").last.click()
    opened.page.wait_for_timeout(200)
    again = Opened(context, start, opened.page.evaluate("location.hash"))
    again.page.wait_for_timeout(300)
    assert again.id == opened.id == "11"
    assert opened.trouble == again.trouble == []


def test_words_of_captions_and_replies_are_found_in_a_site(context: playwright.BrowserContext, tmp_path: Path) -> None:
    rows = [verdict("a", str(n), caption=f"caption{n} of all", answer=f"So: reply{n}") for n in range(12)]
    folder = write_site(tmp_path / "site", build(write_run(tmp_path / "run", rows))).folder
    opened = Opened(context, folder / "index.html")
    assert opened.filter(words="caption7") == "1 of 12 questions"
    assert opened.id == "7"
    assert opened.filter(words="reply1") == "3 of 12 questions"
    assert opened.filter(words="reply1 caption11") == "1 of 12 questions"
    assert opened.filter(words="caption1 nobody-says-this") == "0 of 12 questions"
    assert opened.trouble == []


def test_in_a_large_site_nobody_loads_all_captions_unasked(context: playwright.BrowserContext, tmp_path: Path) -> None:
    """As many parts as a large run has, of an item each."""
    rows = [verdict("a", str(item), caption=f"caption of {item}, like all") for item in range(90)]
    large = write_site(tmp_path / "site", build(write_run(tmp_path / "run", rows))).folder
    index, whole = large / "index.html", large / "explorer" / "0" / "0.js"
    part = json.loads(whole.read_text(encoding="utf-8")[len('explorerPiece("0/0",') : -3])
    for place, item in enumerate(part["items"]):
        piece = json.dumps({"items": [item], "texts": part["texts"]})
        (whole.parent / f"{place}.js").write_text(f'explorerPiece("0/{place}",{piece});\n', encoding="utf-8")
    index.write_text(index.read_text(encoding="utf-8").replace('"inPart":100', '"inPart":1'), encoding="utf-8")

    opened = Opened(context, index)
    assert opened.filter(words="like all") == (
        "40 of 90 questions; captions and replies of 50 more were not looked into: look on"
    )
    opened.page.get_by_role("button", name="look on").click()
    assert opened.count().startswith("80 of 90 questions")
    opened.page.get_by_role("button", name="look on").click()
    assert opened.count() == "90 of 90 questions"
    # What is listed of an item is looked at without loading anything.
    again = Opened(context, index)
    assert again.filter(words="shown in 77?").startswith("1 of 90 questions; captions and replies of 49 more")
    assert opened.trouble == again.trouble == []


def test_nothing_is_wrong_with_a_site_by_the_rules_of_axe(context: playwright.BrowserContext, site: Path) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")
    opened = Opened(context, site / "index.html")
    opened.page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    violations = axe.Axe().run(opened.page).response["violations"]
    assert [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in violations] == []
    assert opened.trouble == []


def test_without_scripts_a_site_lists_some_of_its_items(browser: playwright.Browser, site: Path) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 900})
    page = context.new_page()
    page.goto((site / "index.html").as_uri())
    assert page.locator("#explorer-plain article:visible").count() == 15
    assert "These are 15 of them" in page.locator("#explorer-plain").inner_text()
    context.close()


def test_a_part_that_is_missing_is_said(context: playwright.BrowserContext, site: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(site, tmp_path / "copy"))
    (copy / "explorer" / "0" / "0.js").unlink()
    page = context.new_page()
    page.goto((copy / "index.html").as_uri())
    missing = page.get_by_text("a part of the data is missing: explorer/0/0.js")
    missing.wait_for(timeout=10_000)
    assert missing.is_visible()
    page.goto((site / "index.html").as_uri())
    page.get_by_text("Accepted").first.wait_for(timeout=10_000)
    assert page.get_by_text("a part of the data is missing").count() == 0


def test_the_page_leads_from_a_number_to_its_questions(context: playwright.BrowserContext, report: Path) -> None:
    opened = Opened(context, report)
    score = opened.page.locator("#scores-table tbody tr").first.get_by_role("link").first
    label = score.locator("xpath=ancestor::tr/th").inner_text()
    score.click()
    opened.page.wait_for_timeout(400)
    for name, shown in (("a", label), ("benchmark", "Plain (30)")):
        assert opened.page.locator(f"[name={name}] option:checked").inner_text() == shown
    assert opened.page.locator(".explorer-count").inner_text() == "30 of 30 questions"
    opened.page.locator("#losses a.number").first.click()
    opened.page.wait_for_timeout(400)
    assert opened.page.locator("[name=why]").input_value() != ""
    assert not opened.page.locator(".explorer-count").inner_text().startswith("0 ")
    opened.page.locator("#pair a").first.click()
    opened.page.wait_for_timeout(400)
    assert opened.page.locator("[name=show]").input_value() == "won"
    assert opened.trouble == []


def test_without_scripts_every_item_is_listed(browser: playwright.Browser, report: Path) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 900})
    page = context.new_page()
    page.goto(report.as_uri() + "#item/plain/23")
    assert page.locator("#explorer-plain article:visible").count() == 37
    assert not page.locator("#explorer-app").is_visible()
    assert page.locator("#explorer-plain article").nth(23).bounding_box()["y"] < 900  # type: ignore[index]
    context.close()
