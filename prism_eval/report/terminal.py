"""The leaderboard in a terminal of any width; nothing depends on colour."""

from __future__ import annotations

import math
import shlex
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from prism_eval.leaderboard.column import told
from prism_eval.leaderboard.writing import ABSENT, FEWER, as_printed, counted, listed, points, score, with_ends
from prism_eval.report.beneath import gaps_in, lost_in, noise_in, readers_in
from prism_eval.report.drawing import empty_table, plain
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
    "Points out of 100 with the ends of a 95 % interval, clustered on images. "
    "rank: the places the data do not rule out."
)
_POSITIONS = (
    "Options were shown in several orders. same: questions on which every order led to one option; picked: the "
    "positions furthest from how often a reader without a lean would pick them, in points; lean: the furthest above."
)
_SPARED = ("best_of_n", "recovery", "params_b", "words_median", "answers_failed", "mean_charged", "rank", "against")
"""Columns that a narrow terminal goes without, from the first on; before them those of other packages."""
_POSITIONS_NAMED = 2
"""Of ten positions these say where a reader leans."""
_BESIDE_LEANS = 28
"""Columns of a name that leave room for them in 80."""
# What rich puts between two columns of a table without edges.
_GAP = 2
# ``100.0`` and ``48.4 [47.7, 49.1]``: the least room for a score without and with its interval.
_NARROWEST = 6
_WITH_ENDS = 17
# A name shorter than 22 has often lost what makes it one; one longer than 60 pushes the scores off the screen.
_NAME = (22, 60)
_HEADING = 16
"""Columns below which a heading is a number: a name cut to a few letters says less than that."""
_BENCHMARK = 24
_IN_A_SENTENCE = 32
"""Columns of a name in a sentence, where two of them and their numbers are to fit in a line or two."""


@dataclass(frozen=True, slots=True)
class LeaderboardView:
    """A leaderboard that rich can print: ``console.print(LeaderboardView(board))``.

    The answer first, then one table where it fits. Otherwise the means first, then the benchmarks as rows and the
    captioners as numbered columns, in as many blocks as the width asks for. Where there is little room, columns are
    left out and names give up what they share; a number is never cut. Names are shown as text, never read as markup.

    Attributes:
        board: The leaderboard.
        notes: Whether what is to be known of the scores is told in full, and not only how many notes there are.
    """

    board: Leaderboard
    notes: bool = False

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Table | Text]:
        """Yield the tables that suit the console's width."""
        for part in self._parts(console, options.max_width):
            # Rich would cut the numbers of a table that has no room even so.
            yield _spelt_out(part) if _natural_width(console, part) > options.max_width else part

    def _parts(self, console: Console, width: int) -> Iterator[Table | Text]:
        board = self.board
        names = short_names([row.captioner for row in board.everyone], _IN_A_SENTENCE)
        yield plain(visible(board.answer_with(names)), style="bold")
        facts = ([f"{board.failed}: in no score"] if board.failed else []) + [*board.measured]
        yield plain(" · ".join(map(visible, facts)))
        if board.unscored:
            yield plain(visible(board.unscored))
        else:
            yield from self._scores(console, width)
        yield from _unranked(board, names)
        yield from gaps_in(board, names)
        for own in board.own:
            yield from _own(own, board.everyone, width)
        if any(row.positions for row in board.everyone):
            yield _leans(board)
            yield plain(_POSITIONS, style="dim")
        yield from noise_in(board)
        yield from readers_in(board)
        if self.notes:
            yield from lost_in(board)
        yield from _published(board)
        yield from self._notes()

    def _scores(self, console: Console, width: int) -> Iterator[Table | Text]:
        board = self.board
        columns = told(board.shown_in("summary"), board.everyone)
        whole = _summary(board, (*columns, *board.scores), _NAME[1])
        spared = []
        if _natural_width(console, whole) <= width:
            yield whole
        else:
            kept = _fitting(console, board, columns, width)
            spared = [_heading(column) for column in columns if column not in kept]
            if _room(console, board, kept, width) < len("captioner"):
                kept = [replace(column, heading="score", write=score) for column in kept]
                spared.append("[low, high]")
            room = _room(console, board, kept, width)
            # With less, it is told in sentences, and those break where they have to.
            yield _summary(board, kept, room if room >= len("captioner") else _NAME[1])
            yield from _blocks(board, width)
        missing = f"Not shown at this width: {', '.join(spared)}." if spared else ""
        fewer = "" if all(row.complete for row in board.everyone if row.mean) else FEWER
        yield plain(" ".join(filter(None, (_LEGEND, fewer, board.on_best, missing))), "dim")

    def _notes(self) -> Iterator[Text]:
        warnings = self.board.warnings
        if warnings and not self.notes:
            again = shlex.join(["prism-eval", "report", *map(str, self.board.folders), "--notes"])
            yield plain(f"{counted(len(warnings), 'note')} to read with the scores: {visible(again)}")
            return
        for warning in warnings:
            yield plain(f"! {visible(warning)}")


