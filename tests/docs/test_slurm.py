"""The array script of docs/slurm.md, run by a scheduler that is played."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import blocks_of
from tests.sharded import assert_same

PAGE = Path(__file__).parents[2] / "docs" / "slurm.md"
PLAN = 'captioners = ["oracle", "blind"]\nbenchmarks = ["chartqa", "wemath"]\nlimit = 20\nthumbnails = false\n'


def block(words):
    (found,) = [one.text for one in blocks_of(PAGE) if words in one.text and one.language == "sh"]
    return found


@pytest.fixture
def node(tmp_path):
    """A node with the plan, the script and prism-eval; gives tasks of the array."""
    program = tmp_path / "bin" / "prism-eval"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\nexec '{sys.executable}' -m prism_eval \"$@\"\n", encoding="utf-8")
    program.chmod(0o755)
    (tmp_path / "plan.toml").write_text(PLAN, encoding="utf-8")
    (tmp_path / "array.sh").write_text(block("#SBATCH"), encoding="utf-8")
    (tmp_path / "disk").mkdir()
    environment = {
        **os.environ,
        "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
        "TMPDIR": str(tmp_path / "disk"),
        "SLURM_ARRAY_JOB_ID": "77",
    }

    def give(*words, **more):
        return subprocess.run(
            words, cwd=tmp_path, env=environment | more, capture_output=True, text=True, timeout=120, check=False
        )

    return give


def task(node, number):
    # As where two tasks are given again: how many the array has now is not how many shards there are.
    done = node("bash", "array.sh", SLURM_ARRAY_TASK_ID=str(number), SLURM_ARRAY_TASK_COUNT="2")
    assert done.returncode == 0, done.stderr


def test_the_tasks_of_an_array_are_merged_into_one_run(node, tmp_path):
    for number in (3, 1, 2, 4, 5, 6, 8):
        task(node, number)
    merging = block("shard-?")
    lacking = node("bash", "-c", merging)
    assert lacking.returncode == 2
    (line,) = lacking.stderr.strip().splitlines()
    assert "shard 7/8 is missing" in line
    assert not (tmp_path / "runs" / "qwen" / "whole").exists()
    task(node, 7)
    # The store of each task was kept beside its folder, and nothing is left on the node's disk.
    assert len(list((tmp_path / "runs" / "qwen").glob("*.sqlite"))) == 8
    assert not list((tmp_path / "disk").glob("*.sqlite*"))
    done = node("bash", "-c", merging)
    assert done.returncode == 0, done.stderr
    one = node("prism-eval", "run", "-q", "--plan", "plan.toml", "--out", "one", "--store", "disk/one.sqlite")
    assert one.returncode == 0, one.stderr
    assert_same(tmp_path / "one", tmp_path / "runs" / "qwen" / "whole")
    # Given again, a task finds everything in the store it has kept.
    again = node("bash", "array.sh", SLURM_ARRAY_TASK_ID="1")
    assert "Answers: 0 made" in again.stdout
