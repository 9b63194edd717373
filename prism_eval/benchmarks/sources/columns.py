"""The columns that a definition reads, so that a source need not read the others."""

from __future__ import annotations

from collections.abc import Iterable

from prism_eval.benchmarks.definition import Definition, Names
from prism_eval.benchmarks.rows import Row


def wanted_columns(definition: Definition) -> frozenset[str]:
    """Every column a definition may read, with the outer name of those that lie inside another."""
    fields = definition.fields
    groups = [fields.question, fields.answer, fields.options, fields.context, fields.cluster]
    groups += [fields.strata, fields.facts]
    groups += [*fields.id, *fields.images, definition.options.columns, definition.options.drawn]
    groups += [*definition.columns.values(), *definition.columns_if_present.values()]
    for question in definition.questions:
        groups += [question.question, question.answer, *question.columns.values()]
    if definition.place:
        groups += [definition.place.text, definition.place.row, definition.place.column]
    if not isinstance(definition.kind, str):
        groups.append(definition.kind.column)
    return _with_outer(groups) | selecting_columns(definition)


def selecting_columns(definition: Definition) -> frozenset[str]:
    """The columns that the definition's ``where`` asks about: enough to count its rows without reading an image."""
    return _with_outer(where.column for where in definition.where)


def is_selected(definition: Definition, row: Row) -> bool:
    """Whether the definition's ``where`` keeps a row.

    Raises:
        RowError: A column it asks about is missing.
    """
    # As text: the same column holds numbers in one data set's export and strings in another's.
    return all(str(row.need(where.column, "choice of rows")) in where.equals for where in definition.where)


def _with_outer(groups: Iterable[Names]) -> frozenset[str]:
    names = {name for group in groups for name in group}
    # `metadata.version` may be a column of that name or a field of the column `metadata`: the file decides.
    return frozenset(names | {name.partition(".")[0] for name in names})
