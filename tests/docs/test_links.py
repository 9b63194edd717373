"""The pages lead somewhere, and to each other."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [path for folder in ("docs", "examples", "benchmarks", "reports") for path in (ROOT / folder).rglob("*.md")]
PAGES += [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def links(page):
    """The files that a page links to; anchors and addresses of the web are left out."""
    targets = LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8")))
    return {(page.parent / target.split("#")[0]).resolve() for target in targets if not re.match(r"\w+:|#", target)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_what_a_page_links_to_is_there(page):
    assert [str(target) for target in links(page) if not target.exists()] == []


def test_every_page_can_be_reached_from_the_readme():
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        waiting += [target for target in links(page) if target.suffix == ".md" and target not in reached]
    documentation = {page.resolve() for page in (ROOT / "docs").rglob("*.md")}
    assert sorted(str(page) for page in documentation - reached) == []
