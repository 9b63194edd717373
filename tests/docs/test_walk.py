"""docs/design/walk.md counts right, and leads to where things are."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from tests.docs.walk import measure, stations

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "design" / "walk.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL))
WALKS = {title: walk for title, walk in SECTIONS.items() if "| file | function |" in walk}


def stops(walk):
    """The file, the mark of a turn back and the function of every line of a walk's table."""
    return re.findall(r"^\| `([\w/.]+)`( ↩)? \| `([\w.]+)` \|", walk, flags=re.MULTILINE)


@pytest.mark.parametrize("title", WALKS)
def test_a_walk_says_how_many_files_it_enters_and_how_often_it_turns_back(title):
    walk = WALKS[title]
    files = [file for file, _, _ in stops(walk)]
    entered, turned_back = measure(files)
    assert f"{entered} files, turned back {turned_back} times." in walk
    assert len(files) == walk.count("\n| `")
    assert sum(bool(mark) for _, mark, _ in stops(walk)) == turned_back


def test_the_walks_of_this_version_come_by_functions_that_there_are():
    for title, walk in WALKS.items():
        for file, _, function in stops(walk) if title.endswith("now") else []:
            tree = ast.parse((ROOT / "prism_eval" / file).read_text(encoding="utf-8"))
            for name in function.split("."):
                found = [node for node in ast.iter_child_nodes(tree) if getattr(node, "name", None) == name]
                assert found, f"{title}: no {function} in {file}"
                tree = found[0]


def test_where_something_new_goes_is_a_room_there_is_and_a_group_there_is():
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"]
    places = SECTIONS["Where does something new go?"]
    rooms = re.findall(r"^\| [^|]+ \| `([\w/]+)/(?:NAME|columns)\.\w+`", places, flags=re.MULTILINE)
    assert len(rooms) == 9
    assert [room for room in rooms if not (ROOT / room).is_dir()] == []
    assert set(re.findall(r"`(prism_eval\.\w+)`", places)) <= set(groups)


def test_measuring_counts_files_and_returns():
    assert measure(["a", "a", "b", "c", "b", "b", "a"]) == (3, 2)
    assert measure([]) == (0, 0)


def test_the_way_of_a_run_is_recorded_from_the_command_to_the_model():
    entered = [(file, name) for file, names in stations(ROOT) for name in names]
    assert entered.index(("cli/run.py", "run")) < entered.index(("engines/openai.py", "OpenAIEngine.generate"))
    assert len(entered) == len(set(entered))
