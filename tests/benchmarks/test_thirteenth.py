"""A thirteenth benchmark, brought from outside: one definition file; or a package, with it or with rows of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from prism_eval import evaluate

DEFINITION = """\
name = "receipts"
title = "Receipts"
summary = "What a receipt says."
licence = "CC0-1.0"
homepage = "https://example.org/receipts"
citation = "@misc{receipts}"

[source]
dataset = "owner/receipts"
split = "test"

[fields]
question = "question"
answer = "answer"
options = "options"
images = ["image"]

[scoring]
official = "strict"
"""

ROWS = [
    {"question": "Which shop?", "options": ["Alpha", "Beta"], "answer": "B", "image": "a.png"},
    {"question": "What is the total?", "options": [], "answer": 12.5, "image": "b.png"},
]

# What a stranger's package holds: the function that the group of benchmarks names, and a class for that of sources.
MODULE = """\
from pathlib import Path

from prism_eval.benchmarks import Benchmark, Row, read_definition

PICTURE = bytes.fromhex("{picture}")


def definition(name):
    return read_definition(Path(__file__).with_name(f"{{name}}.toml"))


class Drawer:
    origin, revision, image_folder = "a drawer", None, None

    def rows(self):
        yield Row(0, {{"question": "Which?", "options": None, "answer": "this", "image": PICTURE}}, "the drawer, row 1")

    def size(self):
        return 1

    @staticmethod
    def open(name, data):
        return Benchmark(definition(name), Drawer())
"""

ENTRY_POINTS = """\
[prism_eval.benchmarks]
receipts = prism_eval_receipts:definition

[prism_eval.sources]
drawer = prism_eval_receipts:Drawer
"""


def test_one_file_is_enough(tmp_path: Path, jsonl_folder: Any) -> None:
    file = tmp_path / "receipts.toml"
    file.write_text(DEFINITION, encoding="utf-8")
    result = evaluate("blind", benchmarks=str(file), data=jsonl_folder("receipts", ROWS), out=tmp_path / "run")
    assert (result.counts.done, result.failed) == (2, 0)


@pytest.fixture
def site(tmp_path: Path, png: Any) -> Path:
    """A folder with the package in it, as an installer leaves it."""
    site = tmp_path / "site"
    described = site / "prism_eval_receipts-1.0.dist-info"
    described.mkdir(parents=True)
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: prism-eval-receipts\nVersion: 1.0\n")
    (described / "entry_points.txt").write_text(ENTRY_POINTS)
    (site / "prism_eval_receipts.py").write_text(MODULE.format(picture=png(3).hex()))
    (site / "receipts.toml").write_text(DEFINITION)
    return site


def prism_eval(site: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "prism_eval", *words],
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_package_brings_one_by_name(site: Path, tmp_path: Path, jsonl_folder: Any) -> None:
    data = jsonl_folder("receipts", ROWS)
    assert "receipts" in prism_eval(site, "benchmarks").stdout
    words = ["-c", "blind", "-b", "receipts", "--data", str(data), "--out", str(tmp_path / "run"), "-q"]
    done = prism_eval(site, "run", *words)
    assert done.returncode == 0, done.stderr
    (stated,) = json.loads((tmp_path / "run" / "manifest.json").read_text())["benchmarks"]
    assert (stated["name"], stated["items"]) == ("receipts", 2)


def test_a_package_brings_a_source_of_rows_under_a_prefix(site: Path) -> None:
    rows = [line.split() for line in prism_eval(site, "plugins").stdout.splitlines()]
    assert ["drawer", "source", "prism-eval-receipts", "1.0", "installed"] in rows
    shown = prism_eval(site, "benchmarks", "drawer:receipts")
    assert shown.returncode == 0, shown.stderr
    assert "read from   a drawer" in shown.stdout
    assert "gold: this" in shown.stdout
