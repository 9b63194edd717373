"""reports/sample/ is a page and a site as they are written today."""

import json
import re
import tomllib

import pytest

from prism_eval import __version__
from prism_eval.leaderboard import build
from prism_eval.report.explorer.items import Listed, Reply
from prism_eval.report.html import render
from tests.docs.sample import COMMAND, PAGE, PICTURE, PLAN, SAMPLE
from tests.runfolder import verdict, write_run

OLD = f"the sample is an old one: {COMMAND}"
SITE = SAMPLE / "site"
MOST_BYTES = 8_000_000
"""What a clone may weigh for it."""


@pytest.fixture(scope="module")
def today(tmp_path_factory):
    """By whether it is a site's, the page of a small run."""
    rows = [
        verdict(captioner, str(item), "correct" if item % every else "wrong", benchmark=benchmark)
        for captioner, every in (("one", 2), ("other", 3))
        for benchmark in ("chartqa", "mmmu")
        for item in range(8)
    ]
    board = build(write_run(tmp_path_factory.mktemp("run"), rows))
    return {site: render(board, site=site) for site in (False, True)}


def data(page, name):
    """What a page's script element of that name holds."""
    (source,) = re.findall(rf'<script type="application/json" id="{name}">(.*?)</script>', page, flags=re.DOTALL)
    return json.loads(source)


def headings(page, table):
    """The headings of a table's columns; none where there is no such table."""
    head = re.search(rf'<table[^>]* id="{table}".*?</thead>', page, flags=re.DOTALL)
    return set(re.findall(r"<th scope[^>]*>([^<]+)</th>", head[0])) if head else set()


@pytest.mark.parametrize(("path", "site"), [(PAGE, False), (SITE / "index.html", True)], ids=["page", "site"])
def test_the_page_has_what_today_s_pages_have(path, site, today):
    page = path.read_text(encoding="utf-8")
    sections = r"<h2[^>]*>([^<]+)</h2>"
    assert re.findall(sections, page) == re.findall(sections, today[site]), OLD
    assert f"Written by prism-eval {__version__}." in page, OLD
    for table in ("scores-table", "captions-table", "answers-table"):
        ours = headings(today[site], table) - {"Chartqa", "Mmmu"}
        assert ours <= headings(page, table), OLD
    for name in ("pairs-data", "explorer-data"):
        assert data(page, name).keys() == data(today[site], name).keys(), OLD


def test_the_site_s_items_are_written_as_today():
    listed = (SITE / "explorer" / "0.js").read_text(encoding="utf-8")
    told = (SITE / "explorer" / "0" / "0.js").read_text(encoding="utf-8")
    items, part = (json.loads(text[text.index(",") + 1 : -3]) for text in (listed, told))
    assert {len(item) for item in items} == {len(Listed._fields)}, OLD
    assert {len(reply) for reply in part["items"][0]["replies"] if reply} == {len(Reply._fields)}, OLD


def test_its_captioners_are_the_plan_s():
    specs = tomllib.loads(PLAN.read_text(encoding="utf-8"))["captioners"]
    labels = {spec.partition("label=")[2] or spec for spec in specs}
    assert set(data(PAGE.read_text(encoding="utf-8"), "explorer-data")["captioners"]) == labels, OLD
    assert len(labels) >= 11


def test_it_is_small_and_has_its_picture():
    files = [path for path in SAMPLE.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < MOST_BYTES
    assert PICTURE.read_bytes().startswith(b"\x89PNG")
