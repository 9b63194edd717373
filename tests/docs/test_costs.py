"""What docs/engines.md says that runs cost is what `plan` says."""

import os
import re
import subprocess
import sys

from prism_eval.run.costs import Work
from tests.docs.blocks import blocks_of
from tests.docs.costs import ANSWER, CAPTION, PAIRS, questions
from tests.docs.engine_reference import PAGE
from tests.server.fault_server import Behaviour
from tests.server.threaded import ThreadedServer

STATED = "((tokens in - cached) / speed_in + tokens out / speed_out) / 3600"


def test_what_the_page_shows_of_plan_is_what_plan_prints(tmp_path):
    blocks = list(blocks_of(PAGE))
    (at,) = (place for place, block in enumerate(blocks) if block.text.startswith("prism-eval plan"))
    shown = [line.rstrip() for line in blocks[at + 1].text.splitlines()]
    program = tmp_path / "prism-eval"
    program.write_text(f"#!/bin/sh\nexec '{sys.executable}' -m prism_eval \"$@\"\n", encoding="utf-8")
    program.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "120"}
    with ThreadedServer(Behaviour(models=())) as server:
        typed = re.sub(r"http://127\.0\.0\.1:80\d\d/v1", server.url, blocks[at].text)
        done = subprocess.run(
            ["bash", "-c", f"{typed} --store '{tmp_path}/store'"],
            env=environment, capture_output=True, text=True, timeout=300, check=True,
        )  # fmt: skip
    said = [line.rstrip() for line in done.stdout.splitlines()]
    assert said[said.index(shown[0]) :][: len(shown)] == shown


def test_the_formula_of_the_page_is_that_of_plan():
    assert STATED in PAGE.read_text(encoding="utf-8")
    work, about = Work(1000, 400, 50, None), {"speed_in": 30.0, "speed_out": 5.0}
    assert work.gpu_hours(about, None) == as_stated(1000, 400, 50, 30, 5)


def as_stated(read, cached, written, speed_in, speed_out):
    """The formula as the page states it, typed again."""
    return ((read - cached) / speed_in + written / speed_out) / 3600


def test_the_table_s_numbers_are_of_what_the_page_says_beside_it():
    page = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert f"They have {questions():,} questions" in page
    assert f"{CAPTION[0]:,} tokens in (a picture of a megapixel) and {CAPTION[1]} out" in page
    assert f"an answer to each of {ANSWER[0]} in and {ANSWER[1]} out" in page
    large = PAIRS[-1][0]
    # 21,224 captions by a 72B model, worked out by hand: 21,224 x (1,300 / 2,000 + 750 / 350) / 3,600.
    assert (large.speed_in, large.speed_out) == (2000, 350)
    assert round(large.hours(21_224, CAPTION), 2) == 16.47
