"""One row of a data set, and what is said when it is not as its definition says."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from prism_eval.errors import DataError

# A wide table would drown the message that lists its columns.
_SHOWN = 20
_LONGEST = 1000

MISSING: Final = object()
"""Stands for a column that a row does not have; ``None`` is a column that is there and null."""


class RowError(DataError):
    """A row that cannot become an item.

    Attributes:
        reason: What is wrong, in the few words under which such rows are counted.
        item: The id of the item that it would have been; empty where not even that can be read.
    """

    def __init__(self, reason: str, message: str, *, item: str = "") -> None:
        self.reason, self.item = reason, item
        # A cell may hold megabytes, or line breaks; the message is one line that people read.
        super().__init__(short(" ".join(message.split()), _LONGEST))


# No dataclass: each cell is read under a name of its own, and a frozen one takes three times as long to be made.
class Row(NamedTuple):
    """A row as it was read.

    Attributes:
        number: Its position in the data set, from 0.
        values: Its columns, those that the definition asks for. The values are as untrusted as the file they are from.
        place: The file and the row's place in it, for messages.
        unread: Further columns of the file that the definition does not ask for.
        item: The id of the item that is being made of it; empty before it is known.
        reading: The columns of which the one that is filled is being read; empty where messages name none.
    """

    number: int
    values: Mapping[str, object]
    place: str
    unread: tuple[str, ...] = ()
    item: str = ""
    reading: Sequence[str] = ()

    @property
    def where(self) -> str:
        """The file, the row's place in it, and the item and the column as far as they are known."""
        # Put together only where something is wrong: hardly ever, and every cell is read under a name of its own.
        item = f" (item {short(self.item)})" if self.item else ""
        there = [name for name in self.reading if _walk(self.values, name) is not MISSING]
        filled = [name for name in there if not is_null(_walk(self.values, name))]
        read = next(iter([*filled, *there, *self.reading]), None)
        return f"{self.place}{item}{f', column {read!r}' if read else ''}"

    def get(self, names: Sequence[str]) -> object:
        """The first of these columns that holds something; ``None`` if all are null, `MISSING` if there is none."""
        found: object = MISSING
        for name in names:
            value = _walk(self.values, name)
            if value is not MISSING and not is_null(value):
                return value
            found = found if value is MISSING else None
        return found

    def need(self, names: Sequence[str], what: str) -> object:
        """Like `get`, for a column that must be there; its value may be null.

        Raises:
            RowError: There is no such column.
        """
        value = self.get(names)
        if value is MISSING:
            wanted = " or ".join(repr(name) for name in names)
            have = ", ".join([*self.values, *self.unread][:_SHOWN])
            message = f"{self.where}: no column {wanted} for the {what} (columns: {have}); name it in the definition"
            raise RowError("column missing", message, item=self.item)
        return value

    def at(self, item_id: str) -> Row:
        """The same row, whose messages name the item."""
        return Row(self.number, self.values, self.place, self.unread, item_id)

    def column(self, names: Sequence[str]) -> Row:
        """The same row, whose messages name the one of these columns that is read."""
        return Row(self.number, self.values, self.place, self.unread, self.item, names)

    def bad(self, reason: str, message: str) -> RowError:
        """An error about this row, for the caller to raise or to hand on in an item's place."""
        return RowError(reason, f"{self.where}: {message}", item=self.item)


def is_null(value: object) -> bool:
    """Whether a cell is empty: null, or the NaN that pandas writes into the gaps of a column, whatever its type."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def short(text: str, length: int = 60) -> str:
    """A text of the data as messages quote it: its head, where it is longer than that."""
    return text if len(text) <= length else text[: length - 3] + "..."


def _walk(values: Mapping[str, object], name: str) -> object:
    # A column may have a dot in its own name; only where there is none does the dot look inside.
    if name in values:
        return values[name]
    if "." not in name:
        return MISSING
    found: object = values
    for part in name.split("."):
        found = _step(found, part)
        if found is MISSING:
            return MISSING
    return found


def _step(value: object, part: str) -> object:
    if isinstance(value, Mapping):
        return value.get(part, MISSING)
    if isinstance(value, list) and part.isdecimal() and int(part) < len(value):
        return value[int(part)]
    return MISSING
