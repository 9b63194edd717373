"""The page in a real browser: on a phone and a desk, by light and in the dark, on paper and without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.runfolder import verdict, write_page, write_run

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")

pytestmark = pytest.mark.e2e

HOSTILE = "</script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"
CAPTIONERS = ("openai:Qwen/Qwen2.5-VL-72B-Instruct?base_url=http://127.0.0.1:8000/v1", "ocr", HOSTILE)
STRANGE = {
    "ends a script": "</script><script>document.title='taken'</script>",
    "comments": "<!-- <script> -->",
    "right to left": "\u202eabc\u2066 \u05d0\u05d1 \u0645\u0631\u062d\u0628\u0627",
    "long": "word " * 20_000,
    "nothing": "a\x00b",
    "emoji": "\U0001f469\u200d\U0001f680 \U0001f1e9\U0001f1ea",
}
# The width of A4 without its margins, at 96 dots an inch.
A4 = 703


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = [
        verdict(
            captioner,
            str(item),
            "correct" if item % every else "wrong",
            benchmark=benchmark,
            caption=[HOSTILE, *STRANGE.values()][item % 7],
            order=order,
            chosen_position=(item + order) % 3,
            gold_position=(item + order) % 3 if item % every else (item + order + 1) % 3,
            kind="choice",
            options='["a", "b", "c"]',
        )
        for captioner, every in zip(CAPTIONERS, (7, 3, 2), strict=True)
        for benchmark in (f"benchmark_{letter}" for letter in "abcdefghijkl")
        for item in range(24)
        for order in (0, 1)
    ]
    rows += [verdict(captioner, str(item), benchmark="last") for captioner in CAPTIONERS for item in range(24)]
    # One that failed too often to be ranked, and a control: rows apart, in every table.
    rows += [verdict("broken", str(item), "failed", benchmark="benchmark_a", caption=None) for item in range(24)]
    rows += [verdict("blind", str(item), "wrong", benchmark="benchmark_a", caption="") for item in range(24)]
    return write_page(write_run(tmp_path_factory.mktemp("run"), rows))


@contextmanager
def opened(browser: playwright.Browser, report: Path, width: int = 1440, **settings: Any) -> Iterator[playwright.Page]:
    """The page in a window; whatever it complains of or asks the network for is a failure."""
    context = browser.new_context(viewport={"width": width, "height": 900}, **settings)
    page = context.new_page()
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith(("file:", "data:")) else trouble.append(asked.url))
    page.goto(report.as_uri())
    yield page
    context.close()
    assert trouble == []


@pytest.fixture(params=[(360, "light"), (360, "dark"), (1440, "light"), (1440, "dark")], ids=str)
def page(request: pytest.FixtureRequest, browser: playwright.Browser, report: Path) -> Iterator[playwright.Page]:
    width, scheme = request.param
    with opened(browser, report, width, color_scheme=scheme) as page:
        yield page


@pytest.fixture
def desk(browser: playwright.Browser, report: Path) -> Iterator[playwright.Page]:
    with opened(browser, report) as page:
        yield page


def unfold(page: playwright.Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")


@pytest.mark.parametrize("width", [360, 800, 1440])
def test_the_page_never_scrolls_sideways(browser: playwright.Browser, report: Path, width: int) -> None:
    with opened(browser, report, width) as page:
        unfold(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_hostile_text_is_shown_as_text(page: playwright.Page) -> None:
    assert page.title().startswith("Caption leaderboard")
    assert page.locator("img").count() == 0
    assert "</script>" in page.locator(".ranking").inner_text()


def test_nothing_is_wrong_by_the_rules_of_axe(page: playwright.Page) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")
    unfold(page)
    violations = axe.Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in violations] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_lines_and_marks_stand_out_from_the_paper(browser: playwright.Browser, report: Path, scheme: str) -> None:
    with opened(browser, report, color_scheme=scheme) as page:
        ratios = page.evaluate(
            """() => {
              const light = (colour) => {
                const [r, g, b] = colour.match(/[\\d.]+/g).map((part) => part / 255)
                  .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
              };
              const ground = light(getComputedStyle(document.body).backgroundColor);
              const found = [];
              const drawn = "svg line:not(.grid), svg rect, svg path, svg circle, svg use";
              for (const part of document.querySelectorAll(drawn)) {
                const { stroke, fill } = getComputedStyle(part);
                const inks = [stroke, fill].filter((ink) => ink.startsWith("rgb")).map(light);
                if (!inks.length || part.closest("clipPath, defs")) continue;
                const ratio = (ink) => (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
                // A hollow mark is told by its edge; the lines of a grid only help the eye.
                const grid = part.getAttribute("stroke") === "var(--rule)";
                if (!grid && Math.max(...inks.map(ratio)) < 3) found.push(part.outerHTML.slice(0, 200));
              }
              return found;
            }"""
        )
    assert ratios == []


def test_sorting_puts_the_rows_in_order_both_ways(page: playwright.Page) -> None:
    heading = page.locator("#scores-table thead th", has_text="Score").first
    values = (
        "() => { const rows = [...document.querySelectorAll('#scores-table tbody tr')];"
        "const place = rows[0].closest('table').tHead.rows[0].querySelector('[aria-sort]').cellIndex;"
        "return rows.map((row) => Number(row.cells[place].dataset.value)); }"
    )
    heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") == "descending"
    falling = page.evaluate(values)
    heading.get_by_role("button").press("Enter")
    assert heading.get_attribute("aria-sort") == "ascending"
    assert page.evaluate(values) == sorted(falling)
    assert falling == sorted(falling, reverse=True)
    assert len(set(falling)) >= 4


def test_a_column_can_be_put_away_and_brought_back(page: playwright.Page) -> None:
    table = page.locator("#scores-table")
    before = table.locator("td:visible").count()
    page.locator("#benchmarks .chooser > summary").click()
    box = page.locator("#benchmarks .chooser").get_by_label("Benchmark_A")
    box.uncheck()
    assert table.locator("td:visible").count() == before - len(CAPTIONERS) - 2
    assert not table.get_by_role("button", name="Benchmark_A").is_visible()
    box.check()
    assert table.locator("td:visible").count() == before


def test_any_two_can_be_put_beside_each_other(page: playwright.Page) -> None:
    page.get_by_label("First", exact=True).select_option("2")
    page.get_by_label("Second", exact=True).select_option("0")
    said = page.locator("#pair .sentence").inner_text()
    backwards = page.locator("#pair tbody tr").first.locator("td").all_inner_texts()
    page.locator('.matrix td[data-pair="0,2"]').click()
    forwards = page.locator("#pair tbody tr").first.locator("td").all_inner_texts()
    assert page.get_by_label("First", exact=True).input_value() == "0"
    assert page.locator("#pair tbody tr").count() == 13
    turned = page.locator("#pair .sentence").inner_text()
    assert "do not show" in said
    assert "do not show" in turned
    # Difference, interval, word, images won and lost, questions won and lost.
    assert forwards[1].replace("+", "−") == backwards[1]
    assert forwards[4:8] == [backwards[place] for place in (5, 4, 7, 6)]
    assert int(forwards[4]) > 0


def test_one_beside_itself_is_no_pair(desk: playwright.Page) -> None:
    desk.get_by_label("First", exact=True).select_option("1")
    assert "two different" in desk.locator("#pair").inner_text()


def test_every_link_of_the_contents_leads_to_its_heading(page: playwright.Page) -> None:
    links = page.locator(".contents ol a")
    assert links.count() >= 6
    for place in range(links.count()):
        links.nth(place).click()
        section = page.locator(links.nth(place).get_attribute("href") or "")
        heading = section.locator("h2")
        assert heading.inner_text() == links.nth(place).inner_text()
        # Below the bar that stays, and in the window.
        top = heading.evaluate("(heading) => heading.getBoundingClientRect().top")
        assert page.locator(".contents").bounding_box()["height"] <= top + 1
        assert top < 900


def test_the_theme_is_chosen_and_kept(desk: playwright.Page) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    light = desk.evaluate(ground)
    desk.get_by_label("dark").check()
    dark = desk.evaluate(ground)
    assert dark != light
    assert desk.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    desk.reload()
    assert desk.evaluate(ground) == dark
    assert desk.get_by_label("dark").is_checked()
    desk.get_by_label("light").check()
    assert desk.evaluate(ground) == light
    desk.get_by_label("auto").check()
    desk.emulate_media(color_scheme="dark")
    assert desk.evaluate(ground) == dark


def test_the_kept_theme_is_there_before_anything_is_painted(browser: playwright.Browser, report: Path) -> None:
    with opened(browser, report) as page:
        page.get_by_label("dark").check()
        page.add_init_script(
            "new MutationObserver((_, watch) => { if (document.body) { window.first = "
            "document.documentElement.dataset.theme; watch.disconnect(); } }).observe(document, "
            "{ childList: true, subtree: true });"
        )
        page.reload()
        assert page.evaluate("window.first") == "dark"


def test_a_page_that_may_not_store_anything_does_not_complain(browser: playwright.Browser, report: Path) -> None:
    forbid = (
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } });"
    )
    context = browser.new_context()
    page = context.new_page()
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.add_init_script(forbid)
    page.goto(report.as_uri())
    page.get_by_label("dark").check()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    context.close()
    assert trouble == []


def test_it_can_be_read_without_scripts(browser: playwright.Browser, report: Path) -> None:
    with opened(browser, report, java_script_enabled=False) as page:
        for number in ("ranking", "scores-table", "captions-table", "answers-table"):
            assert page.locator(f"#{number}").is_visible()
        assert page.locator(".matrix td:visible").count() == len(CAPTIONERS) ** 2
        assert page.locator(".scripted:visible").count() == 0
        page.locator("#method summary").first.click()
        assert page.locator("#method details pre").first.is_visible()


def test_printed_it_fits_a_sheet(browser: playwright.Browser, report: Path) -> None:
    with opened(browser, report, A4, color_scheme="dark") as page:
        page.emulate_media(media="print", color_scheme="dark")
        wide = "[...document.querySelectorAll('main *')].filter((part) => part.scrollWidth > innerWidth).length"
        assert page.evaluate(wide) == 0
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        # Ink costs: paper stays white.
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert not page.locator(".contents").is_visible()
        assert page.locator(".badges").is_visible()
