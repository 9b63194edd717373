"""What README.md and docs/ tell a reader to type is typed, from the first block of a page to the last.

The reader has the twelve twins, a few of their rows in ``~/benchmarks`` (which serve for the hub too), a data folder of
their own (``DATA``), the runs that the pages speak of, a server behind every address of a model, and the patience for
two questions a benchmark.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from prism_eval import evaluate
from prism_eval.twins import ensure
from tests.builders import chart_folder, png
from tests.docs.blocks import Block, blocks_of
from tests.leaderboard.imports.logs import documents, write_model
from tests.server.fault_server import Behaviour
from tests.server.threaded import ThreadedServer

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
RUN = {"sh": ["bash", "-euo", "pipefail", "-c"], "python": [sys.executable, "-c"]}
WITH_BLOCKS = [page for page in PAGES if any(block.language in RUN and not block.why_not for block in blocks_of(page))]
PATIENT = f"""#!/bin/sh
case "$1 $*" in *--limit*) ;; run\\ * | caption\\ * | plan\\ *) set -- "$@" --limit 2 ;; esac
exec '{sys.executable}' -m prism_eval "$@"
"""


def name(page):
    return page.relative_to(ROOT).as_posix()


@pytest.fixture
def server():
    """Serves every model's name, as the servers that the pages speak of."""
    with ThreadedServer(Behaviour(models=(), text="Answer: 42")) as running:
        yield running


@pytest.fixture
def reader(tmp_path, cache):
    """Where the reader sits: the folder and the environment that commands are given in."""
    desk, home = tmp_path / "desk", tmp_path / "home"
    chart_folder(desk / "DATA", images=2, questions=1)
    receipts = desk / "DATA" / "receipts"
    receipts.mkdir()
    (receipts / "r1.png").write_bytes(png())
    rows = next(block.text for block in blocks_of(ROOT / "docs" / "benchmarks.md") if "Which shop?" in block.text)
    (receipts / "data.jsonl").write_text(rows, encoding="utf-8")
    for benchmark in ("chartqa", "mmstar"):
        (home / "benchmarks" / benchmark).mkdir(parents=True)
        twin = pq.read_table(ensure(benchmark) / benchmark / "data.parquet")
        pq.write_table(twin.slice(0, 2), home / "benchmarks" / benchmark / "data.parquet")
    evaluate("blind", benchmarks="chartqa", limit=2, out=desk / "runs" / "mine", store=tmp_path / "store.sqlite")
    shutil.copytree(desk / "runs" / "mine", desk / "runs" / "chartqa-1a2b3c4d")
    for model in ("caprl-200k", "caprl-1m", "densefusion-200k", "densefusion-1m"):
        write_model(desk / "logs" / model, {"chartqa": documents("chartqa", [True, "200k" in model])})
    program = tmp_path / "bin" / "prism-eval"
    program.parent.mkdir()
    program.write_text(PATIENT, encoding="utf-8")
    program.chmod(0o755)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    return desk, {**os.environ, "HOME": str(home), "PATH": path, "PRISM_EVAL_CACHE": str(cache), "COLUMNS": "120"}


def typed(text, language, reader, server):
    """What comes of a block that the reader types."""
    desk, environment = reader
    here = re.sub(r"http://127\.0\.0\.1:80\d\d/v1", server.url, text).replace("--data hub", "--data ~/benchmarks")
    return subprocess.run(
        [*RUN[language], here],
        cwd=desk,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("page", WITH_BLOCKS, ids=name)
def test_what_a_page_tells_to_type_works(page, reader, server):
    for block in blocks_of(page):
        if block.language in RUN and not block.why_not:
            done = typed(block.text, block.language, reader, server)
            assert done.returncode == 0, f"{name(page)}:{block.line}\n{block.text}\n{done.stderr}"


def test_what_the_readme_types_behind_an_installation_works(reader, server):
    pytest.importorskip("rapidocr", reason="the extra [ocr] is not installed")
    installing = [block for block in blocks_of(ROOT / "README.md") if "pip install" in block.text]
    runs = [block.text for block in installing if "prism-eval run" in block.text]
    # The other one, with a language model, is for the tests of engines.
    (command,) = [text.split(" && ")[-1] for text in runs if "llamacpp:" not in text]
    assert "label=" in command
    done = typed(command.removeprefix(".venv/bin/"), "sh", reader, server)
    assert done.returncode == 0, done.stderr
    assert "half the facts" in done.stdout
    # The other one would run this test.
    assert ".venv/bin/tox run" in [block.text.split(" && ")[-1] for block in installing]


def test_the_readme_leaves_nothing_else_unrun():
    unrun = [block.text for block in blocks_of(ROOT / "README.md") if block.why_not or block.language not in RUN]
    assert all("pip install" in text for text in unrun)
    assert len(unrun) == 3


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_block_says_what_it_is(page):
    for block in blocks_of(page):
        assert block.language in {*RUN, "json", "text", "toml", "yaml"}, f"{name(page)}:{block.line}: name a language"
        if block.language == "toml":
            assert tomllib.loads(block.text)


def test_pages_are_found_and_most_are_run():
    assert name(ROOT / "docs" / "design" / "README.md") in map(name, PAGES)
    assert len(WITH_BLOCKS) >= 4


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("Type\n\n    prism-eval run\n    tox run\n\nand go.", [Block(3, "sh", "prism-eval run\ntox run", "")]),
        ("Type\n\n    pip a\n\n    pip b\n", [Block(3, "sh", "pip a\n\npip b", "")]),
        ("- a list\n    goes on\n", []),
        ("It says\n\n    2009: 26.66\n", [Block(3, "text", "2009: 26.66", "")]),
        ("```sh\ntrue\n```\n```\nx\n```", [Block(2, "sh", "true", ""), Block(5, "", "x", "")]),
        ("<!-- not run: a reason -->\n```sh\nfalse\n```", [Block(3, "sh", "false", "a reason")]),
        ("<!-- not run: a reason -->\n\n    pip a\n", [Block(3, "sh", "pip a", "a reason")]),
        ("<!-- not run: a reason -->\nProse.\n\n    pip a\n", [Block(4, "sh", "pip a", "")]),
        ("<!-- not run: why -->\n```sh\na\n```\n```sh\nb\n```", [Block(3, "sh", "a", "why"), Block(6, "sh", "b", "")]),
    ],
)  # fmt: skip
def test_blocks_are_read_from_a_page(text, blocks, tmp_path):
    (tmp_path / "page.md").write_text(text, encoding="utf-8")
    assert list(blocks_of(tmp_path / "page.md")) == blocks
