"""What every place that rows come from offers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from prism_eval.benchmarks.definition import Definition, Names
from prism_eval.benchmarks.reading.images import ImageStore
from prism_eval.benchmarks.reading.rows import Row, RowError


class RowSource(Protocol):
    """A data set whose rows can be read again and again."""

    @property
    def origin(self) -> str:
        """Where the rows come from, for people."""
        ...

    @property
    def revision(self) -> str | None:
        """The commit the rows are of, where that is known."""
        ...

    def rows(self) -> Iterator[Row | RowError]:
        """The rows in order; in place of one that cannot be read, what is wrong with it."""
        ...

    def size(self) -> int | None:
        """How many rows the definition selects; ``None`` where that is not known without reading everything."""
        ...

    def images(self) -> ImageStore:
        """A fresh store for the rows' images."""
        ...


def wanted_columns(definition: Definition) -> frozenset[str]:
    """Every column a definition may read, with the outer name of those that lie inside another."""
    fields = definition.fields
    groups = [fields.question, fields.answer, fields.options, fields.context, fields.cluster, fields.facts]
    groups += [*fields.id, *fields.images, definition.options.columns]
    groups += [*definition.extra.values(), *definition.extra_if_present.values()]
    for question in definition.questions:
        groups += [question.question, question.answer, *question.extra.values()]
    if definition.place:
        groups += [definition.place.text, definition.place.row, definition.place.column]
    if not isinstance(definition.kind, str):
        groups.append(definition.kind.column)
    return _with_outer(groups) | selecting_columns(definition)


def selecting_columns(definition: Definition) -> frozenset[str]:
    """The columns that the definition's ``where`` asks about."""
    return _with_outer(where.column for where in definition.where)


def is_selected(definition: Definition, row: Row) -> bool:
    """Whether the definition's ``where`` keeps a row.

    Raises:
        RowError: A column it asks about is missing.
    """
    return all(str(row.need(where.column, "choice of rows")) in where.equals for where in definition.where)


def _with_outer(groups: Iterable[Names]) -> frozenset[str]:
    names = {name for group in groups for name in group}
    return frozenset(names | {name.partition(".")[0] for name in names})
