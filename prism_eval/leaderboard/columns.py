"""The columns of a leaderboard: each number is described here once, and shown wherever its column says.

The terminal, the page and the data frame go through these columns and know none by name, so a new number is a new
column. One from outside comes through an entry point of the group ``prism_eval.columns`` that names a `Column`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, Literal, TypeVar, cast, get_args

from prism_eval import plugins
from prism_eval.errors import PrismError
from prism_eval.leaderboard import writing
from prism_eval.leaderboard.against import Against
from prism_eval.leaderboard.rows import PositionBias, Row
from prism_eval.leaderboard.sizes import Size
from prism_eval.schema import Outcome
from prism_eval.statistics import Difference, Estimate, Lean, RankRange, Ratio

V = TypeVar("V")

Place = Literal["summary", "leans", "scores", "answers", "captions", "positions"]
"""The tables a column can stand in. In the terminal: ``summary`` and ``leans`` (towards a position of the options); on
the page: ``scores``, ``answers`` (how they ended), ``captions`` and ``positions``. The data frame has every column."""

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

_estimate = partial(
    Column[Estimate],
    write=writing.with_ends,
    # The bare name is the mean itself: `frame["chartqa"]` is what one types first.
    parts={"": lambda e: e.value, "_low": lambda e: e.low, "_high": lambda e: e.high},
)
_count = partial(Column[int], write=writing.count)
_words = partial(Column[float], write=writing.count)  # a tenth of a word tells nobody anything


TEXTS = ("captioner", "kind", "unranked", "baseline", "verdict", "sentence", "revision", "source")
"""What stands in words beside the numbers wherever a record has both."""


def benchmark_columns(titles: Mapping[str, str], others: Sequence[AnyColumn]) -> tuple[Column[Estimate], ...]:
    """The columns of the benchmarks' scores, each under a name of its own.

    A column of a benchmark ``mean`` is called ``benchmark_mean``: under its own name it would take the suite's place.

    Args:
        titles: By benchmark, its title.
        others: The columns that there are besides.
    """
    taken = {*TEXTS, *(key for column in others for key in column.names)}
    columns = []
    for benchmark, title in titles.items():
        column = _of_benchmark(benchmark, benchmark, title)
        while not taken.isdisjoint(column.names):
            column = _of_benchmark(benchmark, f"benchmark_{column.name}", title)
        taken.update(column.names)
        columns.append(column)
    return tuple(columns)


def _of_benchmark(benchmark: str, name: str, title: str) -> Column[Estimate]:
    return _estimate(
        name=name,
        title=title,
        heading=benchmark,
        value=lambda row: row.cells[benchmark].estimate,
        shown=frozenset({"scores"}),
    )


def _ended(outcome: Outcome) -> Column[int]:
    # What is wrong with the servers stands beside every score; the rest is how a captioner is.
    often_asked: set[Place] = {"summary"} if outcome is Outcome.FAILED else set()
    return _count(
        name=f"answers_{outcome}",
        title=outcome.capitalize(),
        heading=outcome.value,
        value=lambda row: row.outcomes[outcome],
        shown=frozenset({"answers", *often_asked}),
        quiet_zero=True,
    )


def _position(value: Callable[[PositionBias], V]) -> Callable[[Row], V | None]:
    return lambda row: None if row.positions is None else value(row.positions)


def _difference(end: Callable[[Difference], float]) -> Callable[[Against], Number]:
    return lambda against: None if against.difference is None else end(against.difference)


# In the order in which they stand in every table and in the data frame.
COLUMNS: tuple[AnyColumn, ...] = (
    Column[RankRange](
        name="rank",
        title="Rank",
        value=lambda row: row.rank,
        write=writing.place,
        parts={"_best": lambda rank: rank.best, "_worst": lambda rank: rank.worst},
        shown=frozenset({"summary", "scores"}),
    ),
    Column[Size](
        name="params_b",
        title="Size",
        value=lambda row: row.size or None,
        write=lambda size: size.text,
        parts={"": lambda size: size.params_b, "_class": lambda size: size.word},
        shown=frozenset({"summary", "scores"}),
    ),
    _estimate(
        name="mean",
        title="Score",
        heading="score [low, high]",
        value=lambda row: row.mean,
        # A mean over fewer benchmarks stands in the same column, and must not be read as the others are.
        mark=lambda row: "" if row.complete else "*",
        shown=frozenset({"summary", "scores"}),
    ),
    Column[Against](
        name="against",
        title="Against the baseline",
        heading="against baseline",
        value=lambda row: row.against,
        write=lambda against: against.brief,
        absent=lambda row: "baseline" if row.baseline else writing.ABSENT,
        parts={
            "": _difference(lambda found: found.value),
            "_low": _difference(lambda found: found.low),
            "_high": _difference(lambda found: found.high),
            "_p": _difference(lambda found: found.p),
        },
        shown=frozenset({"summary", "scores"}),
    ),
    Column[Ratio](
        name="recovery",
        title="Recovery",
        value=lambda row: row.recovery,
        write=lambda share: f"{100 * share.value:.0f} % [{100 * share.low:.0f}, {100 * share.high:.0f}]",
        parts={"": lambda share: share.value, "_low": lambda share: share.low, "_high": lambda share: share.high},
        shown=frozenset({"summary", "scores"}),
    ),
    _count(
        name="items",
        title="Items scored",
        heading="items",
        value=lambda row: row.items,
        shown=frozenset({"answers"}),
    ),
    _count(name="answers", title="Answers", value=lambda row: row.answers, shown=frozenset({"answers"})),
    _words(
        name="words_median",
        title="Median words",
        heading="words",
        value=lambda row: row.words_median,
        shown=frozenset({"summary", "captions"}),
        bar=True,
    ),
    *map(_ended, Outcome),
    _words(name="words_mean", title="Mean words", value=lambda row: row.words_mean, shown=frozenset({"captions"})),
    _words(name="tokens_mean", title="Mean tokens", value=lambda row: row.tokens_mean, shown=frozenset({"captions"})),
    _count(name="captions", title="Captions", value=lambda row: row.captions, shown=frozenset({"captions"})),
    _count(
        name="truncated",
        title="Cut at the limit",
        value=lambda row: row.truncated,
        shown=frozenset({"captions"}),
        quiet_zero=True,
    ),
    _count(
        name="empty",
        title="Empty",
        value=lambda row: row.empty,
        shown=frozenset({"captions"}),
        quiet_zero=True,
    ),
    Column[float](
        name="seconds",
        title="Time",
        value=lambda row: row.seconds,
        write=writing.duration,
        shown=frozenset({"captions"}),
    ),
    Column[float](
        name="cost", title="Cost", value=lambda row: row.cost, write="{:.2f}".format, shown=frozenset({"captions"})
    ),
    _count(
        name="position_questions",
        title="Questions",
        value=_position(lambda bias: bias.questions),
        shown=frozenset({"positions"}),
    ),
    Column[float](
        name="position_consistency",
        title="Same option in every order, %",
        heading="same",
        value=_position(lambda bias: bias.consistency),
        write=writing.points,
        shown=frozenset({"leans", "positions"}),
    ),
    Column[Lean](
        name="position_lean",
        title="Largest lean, points",
        heading="lean [low, high]",
        value=_position(lambda bias: bias.lean),
        write=lambda lean: f"{writing.points(lean.largest)} {writing.ends(lean.low, lean.high)}",
        parts={"": lambda lean: lean.largest, "_low": lambda lean: lean.low, "_high": lambda lean: lean.high},
        shown=frozenset({"leans", "positions"}),
    ),
)


def from_outside(rows: Sequence[Row]) -> tuple[tuple[AnyColumn, ...], tuple[str, ...]]:
    """The columns that installed packages add, and a sentence on each that had to be left out.

    Every column is tried on every row first: a stranger's bug costs its column, not the leaderboard.
    """
    # By name: entry points come in the order of installation, which differs from machine to machine.
    columns, problems = [], []
    taken = {*TEXTS, *(key for column in COLUMNS for key in column.names)}
    for name in sorted(plugins.entry_points("column")):
        try:
            column = _tried(plugins.load("column", name), rows, taken)
            columns.append(column)
            taken.update(column.names)
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
