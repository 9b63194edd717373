"""The leaderboard in a terminal of any width; nothing depends on colour."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prism_eval.leaderboard.writing import points, score, with_margin
from prism_eval.report.names import columns as columns_of
from prism_eval.report.names import short_names
from prism_eval.report.text import visible
from prism_eval.schema import option_letters

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions
    from rich.table import Table
    from rich.text import Text

    from prism_eval.leaderboard import AnyColumn, Leaderboard, OwnNumbers, PositionBias, Row

_LEGEND = (
    "Points out of 100 with half the width of a 95 % interval, clustered on images. "
    "rank: the places the data do not rule out."
)
_POSITIONS = (
    "Options were shown in several orders. picked: share of picks by position, in points; lean: the largest distance "
    "from an even share; same: questions on which every order led to the same option."
)
_SPARED = ("items", "words_median", "answers_unparsed", "answers_failed", "rank")
"""Columns that a narrow terminal goes without, from the first on; before them those of other packages."""
# Ten options have ten shares, and a line of them would push the table past 80 columns.
_SHARES_A_LINE = 5
# What rich puts between two columns of a table without edges.
_GAP = 2
# ``100.0`` and ``100.0 ±50.0``: the least room for a score without and with its margin.
_NARROWEST = 6
_WITH_MARGIN = 11
# A name shorter than 16 says little more than the row's number; one longer than 60 pushes the scores off the screen.
_NAME = (16, 60)
_BENCHMARK = 24


@dataclass(frozen=True, slots=True)
class LeaderboardView:
    """A leaderboard that rich can print: ``console.print(LeaderboardView(board))``.

    One table where it fits. Otherwise the means first, then the benchmarks as rows and the captioners as numbered
    columns, in as many blocks as the width asks for. Where there is little room, columns are left out and names give up
    what they share; a number is never cut. Names are shown as text, never read as markup.
    """

    board: Leaderboard

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Table | Text]:
        """Yield the tables that suit the console's width."""
        for part in self._parts(console, options.max_width):
            # Rich would cut the numbers of a table that has no room even so.
            yield _spelt_out(part) if _natural_width(console, part) > options.max_width else part

    def _parts(self, console: Console, width: int) -> Iterator[Table | Text]:
        board = self.board
        if board.failed:
            yield _plain(f"{board.failed}: in no score.", style="bold")
        yield _plain(" · ".join(map(visible, ("Leaderboard", *board.measured))), style="bold")
        columns = board.shown_in("summary")
        whole = _summary(board.rows, (*board.scores, *columns), _NAME[1])
        notes = []
        if _natural_width(console, whole) <= width:
            yield whole
        else:
            kept = _fitting(console, board.rows, columns, width)
            room = _room(console, board.rows, kept, width)
            # With less, it is told in sentences, and those break where they have to.
            yield _summary(board.rows, kept, room if room >= len("captioner") else _NAME[1])
            yield from _blocks(board, width)
            if spared := [_heading(column) for column in columns if column not in kept]:
                notes.append(f"Not shown at this width: {', '.join(spared)}.")
        yield _plain(" ".join([_LEGEND, *notes]), style="dim")
        for own in board.own:
            yield from _own(own, board.rows, width)
        if any(row.positions for row in board.rows):
            yield _leans(board)
            yield _plain(_POSITIONS, style="dim")
        for warning in board.warnings:
            yield _plain(f"! {visible(warning)}")


def as_text(board: Leaderboard, width: int = 100) -> str:
    """The leaderboard as a terminal of so many columns would show it."""
    import io

    from rich.console import Console

    # Said in full: in a notebook rich would show it by itself, and write nothing.
    console = Console(file=io.StringIO(), width=width, color_system=None, force_jupyter=False)
    with console.capture() as captured:
        console.print(LeaderboardView(board))
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def _natural_width(console: Console, part: Table | Text) -> int:
    # Measured at the real width, rich would squeeze a table and say that it fits; a text may always be broken.
    from rich.text import Text

    wide = console.options.update(max_width=100_000)
    return 0 if isinstance(part, Text) else console.measure(part, options=wide).maximum


def _spelt_out(part: Table | Text) -> Text:
    """A table as sentences, a row each: every cell behind its heading."""
    from rich.text import Text

    if isinstance(part, Text):
        return part
    headings = [str(column.header) for column in part.columns]
    rows = zip(*(column.cells for column in part.columns), strict=True)
    told = ([f"{heading} {cell}" for heading, cell in zip(headings, row, strict=True)] for row in rows)
    return _plain("\n".join(map(", ".join, told)))


