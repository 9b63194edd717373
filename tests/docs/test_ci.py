"""The workflows of docs/ci.md and action.yml: their ``run:`` steps are run, one by one, as they are written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from prism_eval import evaluate
from prism_eval.gate.baseline import save
from prism_eval.gate.side import side_of_run
from tests.docs.blocks import blocks_of

ROOT = Path(__file__).parents[2]
BLOCKS = list(blocks_of(ROOT / "docs" / "ci.md"))
GITHUB, GITLAB = (yaml.safe_load(block.text) for block in BLOCKS if block.language == "yaml")
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
PLAN = """\
captioners = ["{captioner}"]
benchmarks = ["chartqa"]
data = "synthetic"
"""


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """What a repository of captions keeps."""
    home = tmp_path_factory.mktemp("reference")
    of = {"benchmarks": "chartqa", "data": "synthetic", "store": home / "store.sqlite"}
    evaluate("oracle", out=home / "runs" / "reference", **of)
    evaluate("budget(oracle)?words=4", out=home / "runs" / "worse", **of)
    save(side_of_run(home / "runs" / "reference"), home / "baseline.parquet")
    (home / "gate.toml").write_text(next(block.text for block in BLOCKS if block.language == "toml"))
    (home / "plan.toml").write_text(PLAN.format(captioner="oracle"))
    return home


@pytest.fixture
def step(reference, tmp_path, cache):
    """Runs one step where the repository lies; what pip is told to install is here."""
    desk = tmp_path / "desk"
    desk.mkdir()
    for name in ("runs", "baseline.parquet", "gate.toml", "plan.toml"):
        (desk / name).symlink_to(reference / name)
    (desk / "runs").unlink()
    (desk / "runs").mkdir()
    for run in (reference / "runs").iterdir():
        (desk / "runs" / run.name).symlink_to(run)
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    for name, body in {
        "prism-eval": f'exec "{sys.executable}" -m prism_eval "$@"',
        "pip": 'case "$1 $2" in "install "*prism-eval*) ;; *) exit 9 ;; esac',
        "python": f'case "$*" in "-m pip install "*) ;; *) exec "{sys.executable}" "$@" ;; esac',
    }.items():
        (bin_folder / name).write_text(f"#!/bin/sh\n{body}\n")
        (bin_folder / name).chmod(0o755)
    outputs = tmp_path / "outputs"
    environment = {
        **os.environ,
        "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
        "PRISM_EVAL_CACHE": str(cache),
        "XDG_CACHE_HOME": str(tmp_path / "xdg"),
        "GITHUB_OUTPUT": str(outputs),
    }

    def run(script, **more):
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=desk,
            env={**environment, **more},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    run.desk, run.outputs = desk, outputs
    return run


@pytest.mark.parametrize("job", GITHUB["jobs"])
def test_a_github_job_runs_as_it_is_written(step, job):
    scripts = [one["run"] for one in GITHUB["jobs"][job]["steps"] if "run" in one]
    assert len(scripts) >= 2
    for script in scripts:
        done = step(script, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(step.desk / "summary.md"))
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
    assert "## prism-eval gate" in (step.desk / "summary.md").read_text()


def test_what_a_github_job_hands_on_is_there(step):
    job = GITHUB["jobs"]["quality"]["steps"]
    for script in [one["run"] for one in job if "run" in one]:
        assert step(script).returncode == 0
    for path in [one["with"]["path"] for one in job if "path" in one.get("with", {})]:
        assert (step.desk / path).exists()


@pytest.mark.parametrize("job", GITLAB)
def test_a_gitlab_job_runs_as_it_is_written(step, job):
    for script in GITLAB[job]["script"]:
        done = step(script, GITLAB_CI="true")
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
    kept = GITLAB[job]["artifacts"]
    for path in [kept["reports"]["junit"], *kept.get("paths", [])]:
        assert (step.desk / path).exists()


def act(step, **inputs):
    """The steps of the action with these inputs."""
    given = {name: inputs.get(name, said.get("default", "")) for name, said in ACTION["inputs"].items()}
    for one in ACTION["runs"]["steps"]:
        environment = {}
        for name, value in one["env"].items():
            assert value.startswith("${{ inputs.")
            environment[name] = given[value.removeprefix("${{ inputs.").removesuffix(" }}")]
        done = step(one["run"], **environment)
        if done.returncode:
            break
    return done


def test_the_action_takes_no_input_into_its_script():
    assert all("${{" not in one["run"] for one in ACTION["runs"]["steps"])


@pytest.mark.parametrize(
    ("inputs", "code", "outcome"),
    [
        ({"replay": "runs/reference"}, 0, "PASS"),
        ({"baseline": "baseline.parquet", "candidate": "runs/worse", "junit": "g.xml"}, 1, "FAIL"),
        ({"baseline": "baseline.parquet", "candidate": "runs/reference", "policy": "gate.toml"}, 0, "PASS"),
        ({"baseline": "nowhere $(touch owned)", "candidate": "runs/reference"}, 2, "ERROR"),
    ],
)
def test_the_action_is_the_gate(step, inputs, code, outcome):
    done = act(step, **inputs)
    assert done.returncode == code, done.stderr
    assert step.outputs.read_text() == f"outcome={outcome}\n"
    assert not (step.desk / "owned").exists()
    assert (step.desk / "g.xml").exists() == ("junit" in inputs)
