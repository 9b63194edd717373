"""What every export is made from: the lines of a leaderboard, as records of numbers and as texts to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from prism_eval.leaderboard import AnyColumn, Leaderboard, Row
from prism_eval.leaderboard.against import Against
from prism_eval.leaderboard.column import told
from prism_eval.leaderboard.published import PublishedRow
from prism_eval.leaderboard.writing import FEWER, points, signed, signed_ends
from prism_eval.report.text import flat
from prism_eval.schema import utf8

Kind = Literal["entry", "unranked", "control", "published"]
"""What a line is: an entry with a rank, one without, a control, or what a paper prints: these are never ranked."""

Record = dict[str, str | float | int | None]
"""A line as a table of a program holds it: scores and their ends in [0, 1]."""

LEGEND = (
    "Points out of 100 with a 95 % interval, clustered on images. rank: the places the data do not rule out. " + FEWER
)


def kind_of(row: Row) -> Kind:
    """What a row is."""
    return "control" if row.control else "unranked" if row.unranked else "entry"


def records(board: Leaderboard) -> list[Record]:
    """Every row with every number; new columns come by themselves, in the names that the data frame has."""
    measured = _measured(board)
    # Of what a paper prints most is not known, and stands there empty: a table has the same columns in every line.
    unknown = dict.fromkeys(name for record in measured for name in record)
    return [*measured, *({**unknown, **_printed(row, board)} for row in board.published)]


def _printed(row: PublishedRow, board: Leaderboard) -> Record:
    return {
        "captioner": utf8(row.captioner),
        "kind": "published",
        "source": utf8(row.source),
        **_printed_scores(row, board),
    }


def _printed_scores(row: PublishedRow, board: Leaderboard) -> Mapping[str, float | None]:
    """What a paper prints, by the name of the column that it belongs in."""
    scores = zip(board.benchmarks, board.scores, strict=True)
    return {"mean": row.printed, **{column.name: row.scores.get(name) for name, column in scores}}


def _measured(board: Leaderboard) -> list[Record]:
    return [
        {
            "captioner": utf8(row.captioner),
            "kind": kind_of(row),
            # Of a table of programs no sentence can take the place: each line says it.
            "unranked": utf8(" ".join(filter(None, [row.unranked, board.unscored]))) or None,
            "baseline": board.baseline and utf8(board.baseline),
            "verdict": row.against.verdict if row.against else None,
            "sentence": row.against.whole if row.against else None,
            "revision": utf8(row.revision) or None,
            "source": None,
            **{
                name: utf8(value) if isinstance(value, str) else value
                for column in (*board.scores, *board.columns)
                for name, value in column.record(row).items()
            },
        }
        for row in board.everyone
    ]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A leaderboard as a table of texts for people, each on one line and none escaped yet.

    Attributes:
        headings: One for each column; the first is that of the names.
        groups: Rows of a kind, in the order of `Kind`; each row has as many cells as there are headings.
        instead: What stands in place of the table, where no cell of it would hold a score; else empty.
        answer: What the leaderboard says, in a sentence or two.
        notes: What was measured first, then how to read it and what limits it.
    """

    headings: tuple[str, ...]
    groups: tuple[tuple[tuple[str, ...], ...], ...]
    instead: str
    answer: str
    notes: tuple[str, ...]


def sheet(board: Leaderboard) -> Sheet:
    """The columns that a wide terminal shows, with both ends of every interval."""
    columns = (*told(board.shown_in("summary"), board.everyone), *board.scores)
    groups = [[_cells(columns, row) for row in board.everyone if kind_of(row) == kind] for kind in get_args(Kind)]
    groups[-1] = [_printed_cells(columns, row, board) for row in board.published]
    return Sheet(
        headings=("captioner", *(flat(column.heading or column.title.lower()) for column in columns)),
        groups=tuple(tuple(group) for group in groups if group),
        instead="" if board.published else flat(board.unscored),
        answer=flat(board.answer),
        notes=tuple(map(flat, _notes(board))),
    )


def _notes(board: Leaderboard) -> Iterator[str]:
    yield " · ".join(([f"{board.failed}: in no score"] if board.failed else []) + [*board.measured])
    if board.unscored and board.published:
        yield board.unscored
    yield LEGEND
    yield from board.warnings


def _cells(columns: tuple[AnyColumn, ...], row: Row) -> tuple[str, ...]:
    apart = {"entry": "", "unranked": f" (not ranked: {row.unranked})", "control": f" (control: {row.control})"}
    return (flat(row.captioner + apart[kind_of(row)]), *(flat(_written(column, row)) for column in columns))


def _printed_cells(columns: tuple[AnyColumn, ...], row: PublishedRow, board: Leaderboard) -> tuple[str, ...]:
    # A paper prints no intervals, and nothing of its rows can be compared with ours.
    printed = _printed_scores(row, board)
    numbers = (printed.get(column.name) for column in columns)
    return (flat(f"{row.captioner} (as published: {row.title})"), *map(points, numbers))


def _written(column: AnyColumn, row: Row) -> str:
    value = column.value(row)
    if isinstance(value, Against) and value.difference:
        # A paper wants the interval too, for which a terminal has no room.
        difference = value.difference
        return f"{signed(difference.value)} {signed_ends(difference.low, difference.high)} {value.word}"
    return column.text(row)
