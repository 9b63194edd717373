"""What CI installs is locked by digest, in the versions of the constraints, and its actions by commit."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

TOP = Path(__file__).parents[2]
LOCK, WORKFLOW = TOP / ".ci" / "requirements.txt", TOP / ".github" / "workflows" / "ci.yml"
_PIN = re.compile(r"^([A-Za-z0-9_.-]+)==(\S+)", re.MULTILINE)

pytestmark = pytest.mark.skipif(not WORKFLOW.exists(), reason="a package of the sources alone has no workflow")


def pins(text: str) -> dict[str, str]:
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in _PIN.findall(text)}


def test_every_locked_package_has_a_digest_and_the_version_of_the_constraints() -> None:
    text = LOCK.read_text("utf-8")
    locked, known = pins(text), pins((TOP / "constraints.txt").read_text("utf-8"))
    assert len(locked) > 50
    assert {name: version for name, version in locked.items() if known.get(name, version) != version} == {}
    entries = [entry for entry in re.split(r"\n(?=\S)", text) if _PIN.match(entry)]
    assert len(entries) == len(locked)
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry) for entry in entries)


def test_what_the_package_and_its_tests_need_is_locked() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    of_dev = ("dev", "ocr", "math", "phash", "language")
    needed = [*project["dependencies"], *(one for name in of_dev for one in extras[name]), "hatchling", "editables"]
    names = {re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~ ;]", need)[0]).lower() for need in needed} - {"prism-eval"}
    assert names - set(pins(LOCK.read_text("utf-8"))) == set()


def test_what_is_locked_is_what_the_package_asks_for() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))["project"]
    locked = pins(LOCK.read_text("utf-8"))
    for text in (
        *project["dependencies"],
        *(one for extra in ("dev", "ocr", "math") for one in _extra(project, extra)),
    ):
        need = Requirement(text)
        name = re.sub(r"[-_.]+", "-", need.name).lower()
        assert name == "prism-eval" or locked[name] in need.specifier, text


def _extra(project: dict[str, Any], name: str) -> list[str]:
    return list(project["optional-dependencies"][name])


def test_actions_are_named_by_commit_and_run_what_ci_runs() -> None:
    workflow = yaml.safe_load(WORKFLOW.read_text("utf-8"))
    (job,) = workflow["jobs"].values()
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13", "3.14"]
    used = [step["uses"] for step in job["steps"] if "uses" in step]
    assert used
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", one) for one in used)
    runs = [step.get("run", "") for step in job["steps"]]
    assert ".ci/run" in runs
    assert any("--require-hashes" in run and ".ci/requirements.txt" in run for run in runs)
    (check,) = (step["env"] for step in job["steps"] if step.get("run") == ".ci/run")
    # Both that install are to find what was fetched, and nothing else.
    assert check["PIP_NO_INDEX"] == check["UV_OFFLINE"] == "1"
    assert check["PIP_FIND_LINKS"] == check["UV_FIND_LINKS"]
    assert workflow["permissions"] == {"contents": "read"}
