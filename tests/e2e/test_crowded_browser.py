"""A page of twenty entries with long names and three controls, as somebody looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runfolder import verdict, write_page, write_run

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")

from tests.e2e.test_report_browser import A4, opened  # noqa: E402

pytestmark = pytest.mark.e2e

MODELS = [f"Qwen{version}-VL-{size}B-Instruct" for version in ("2", "2.5", "3", "3.5") for size in (2, 4, 8, 32, 72)]
ENTRIES = [f"openai:Qwen/{model}?base_url=http://127.0.0.1:{8000 + n}/v1" for n, model in enumerate(MODELS)]
CONTROLS = {"blind": "blind", f"direct({ENTRIES[0]})": "direct", f"mismatched({ENTRIES[0]})": "mismatched"}
ENGINE = {"engine": {"plugin": "openai", "model": MODELS[0]}}
OUTCOMES = ("wrong", "abstained", "unparsed", "refused", "truncated")


def identity(label: str) -> dict[str, object]:
    if label in CONTROLS:
        return {"plugin": CONTROLS[label], "parts": [ENGINE]}
    return {"plugin": "openai", "engine": {"plugin": "openai", "model": label.partition("/")[2].partition("?")[0]}}


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    labels = [*ENTRIES, *CONTROLS]
    right = {label: 40 - 2 * place for place, label in enumerate(ENTRIES)} | dict(
        zip(CONTROLS, (1, 40, 2), strict=True)
    )
    rows = [
        verdict(
            label,
            str(item),
            "correct" if item < right[label] else OUTCOMES[item % 5],
            benchmark=benchmark,
            caption=" ".join(["word"] * (20 + 5 * place)),
        )
        for place, label in enumerate(labels)
        for benchmark in ("chartqa", "mmmu")
        for item in range(40)
    ]
    captioners = [{"label": label, "identity": identity(label)} for label in labels]
    return write_page(write_run(tmp_path_factory.mktemp("run"), rows, captioners=captioners))


@pytest.fixture
def page(browser: playwright.Browser, crowded: Path) -> Iterator[playwright.Page]:
    with opened(browser, crowded) as page:
        yield page


def test_served_models_are_called_by_their_own_names(page: playwright.Page) -> None:
    assert "127.0.0.1" not in page.inner_text("h1")
    assert page.inner_text("h1").startswith(f"Against {MODELS[4]}, {MODELS[0]} is better by ")
    assert "openai" not in page.inner_text("h1")
    assert page.locator(".ranking th.name").all_inner_texts()[: len(MODELS)] == MODELS


def test_no_label_of_a_chart_lies_upon_another_or_beyond_it(page: playwright.Page) -> None:
    labels = page.evaluate(
        """() => [...document.querySelectorAll("#length svg.figure")].map((figure) => {
          const { width, height } = figure.viewBox.baseVal;
          return [width, height, [...figure.querySelectorAll("text")].map((text) => {
            const { x, y, width, height } = text.getBBox();
            const turn = figure.getScreenCTM().inverse().multiply(text.getScreenCTM());
            const at = new DOMPoint(x, y).matrixTransform(turn);
            return [text.textContent, at.x, at.y, width, height];
          }).filter(([said]) => said.startsWith("Qwen"))];
        })"""
    )
    assert [len(found) for _, _, found in labels] == [20, 20]
    for width, height, found in labels:
        for place, (said, x, y, across, down) in enumerate(found):
            assert 0 <= x <= x + across <= width + 1, said
            assert -2 <= y <= y + down <= height, said
            for other, left, top, wide, _ in found[:place]:
                # Letters have room above and below them in their boxes.
                apart = x >= left + wide - 4 or left >= x + across - 4 or abs(y - top) >= 0.7 * down
                assert apart, (said, other)


def test_a_chart_s_legend_is_within_it(page: playwright.Page) -> None:
    beyond = page.evaluate(
        """() => [...document.querySelectorAll("#benchmarks svg.figure text")].filter((text) =>
          text.getBoundingClientRect().right > text.closest("svg").getBoundingClientRect().right + 2
        ).map((text) => text.textContent)"""
    )
    assert beyond == []


def test_every_text_in_a_bar_lies_within_its_part_and_can_be_read(
    browser: playwright.Browser,
    crowded: Path,
) -> None:
    for width, scheme in ((360, "light"), (1440, "dark"), (1440, "light")):
        with opened(browser, crowded, width, color_scheme=scheme) as page:
            bad = page.evaluate(
                """() => {
                  const light = (colour) => {
                    const [r, g, b] = colour.match(/[\\d.]+/g).map((part) => part / 255)
                      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
                    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
                  };
                  return [...document.querySelectorAll(".stack text")].filter((text) => {
                    let rect = text.previousElementSibling;
                    const [inner, outer] = [text, rect].map((part) => part.getBoundingClientRect());
                    const inks = [text, rect].map((part) => light(getComputedStyle(part).fill));
                    const held = !inner.width || (inner.left >= outer.left && inner.right <= outer.right);
                    return !held || Math.max(...inks) / Math.min(...inks) < 4.5;
                  }).map((text) => text.outerHTML);
                }"""
            )
            assert bad == []


def test_a_phone_says_what_each_number_is(browser: playwright.Browser, crowded: Path) -> None:
    with opened(browser, crowded, 360) as page:
        row = page.locator(".ranking tbody tr").first
        said = row.locator("td.recovery")
        label = said.evaluate("(cell) => getComputedStyle(cell, '::before').content")
        assert label == '"recovery "'
        # Below the chart, with the other numbers.
        boxes = [row.locator(f"td.{name}").bounding_box() for name in ("chart", "recovery")]
        assert boxes[0]["y"] < boxes[1]["y"]  # type: ignore[index]


def test_paper_has_the_ranking_as_a_table_of_one_line_a_row(browser: playwright.Browser, crowded: Path) -> None:
    with opened(browser, crowded, A4) as page:
        page.emulate_media(media="print")
        table = page.locator(".ranking")
        assert table.evaluate("(table) => getComputedStyle(table).display") == "table"
        chart, row = (table.locator(which).first.bounding_box() for which in ("tbody td.chart", "tbody tr"))
        assert chart["width"] > 0.25 * row["width"]  # type: ignore[index]
        assert row["height"] < 60  # type: ignore[index]
        intervals = page.locator("#scores-table td small").evaluate_all(
            "(all) => all.map((one) => one.scrollHeight / parseFloat(getComputedStyle(one).lineHeight))"
        )
        assert intervals
        assert max(intervals) < 1.6


def test_what_goes_on_beyond_the_edge_fades_there_and_what_fits_does_not(page: playwright.Page) -> None:
    region = page.locator(".scroll:has(> #answers-table)")
    mask = "(part) => getComputedStyle(part).maskImage"
    assert region.evaluate(mask) == "none"
    page.set_viewport_size({"width": 420, "height": 900})
    assert "rgba(0, 0, 0, 0)" in region.evaluate(mask)
    region.evaluate("(part) => { part.scrollLeft = part.scrollWidth; }")
    page.wait_for_timeout(200)
    assert "rgba(0, 0, 0, 0)" not in region.evaluate(mask)
