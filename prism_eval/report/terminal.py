"""The leaderboard in a terminal of any width; nothing depends on colour."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prism_eval.leaderboard.writing import points, score, with_margin
from prism_eval.report.text import one_line, short_labels, visible
from prism_eval.schema import option_letters

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.table import Table
    from rich.text import Text

    from prism_eval.leaderboard import AnyColumn, Leaderboard, PositionBias, Row

_LEGEND = (
    "Points out of 100 with half the width of a 95 % interval, clustered on images. "
    "rank: the places the data do not rule out."
)
_POSITIONS = (
    "Options were shown in several orders. picked: share of picks by position, in points; lean: the largest distance "
    "from an even share; same: questions on which every order led to the same option."
)
# Ten options have ten shares, and a line of them would push the table past 80 columns.
_SHARES_A_LINE = 5
# What rich puts between two columns of a table without edges.
_GAP = 2
# ``100.0`` and ``100.0 ±50.0``: the least room for a score without and with its margin.
_NARROWEST = 6
_WITH_MARGIN = 11
# A label shorter than 12 says no more than the row's number; one longer than 60 pushes the scores off the screen.
_LABEL = (12, 60)


@dataclass(frozen=True, slots=True)
class LeaderboardView:
    """A leaderboard that rich can print: ``console.print(LeaderboardView(board))``.

    One table where it fits. Otherwise the means first, then the benchmarks as rows and the captioners as numbered
    columns, in as many blocks as the width asks for. Labels are shown as text, never read as markup.
    """

    board: Leaderboard

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        """Yield the tables that suit the console's width."""
        width = options.max_width
        yield _plain(_title(self.board), style="bold")
        columns = self.board.shown_in("summary")
        whole = _summary(self.board.rows, (*self.board.scores, *columns), _LABEL[1])
        if _natural_width(console, whole) <= width:
            yield whole
        else:
            # With labels of one letter, that column is as wide as its heading: what is left over is for the labels.
            others = _natural_width(console, _summary(self.board.rows, columns, 1)) - len("captioner")
            yield _summary(self.board.rows, columns, min(max(width - others, _LABEL[0]), _LABEL[1]))
            yield from _blocks(self.board, width)
        yield _plain(_LEGEND, style="dim")
        if any(row.positions for row in self.board.rows):
            yield _leans(self.board)
            yield _plain(_POSITIONS, style="dim")
        for warning in self.board.warnings:
            yield _plain(f"! {visible(warning)}")


def _natural_width(console: Console, table: Table) -> int:
    # Measured at the real width, rich would squeeze the table and say that it fits.
    return console.measure(table, options=console.options.update(max_width=10_000)).maximum


def _title(board: Leaderboard) -> str:
    protocol, reasoner = board.manifest.get("protocol", {}), board.manifest.get("reasoner", {})
    parts = (
        "Leaderboard",
        f"protocol {protocol.get('name', '?')}, {protocol.get('edition', '?')} scoring",
        f"reasoner {reasoner.get('label', '?')}",
    )
    return " · ".join(visible(part) for part in parts)


def _summary(rows: Sequence[Row], columns: Sequence[AnyColumn], label_width: int) -> Table:
    table = _table("#", "captioner", *map(_heading, columns))
    labels = short_labels([row.captioner for row in rows], label_width)
    for number, row in enumerate(rows, 1):
        table.add_row(str(number), _plain(labels[row.captioner]), *_cells(columns, row))
    return table


def _leans(board: Leaderboard) -> Table:
    columns = board.shown_in("leans")
    table = _table("#", "captioner", *map(_heading, columns), "picked")
    labels = short_labels([row.captioner for row in board.rows], _LABEL[0])
    for number, row in enumerate(board.rows, 1):
        if row.positions:
            table.add_row(str(number), _plain(labels[row.captioner]), *_cells(columns, row), _picked(row.positions))
    return table


def _picked(positions: PositionBias) -> Text:
    pairs = zip(option_letters(len(positions.shares)), positions.shares, strict=True)
    shares = [f"{letter} {points(share.picked)}" for letter, share in pairs]
    lines = [shares[start : start + _SHARES_A_LINE] for start in range(0, len(shares), _SHARES_A_LINE)]
    return _plain("\n".join(map(" ".join, lines)))


def _heading(column: AnyColumn) -> str:
    return visible(column.heading or column.title.lower())


def _cells(columns: Sequence[AnyColumn], row: Row) -> list[Text]:
    return [_plain(visible(column.text(row))) for column in columns]


def _blocks(board: Leaderboard, width: int) -> Iterator[Table]:
    # A definition file may give a benchmark a name as long as it likes; the scores need the room.
    names = [one_line(name, 24) for name in board.benchmarks]
    room = width - max(map(len, ["benchmark", *names])) - _GAP
    blocks = math.ceil(len(board.rows) / max(1, room // (_NARROWEST + _GAP)))
    each = math.ceil(len(board.rows) / max(1, blocks)) or 1
    cell = room // each - _GAP
    write = with_margin if cell >= _WITH_MARGIN else score
    headings = _headings(board.rows, cell)
    for start in range(0, len(board.rows), each):
        rows = board.rows[start : start + each]
        table = _table("benchmark", *headings[start : start + each], text=1)
        for name, benchmark in zip(names, board.benchmarks, strict=True):
            table.add_row(_plain(name), *(write(row.cells[benchmark].estimate) for row in rows))
        yield table


def _headings(rows: Sequence[Row], width: int) -> list[str]:
    # A label cut to a few letters says less than its number in the table above.
    numbers = [str(number) for number in range(1, len(rows) + 1)]
    if width < _WITH_MARGIN:
        return numbers
    labels = short_labels([row.captioner for row in rows], width - len(numbers[-1]) - 1)
    return [f"{number} {label}" for number, label in zip(numbers, labels.values(), strict=True)]


def _table(*headings: str, text: int = 2) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True, header_style="bold")
    for index, heading in enumerate(headings):
        table.add_column(_plain(heading), justify="left" if index < text else "right", no_wrap=True)
    return table


def _plain(text: str, style: str = "") -> Text:
    from rich.text import Text

    return Text(text, style=style)
