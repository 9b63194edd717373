"""Tables on the screen."""

import pytest

from prism_eval.cli.table import show_table


@pytest.fixture
def lines(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")

    def shown(*arguments):
        show_table(*arguments)
        return [line.rstrip() for line in capsys.readouterr().out.splitlines()]

    return shown


def test_numbers_stand_to_the_right_with_their_thousands_apart(lines):
    assert lines(("name", "count"), [("a", 5), ("b", 1234)]) == ["name  count", "a         5", "b     1,234"]


def test_a_name_in_brackets_is_no_markup(lines):
    assert lines(("name",), [("[bold]x[/bold]",), ("[/]",)]) == ["name", "[bold]x[/bold]", "[/]"]


def test_a_number_that_is_not_known_leaves_its_place_empty(lines):
    assert lines(("name", "count"), [("a", ""), ("b", 7)]) == ["name  count", "a", "b         7"]


def test_without_headings_there_is_no_head_and_without_rows_only_the_head(lines):
    assert lines(("", ""), [("a", "b")]) == ["a  b"]
    assert lines(("name", "count"), []) == ["name  count"]