def as_text(board: Leaderboard, width: int = 100) -> str:
    """The leaderboard as a terminal of so many columns would show it."""
    import io

    from rich.console import Console

    # Said in full: in a notebook rich would show it by itself, and write nothing.
    console = Console(file=io.StringIO(), width=width, color_system=None, force_jupyter=False)
    with console.capture() as captured:
        console.print(LeaderboardView(board))
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def _unranked(board: Leaderboard, names: Mapping[str, str]) -> Iterator[Text]:
    alike: dict[str, list[str]] = defaultdict(list)
    for row in board.rows:
        if row.unranked:
            alike[row.unranked].append(visible(names[row.captioner]))
    for reason, labels in alike.items():
        yield plain(f"{listed(labels)} {'is' if len(labels) == 1 else 'are'} not ranked: {visible(reason)}.")


def _published(board: Leaderboard) -> Iterator[Table | Text]:
    """What papers print, a table each: their average beside the one that their cells give."""
    for source in dict.fromkeys(row.source for row in board.published):
        rows = [row for row in board.published if row.source == source]
        yield plain(f"As published, in no rank: {visible(source)}", style="bold")
        told = [
            (
                visible(row.captioner),
                visible(row.setting),
                row.size.text,
                as_printed(row.printed),
                *map(points, (row.recomputed, row.over(board.common))),
            )
            for row in rows
        ]
        headings = "captioner", "setting", "size", "printed", "recomputed", f"of these {len(board.common)}"
        kept = [place for place in range(len(headings)) if any(line[place] not in ("", ABSENT) for line in told)]
        table = empty_table(*(headings[place] for place in kept), text=1 + (1 in kept))
        for line in told:
            table.add_row(*(plain(line[place]) for place in kept))
        yield table


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
    return plain("\n".join(map(", ".join, told)))


def _fitting(console: Console, board: Leaderboard, columns: Sequence[AnyColumn], width: int) -> list[AnyColumn]:
    """The columns that leave room for names which tell the captioners apart."""
    kept = list(columns)
    wanted = min(_NAME[0], max(map(columns_of, ["captioner", *(visible(row.captioner) for row in board.everyone)])))
    for column in sorted(columns, key=_worth):
        if column.name == "mean" or _room(console, board, kept, width) >= wanted:
            break
        kept.remove(column)
    return kept


def _worth(column: AnyColumn) -> int:
    """Where a column stands among those a narrow terminal goes without, the first of them the lowest."""
    return _SPARED.index(column.name) if column.name in _SPARED else len(_SPARED) if column.name == "mean" else -1


def _room(console: Console, board: Leaderboard, columns: Sequence[AnyColumn], width: int) -> int:
    # With names of one letter, that column is as wide as its heading: what is left over is for the names.
    others = _natural_width(console, _summary(board, columns, 1)) - len("captioner")
    return min(width - others, _NAME[1])


def _summary(board: Leaderboard, columns: Sequence[AnyColumn], name_width: int) -> Table:
    table = empty_table("#", "captioner", *map(_heading, columns))
    names = short_names([row.captioner for row in board.everyone], name_width)
    for number, row in enumerate(board.everyone, 1):
        # A rule parts who is ranked, who is not, and the controls.
        if number > 1 and _band(row) != _band(board.everyone[number - 2]):
            table.add_section()
        table.add_row(str(number), plain(names[row.captioner]), *_cells(columns, row))
    return table


