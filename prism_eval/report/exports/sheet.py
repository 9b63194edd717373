"""What every export is made from: the lines of a leaderboard, as records of numbers and as texts to read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from prism_eval.leaderboard import AnyColumn, Leaderboard, Row
from prism_eval.leaderboard.writing import points
from prism_eval.report.text import flat
from prism_eval.schema import utf8
from prism_eval.statistics import Estimate

Kind = Literal["entry"]
"""What a line is: a captioner that is ranked."""

Record = dict[str, str | float | int | None]
"""A line as a table of a program holds it: scores and their ends in [0, 1]."""

LEGEND = (
    "Points out of 100 with a 95 % interval, clustered on images. rank: the places the data do not rule out. "
    "*: a mean over fewer benchmarks."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a leaderboard.

    Attributes:
        kind: What it is.
        row: Its numbers.
    """

    kind: Kind
    row: Row


def lines(board: Leaderboard) -> Iterator[Line]:
    """The lines in the order in which they are read."""
    for row in board.rows:
        yield Line(kind="entry", row=row)


def records(board: Leaderboard) -> list[Record]:
    """Every line with every number; new columns come by themselves, in the names that the data frame has."""
    return [
        {
            "captioner": utf8(line.row.captioner),
            "kind": line.kind,
            **{name: number for column in _all(board) for name, number in column.record(line.row).items()},
        }
        for line in lines(board)
    ]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A leaderboard as a table of texts for people, each on one line and none escaped yet.

    Attributes:
        headings: One for each column; the first is that of the names.
        rows: Cells by column, as many as there are headings.
        notes: What was measured first, then how to read it and what limits it.
    """

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]


def sheet(board: Leaderboard) -> Sheet:
    """The columns that a wide terminal shows, with both ends of every interval."""
    columns = (*board.scores, *board.shown_in("summary"))
    return Sheet(
        headings=("captioner", *(flat(column.heading or column.title.lower()) for column in columns)),
        rows=tuple(
            (flat(line.row.captioner), *(_written(column, line.row) for column in columns)) for line in lines(board)
        ),
        notes=tuple(map(flat, filter(None, (" · ".join(board.measured), board.failed, LEGEND, *board.warnings)))),
    )


def _all(board: Leaderboard) -> tuple[AnyColumn, ...]:
    return (*board.scores, *board.columns)


def _written(column: AnyColumn, row: Row) -> str:
    value = column.value(row)
    if not isinstance(value, Estimate):
        return flat(column.text(row))
    # Both ends: an interval on a score is not centred on it, and half its width would say that it were.
    return f"{points(value.value)} [{points(value.low)}, {points(value.high)}]{column.mark(row)}"
