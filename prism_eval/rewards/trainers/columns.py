"""The questions among the columns of a data set that a trainer hands on with its completions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prism_eval.errors import UsageError


def questions_in(columns: Mapping[str, object], name: str, *, count: int) -> Sequence[object]:
    """The column with the questions on each completion's image.

    Args:
        columns: What the trainer hands on, by name.
        name: The column's.
        count: How many completions there are.

    Raises:
        UsageError: There is no such column, or it is not as long as the completions.
    """
    asked = columns.get(name)
    if isinstance(asked, list | tuple) and len(asked) == count:
        return asked
    known = ", ".join(sorted(one for one, column in columns.items() if isinstance(column, list)))
    raise UsageError(f"the data set has no column {name!r} of questions; it has: {known or 'none'}")
