"""A stranger's package, installed and run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from prism_eval.run.reading import Table
from tests.builders import chart_folder

SHOUTING = Path(__file__).with_name("shouting")


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """A folder with the plugin installed in it, as pip installs it."""
    target = tmp_path_factory.mktemp("site")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target), str(SHOUTING)]
    subprocess.run(install, check=True, capture_output=True, text=True)
    return target


def prism_eval(site, *words, **environment):
    return subprocess.run(
        [sys.executable, "-m", "prism_eval", *words],
        env={**os.environ, "PYTHONPATH": str(site), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_it_runs_like_a_built_in(site, tmp_path):
    data = chart_folder(tmp_path / "data")
    out = tmp_path / "run"
    done = prism_eval(
        site, "run", "-c", "shouting?marks=3", "-b", "chartqa", "--data", str(data), "--out", str(out), "-q"
    )
    assert done.returncode == 0, done.stderr
    captions = {row["text"] for row in Table(out, "captions").rows(["text"])}
    assert captions == {"AN IMAGE 8 PIXELS WIDE AND 8 HIGH!!!"}


def test_it_is_listed_with_its_package_and_a_broken_one_beside_it(site):
    for words, state in ((("plugins",), "installed"), (("plugins", "--check"), "ready")):
        done = prism_eval(site, *words)
        assert done.returncode == 0
        (row,) = [line.split() for line in done.stdout.splitlines() if line.startswith("shouting ")]
        assert row == ["shouting", "captioner", "prism-eval-shouting", "1.2.3", state]
        assert ("broken_shouting" in done.stderr) is (state == "ready")
        assert "blind" in done.stdout


def test_it_can_be_kept_out(site):
    done = prism_eval(site, "plugins", PRISM_EVAL_PLUGINS="")
    assert "shouting" not in done.stdout
    assert "blind" in done.stdout