def _fitting(console: Console, rows: Sequence[Row], columns: Sequence[AnyColumn], width: int) -> list[AnyColumn]:
    """The columns that leave room for names which tell the captioners apart."""
    kept = list(columns)
    wanted = min(_NAME[0], max(map(columns_of, ["captioner", *(visible(row.captioner) for row in rows)])))
    for column in sorted(columns, key=_worth):
        if column.name == "mean" or _room(console, rows, kept, width) >= wanted:
            break
        kept.remove(column)
    return kept


def _worth(column: AnyColumn) -> int:
    """Where a column stands among those a narrow terminal goes without, the first of them the lowest."""
    return _SPARED.index(column.name) if column.name in _SPARED else len(_SPARED) if column.name == "mean" else -1


def _room(console: Console, rows: Sequence[Row], columns: Sequence[AnyColumn], width: int) -> int:
    # With names of one letter, that column is as wide as its heading: what is left over is for the names.
    others = _natural_width(console, _summary(rows, columns, 1)) - len("captioner")
    return min(width - others, _NAME[1])


def _summary(rows: Sequence[Row], columns: Sequence[AnyColumn], name_width: int) -> Table:
    table = _table("#", "captioner", *map(_heading, columns))
    names = short_names([row.captioner for row in rows], name_width)
    for number, row in enumerate(rows, 1):
        table.add_row(str(number), _plain(names[row.captioner]), *_cells(columns, row))
    return table


def _own(own: OwnNumbers, rows: Sequence[Row], width: int) -> Iterator[Table | Text]:
    """A benchmark's own numbers: its metrics as rows, whom they are about as numbered columns."""
    several = "; 1/2 is row 1, caption 2" if any(sample for _, sample in own.entries) else ""
    yield _plain(f"{visible(own.benchmark)}, by the benchmark's own aggregation{several}", style="bold")
    place = {row.captioner: number for number, row in enumerate(rows, 1)}
    headings = [f"{place.get(label, '?')}{f'/{sample}' if sample else ''}" for label, sample in own.entries]
    names = short_names([*own.numbers], _BENCHMARK)
    cells = {names[metric]: [visible(text) for text in texts] for metric, texts in own.numbers.items()}
    widest = max((columns_of(text) for texts in [headings, *cells.values()] for text in texts), default=1)
    each = max(1, (width - max(map(columns_of, ["metric", *cells])) - 1) // (widest + _GAP))
    for start in range(0, len(headings), each):
        table = _table("metric", *headings[start : start + each], text=1)
        for name, texts in cells.items():
            table.add_row(_plain(name), *map(_plain, texts[start : start + each]))
        yield table


def _leans(board: Leaderboard) -> Table:
    columns = board.shown_in("leans")
    table = _table("#", "captioner", *map(_heading, columns), "picked")
    names = short_names([row.captioner for row in board.rows], _NAME[0])
    for number, row in enumerate(board.rows, 1):
        if row.positions:
            table.add_row(str(number), _plain(names[row.captioner]), *_cells(columns, row), _picked(row.positions))
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
    names = short_names(board.benchmarks, _BENCHMARK)
    room = width - max(map(columns_of, ["benchmark", *names.values()])) - _GAP
    blocks = math.ceil(len(board.rows) / max(1, room // (_NARROWEST + _GAP)))
    each = math.ceil(len(board.rows) / max(1, blocks)) or 1
    cell = room // each - _GAP
    write = with_margin if cell >= _WITH_MARGIN else score
    headings = _headings(board.rows, cell)
    for start in range(0, len(board.rows), each):
        rows = board.rows[start : start + each]
        table = _table("benchmark", *headings[start : start + each], text=1)
        for benchmark in board.benchmarks:
            table.add_row(_plain(names[benchmark]), *(write(row.cells[benchmark].estimate) for row in rows))
        yield table


def _headings(rows: Sequence[Row], width: int) -> list[str]:
    # A name cut to a few letters says less than its number in the table above.
    numbers = [str(number) for number in range(1, len(rows) + 1)]
    if width < _WITH_MARGIN:
        return numbers
    names = short_names([row.captioner for row in rows], width - len(numbers[-1]) - 1)
    return [f"{number} {names[row.captioner]}" for number, row in zip(numbers, rows, strict=True)]


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
