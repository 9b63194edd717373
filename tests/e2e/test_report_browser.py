"""The page in a real browser, at a phone's and a desk's width."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runfolder import verdict, write_page, write_run

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")

pytestmark = pytest.mark.e2e

HOSTILE = "</script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"
CAPTIONERS = ("openai:Qwen/Qwen2.5-VL-72B-Instruct?base_url=http://127.0.0.1:8000/v1", "ocr", HOSTILE)
ALLOWED = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]


@pytest.fixture(scope="module")
def browser() -> Iterator[playwright.Browser]:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on this machine: install one, or name it in CHROMIUM")
    with playwright.sync_playwright() as engine:
        chromium = engine.chromium.launch(executable_path=path, args=ALLOWED)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = [
        verdict(captioner, str(item), "correct" if item % every else "wrong", benchmark=benchmark, caption=HOSTILE)
        for captioner, every in zip(CAPTIONERS, (7, 3, 2), strict=True)
        for benchmark in (f"benchmark_{letter}" for letter in "abcdefghijkl")
        for item in range(24)
    ]
    rows += [verdict(CAPTIONERS[0], "0", "correct", benchmark="last"), verdict("ocr", "0", "failed", benchmark="last")]
    return write_page(write_run(tmp_path_factory.mktemp("run"), rows))


@pytest.fixture(params=[(390, "light"), (390, "dark"), (1440, "light"), (1440, "dark")], ids=str)
def page(request: pytest.FixtureRequest, browser: playwright.Browser, report: Path) -> Iterator[playwright.Page]:
    width, scheme = request.param
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith("file:") else trouble.append(asked.url))
    page.goto(report.as_uri())
    yield page
    context.close()
    assert trouble == []


def test_the_page_never_scrolls_sideways(page: playwright.Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_hostile_text_is_shown_as_text(page: playwright.Page) -> None:
    assert page.title().startswith("Caption leaderboard")
    assert page.locator("img").count() == 0
    assert "<script>" in page.locator(".ranking").inner_text()


def test_sorting_puts_the_rows_in_order_both_ways(page: playwright.Page) -> None:
    heading = page.locator(".scores thead th").nth(2)
    values = "[...document.querySelectorAll('.scores tbody tr')].map((row) => Number(row.cells[2].dataset.value))"
    heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") == "descending"
    falling = page.evaluate(values)
    heading.get_by_role("button").press("Enter")
    assert heading.get_attribute("aria-sort") == "ascending"
    assert page.evaluate(values) == sorted(falling) == falling[::-1]
    assert len(set(falling)) == 3


def test_text_stands_out_from_its_ground(page: playwright.Page) -> None:
    ratios = page.evaluate(
        """() => {
          const light = (colour) => {
            const [r, g, b] = colour.match(/[\\d.]+/g).map((part) => part / 255)
              .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const ground = light(getComputedStyle(document.body).backgroundColor);
          const names = ["body", ".note", ".facts", ".eyebrow", "small", "thead th", ".zero"];
          return [...names, ".caveats summary", ".measured li", ".measured .alarm"].map((name) => {
            const ink = light(getComputedStyle(document.querySelector(name)).color);
            return [name, (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05)];
          });
        }"""
    )
    assert [name for name, ratio in ratios if ratio < 4.5] == []
