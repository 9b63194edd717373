"""docs/cli.md is what ``--help`` says."""

import re

from prism_eval.cli.app import app
from tests.docs.cli_reference import PAGE, reference


def test_the_page_is_what_help_says():
    assert PAGE.read_text(encoding="utf-8") == reference(), "write it again: python -m tests.docs.cli_reference"


def test_it_does_not_depend_on_the_terminal(monkeypatch):
    wide = reference()
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("LINES", "10")
    assert reference() == wide


def test_every_verb_has_a_section():
    verbs = {command.name for command in app.registered_commands} | {group.name for group in app.registered_groups}
    sections = set(re.findall(r"^## `prism-eval (\S+)`$", reference(), flags=re.MULTILINE))
    assert "run" in verbs
    assert sections == verbs


def test_no_verb_s_first_line_is_cut_in_a_list_of_verbs_on_a_narrow_terminal(monkeypatch):
    monkeypatch.setattr("tests.docs.cli_reference.WIDTH", 78)
    assert re.findall(r"^  \w+ .*\.\.\.$", reference(), flags=re.MULTILINE) == []
