"""Writes reports/sample/ from examples/twins.toml: ``python -m tests.docs.sample``, from the top of a clone.

The same code and packages give the same bytes. The picture needs playwright and a Chromium (``CHROMIUM`` names one);
without them the old one stays.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from prism_eval.cli.app import app
from tests.browser import ARGUMENTS, chromium

TOP = Path(__file__).parents[2]
SAMPLE, PLAN = TOP / "reports" / "sample", TOP / "examples" / "twins.toml"
PAGE, PICTURE = SAMPLE / "leaderboard.html", SAMPLE / "leaderboard.png"
BASELINE = "half the facts"
COMMAND = "python -m tests.docs.sample"


def write_sample() -> None:
    """The page, the site and the picture, in place of those that are there."""
    with tempfile.TemporaryDirectory() as scratch:
        run = Path(scratch) / "run"
        carry_out("run", "--quiet", "--plan", PLAN, "--store", Path(scratch) / "store", "--out", run)
        settle(run / "manifest.json")
        shutil.rmtree(SAMPLE / "site", ignore_errors=True)
        carry_out("report", run, "--baseline", BASELINE, "--output", SAMPLE)
        carry_out("report", run, "--baseline", BASELINE, "--bundle", SAMPLE / "site")
    photograph(PAGE, PICTURE)


def carry_out(*words: str | Path) -> None:
    """A command of prism-eval, in this process."""
    typer.main.get_command(app).main([str(word) for word in words], standalone_mode=False)


def settle(manifest: Path) -> None:
    """Take out of a manifest what differs between two runs of one plan: when they were, and how long they took."""
    said: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))
    released = re.search(r"^date-released: (\S+)$", (TOP / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE)
    assert released is not None
    said |= {"created": f"{released[1]}T00:00:00+00:00", "git_commit": None}
    for entry in said["counts"]["entries"].values():
        for counted in (entry, *entry["answers"].values()):
            counted |= {"timed": 0, "seconds": None}
    manifest.write_text(json.dumps(said, indent=2), encoding="utf-8")


def photograph(page: Path, picture: Path, *, size: Sequence[int] = (1440, 900)) -> None:
    """The first screen of a page, by light."""
    path = chromium()
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        path = None
    if path is None:
        print(f"no browser: {picture} stays as it is")
        return
    with sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=path, args=ARGUMENTS)
        window = browser.new_page(viewport={"width": size[0], "height": size[1]}, color_scheme="light")
        window.goto(page.as_uri())
        window.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    write_sample()
