"""What a release says of itself agrees with itself."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from prism_eval import __version__

ROOT = Path(__file__).parents[2]
CHANGES = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def citation():
    yaml = pytest.importorskip("yaml")
    return yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))


def test_the_citation_has_what_the_format_requires(citation):
    assert citation["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= set(citation)
    assert citation["type"] == "software"
    for reference in citation["references"]:
        assert {"type", "title", "authors"} <= set(reference)
    assert citation["license"] == PROJECT["project"]["license"]


def test_version_changes_and_citation_name_the_same_release(citation):
    released = re.findall(r"^## (\d+\.\d+\.\d+) - (\d{4}-\d{2}-\d{2})$", CHANGES, flags=re.MULTILINE)
    assert released[0] == (__version__, str(citation["date-released"]))
    assert citation["version"] == __version__
    assert CHANGES.index("## Unreleased") < CHANGES.index(f"## {__version__}")


def test_the_source_archive_holds_whatever_stands_in_the_clone():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a clone")
    there = {line.split("/")[0] for line in listed.stdout.splitlines() if not line.startswith(".")}
    # hatchling adds these by itself.
    included = PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    assert there - {"LICENSE", "pyproject.toml"} == set(included)


def test_contributing_draws_the_floors_of_the_import_contract():
    contract = PROJECT["tool"]["importlinter"]["contracts"][0]["layers"]
    floors = [sorted(room.strip().removeprefix("prism_eval.") for room in floor.split("|")) for floor in contract]
    drawn = CONTRIBUTING.split("Imports point down")[1].split("\n\n")[1]
    assert [sorted(line.strip().split(", ")) for line in drawn.splitlines()] == floors


def test_every_room_has_its_floor():
    contract = PROJECT["tool"]["importlinter"]["contracts"][0]["layers"]
    placed = {room.strip().removeprefix("prism_eval.") for floor in contract for room in floor.split("|")}
    package = ROOT / "prism_eval"
    rooms = {path.stem for path in package.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    # The public names and the version are nobody's floor: everybody may read the one, nobody the other.
    assert rooms - {"__init__", "_version"} == placed