def _band(row: Row) -> tuple[bool, bool]:
    return bool(row.control), bool(row.unranked)


def _own(own: OwnNumbers, rows: Sequence[Row], width: int) -> Iterator[Table | Text]:
    """A benchmark's own numbers: its metrics as rows, whom they are about as numbered columns."""
    several = "; 1/2 is row 1, caption 2" if any(sample for _, sample in own.entries) else ""
    yield plain(f"{visible(own.benchmark)}, by the benchmark's own aggregation{several}", style="bold")
    place = {row.captioner: number for number, row in enumerate(rows, 1)}
    headings = [f"{place.get(label, '?')}{f'/{sample}' if sample else ''}" for label, sample in own.entries]
    names = short_names([*own.numbers], _BENCHMARK)
    cells = {names[metric]: [visible(text) for text in texts] for metric, texts in own.numbers.items()}
    widest = max((columns_of(text) for texts in [headings, *cells.values()] for text in texts), default=1)
    each = max(1, (width - max(map(columns_of, ["metric", *cells])) - 1) // (widest + _GAP))
    for start in range(0, len(headings), each):
        table = empty_table("metric", *headings[start : start + each], text=1)
        for name, texts in cells.items():
            table.add_row(plain(name), *map(plain, texts[start : start + each]))
        yield table


def _leans(board: Leaderboard) -> Table:
    columns = board.shown_in("leans")
    table = empty_table("#", "captioner", *map(_heading, columns), "picked")
    names = short_names([row.captioner for row in board.everyone], _BESIDE_LEANS)
    for number, row in enumerate(board.everyone, 1):
        if row.positions:
            table.add_row(str(number), plain(names[row.captioner]), *_cells(columns, row), _picked(row.positions))
    return table


def _picked(positions: PositionBias) -> Text:
    known = positions.lean.positions
    # Rounded first: what is nearly nothing is written +0.0, and never -0.0.
    more = [round(100 * (one.picked - one.expected), 1) + 0.0 for one in known]
    furthest = sorted(range(len(more)), key=lambda place: -abs(more[place]))[:_POSITIONS_NAMED]
    letters = option_letters(len(known))
    named = [f"{letters[place]} {more[place]:+.1f}" for place in sorted(furthest) if more[place]]
    return plain(" ".join(named) or "evenly")


def _heading(column: AnyColumn) -> str:
    return visible(column.heading or column.title.lower())


def _cells(columns: Sequence[AnyColumn], row: Row) -> list[Text]:
    return [plain(visible(column.text(row))) for column in columns]


def _blocks(board: Leaderboard, width: int) -> Iterator[Table]:
    # A definition file may give a benchmark a name as long as it likes; the scores need the room.
    names = short_names(board.benchmarks, _BENCHMARK)
    everyone = board.everyone
    room = width - max(map(columns_of, ["benchmark", *names.values()])) - _GAP
    blocks = math.ceil(len(everyone) / max(1, room // (_NARROWEST + _GAP)))
    each = math.ceil(len(everyone) / max(1, blocks)) or 1
    cell = room // each - _GAP
    write = with_ends if cell >= _WITH_ENDS else score
    headings = _headings(everyone, cell)
    for start in range(0, len(everyone), each):
        rows = everyone[start : start + each]
        table = empty_table("benchmark", *headings[start : start + each], text=1)
        for benchmark in board.benchmarks:
            table.add_row(plain(names[benchmark]), *(write(row.cells[benchmark].estimate) for row in rows))
        yield table


def _headings(rows: Sequence[Row], width: int) -> list[str]:
    numbers = [str(number) for number in range(1, len(rows) + 1)]
    if width < _HEADING:
        return numbers
    names = short_names([row.captioner for row in rows], width - len(numbers[-1]) - 1)
    return [f"{number} {names[row.captioner]}" for number, row in zip(numbers, rows, strict=True)]
