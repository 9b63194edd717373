"""Questions that a data set states as a number: CharXiv's templates, about a place in the figure."""

from __future__ import annotations

from prism_eval.benchmarks.definition import Definition
from prism_eval.benchmarks.rows import Row

_PLACE = "{place}"
_WHOLE_FIGURE = "For the current plot"


def templated_question(definition: Definition, row: Row, key: object) -> str:
    """The text that a template's key stands for.

    Raises:
        RowError: There is no such template, or the place it asks about is missing.
    """
    template = definition.templates.get(str(key))
    if template is None:
        raise row.bad("template unknown", f"there is no question template {key!r}")
    # Two of the templates are about the figure as a whole, and their rows need no place.
    return template.replace(_PLACE, _place(definition, row)) if _PLACE in template else template


def _place(definition: Definition, row: Row) -> str:
    """CharXiv's way of saying which subplot is meant: a phrase, a grid position, or the only plot."""
    if definition.place is None:
        return _WHOLE_FIGURE
    text = row.get(definition.place.text)
    if isinstance(text, str) and text.strip():
        return f"For {text.strip()}"
    # Row 0 is how the data set writes a figure without subplots.
    place_row = row.need(definition.place.row, "subplot's row")
    if not place_row:
        return _WHOLE_FIGURE
    place_column = row.need(definition.place.column, "subplot's column")
    return f"For the subplot at row {place_row} and column {place_column}"
