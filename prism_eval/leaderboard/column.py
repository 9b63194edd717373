"""What a column of a leaderboard is: one number of every row, described once and shown wherever it says.

The terminal, the page and the data frame go through columns and know none by name. One from outside comes through an
entry point of the group ``prism_eval.columns`` that names a `Column`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar, cast, get_args

from prism_eval import plugins
from prism_eval.errors import PrismError
from prism_eval.leaderboard import writing
from prism_eval.leaderboard.rows import Row

V = TypeVar("V")

Place = Literal["summary", "leans", "scores", "answers", "captions", "costs", "positions"]
"""The tables a column can stand in. In the terminal: ``summary`` and ``leans`` (towards a position of the options); on
the page: ``scores``, ``answers`` (how they ended), ``captions``, ``costs`` and ``positions``. The data frame has
every column."""

Number = float | int | None
Datum = Number | str
"""What a cell of the data frame holds."""


def _itself(value: object) -> Number:
    # Only a value that is a number may leave its parts out; `_tried` refuses a stranger's that is none.
    return cast("Number", value)


@dataclass(frozen=True, kw_only=True)
class Column(Generic[V]):
    """One number of every row.

    Attributes:
        name: Its name in the data frame.
        title: Its heading on the page.
        value: The number of a row; ``None`` where the row has none.
        shown: The tables it stands in.
        heading: Its heading in the terminal; the title in small letters if left empty.
        write: The number as text; not asked where there is none.
        mark: What is put behind the text of a row.
        absent: What stands where a row has no number.
        parts: How the data frame takes the value apart, by what is put behind the name. The page sorts by the first,
            a number.
        bar: Whether the page draws a bar beside it, from 0 to the largest of the column.
        quiet_zero: Whether 0 says that nothing happened, and is written so that the eye passes over it.
    """

    name: str
    title: str
    value: Callable[[Row], V | None]
    shown: frozenset[Place]
    heading: str = ""
    write: Callable[[V], str] = str
    mark: Callable[[Row], str] = lambda _: ""
    absent: Callable[[Row], str] = lambda _: writing.ABSENT
    parts: Mapping[str, Callable[[V], Datum]] = field(default_factory=lambda: {"": _itself})
    bar: bool = False
    quiet_zero: bool = False

    def __post_init__(self) -> None:
        """Refuse tables that do not exist: the column would be shown nowhere, and nobody would know why."""
        if strange := self.shown - set(get_args(Place)):
            raise ValueError(f"column {self.name!r}: no table {min(strange)!r}; there are {', '.join(get_args(Place))}")

    @property
    def names(self) -> tuple[str, ...]:
        """The names that its parts have in the data frame."""
        return tuple(self.name + suffix for suffix in self.parts)

    def text(self, row: Row) -> str:
        """The row's number as it is written."""
        value = self.value(row)
        return (self.absent(row) if value is None else self.write(value)) + self.mark(row)

    def record(self, row: Row) -> dict[str, Datum]:
        """The row's number as the data frame has it."""
        value = self.value(row)
        return {self.name + suffix: None if value is None else part(value) for suffix, part in self.parts.items()}

    def key(self, row: Row) -> Number:
        """What the row is sorted by; rows without the number come last."""
        # A text sorts nothing: `_tried` refuses a column that begins with one.
        key = cast("Number", next(iter(self.record(row).values())))
        # Below every number of ours: the least of them is a difference of -1.
        return -2 if key is None else key


AnyColumn = Column[Any]
"""A column of whatever kind: a table asks it for texts and numbers, and never sees the value they are made from."""


def told(columns: Iterable[AnyColumn], rows: Sequence[Row]) -> list[AnyColumn]:
    """The columns that have a number for any of these rows.

    Sizes that nobody knows and differences from no baseline take room, and say nothing.
    """
    return [column for column in columns if any(column.value(row) is not None for row in rows)]


def from_outside(rows: Sequence[Row], taken: AbstractSet[str]) -> tuple[tuple[AnyColumn, ...], tuple[str, ...]]:
    """The columns that installed packages add, and a sentence on each that had to be left out.

    Every column is tried on every row first: a stranger's bug costs its column, not the leaderboard.

    Args:
        rows: The leaderboard's rows.
        taken: The names that are taken in the data frame.
    """
    # By name: entry points come in the order of installation, which differs from machine to machine.
    columns, problems = [], []
    for name in sorted(plugins.entry_points("column")):
        try:
            column = _tried(plugins.load("column", name), rows, taken)
            columns.append(column)
            taken |= set(column.names)
        except PrismError as error:
            problems.append(f"Column {name!r} is left out: {error}.")
        except BaseException as error:  # noqa: BLE001 - whatever a stranger's code raises, sys.exit included
            problems.append(f"Column {name!r} is left out: it raised {type(error).__name__}: {error}.")
    return tuple(columns), tuple(problems)


def _tried(column: object, rows: Sequence[Row], taken: AbstractSet[str]) -> AnyColumn:
    if not isinstance(column, Column):
        raise TypeError(f"its entry point names a {type(column).__name__}, not a Column")
    if twice := sorted(taken & set(column.names)):
        raise ValueError(f"there is a column {twice[0]!r} already")
    for row in rows:
        column.text(row)
        values: list[object] = [*column.record(row).values()]
        if not isinstance(values[0], float | int | None):
            raise TypeError(f"{values[0]!r} is no number")  # the page could not sort by it
        if strange := [value for value in values if not isinstance(value, float | int | str | None)]:
            raise TypeError(f"{strange[0]!r} is no number and no text")  # no table could hold it
    return column
