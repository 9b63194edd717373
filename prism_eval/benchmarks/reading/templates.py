"""Questions that a data set states as the number of a template and a place in the figure."""

from __future__ import annotations

from typing import Any

from prism_eval.benchmarks.definition import Definition
from prism_eval.benchmarks.reading.rows import Row


def fill_template(definition: Definition, row: Row, key: Any) -> str:
    """The text of a templated question.

    Raises:
        RowError: There is no such template, or the place it asks about is missing.
    """
    template = definition.templates.get(str(key))
    if template is None:
        raise row.bad("template unknown", f"there is no question template {key!r}")
    if "{place}" not in template:
        return template
    return template.replace("{place}", _place(definition, row))


def _place(definition: Definition, row: Row) -> str:
    """CharXiv's way of saying which subplot is meant: a phrase, a grid position, or the only plot."""
    if definition.place is None:
        return "For the current plot"
    text = row.get(definition.place.text)
    if isinstance(text, str) and text.strip():
        return f"For {text.strip()}"
    place_row = row.need(definition.place.row, "subplot's row")
    if not place_row:
        return "For the current plot"
    place_column = row.need(definition.place.column, "subplot's column")
    return f"For the subplot at row {place_row} and column {place_column}"
