"""The columns of a leaderboard: a new number is a new `Column` in the list at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from operator import attrgetter
from typing import Any, TypeVar

from prism_eval.leaderboard import writing
from prism_eval.leaderboard.against import Against
from prism_eval.leaderboard.column import AnyColumn, Column, Datum, Number, Place
from prism_eval.leaderboard.rows import GapClosed, PositionBias, Row
from prism_eval.leaderboard.sizes import Size
from prism_eval.schema import Outcome
from prism_eval.statistics import Difference, Estimate, Lean, NoisePart, RankRange, Ratio

V = TypeVar("V")


def _interval(value: str, of: str = "") -> dict[str, Callable[[Any], Datum]]:
    """A number with its ends, as the data frame has them: the bare name is the number's own."""
    return {"": attrgetter(of + value), "_low": attrgetter(f"{of}low"), "_high": attrgetter(f"{of}high")}


_estimate = partial(
    Column[Estimate],
    write=writing.with_ends,
    # `frame["chartqa"]` is what one types first.
    parts=_interval("value"),
)
_count = partial(Column[int], write=writing.count)
_words = partial(Column[float], write=writing.count)  # a tenth of a word tells nobody anything


_TEXTS = ("captioner", "kind", "unranked", "baseline", "verdict", "sentence", "revision", "source")
"""What stands in words beside the numbers wherever a record has both."""


def taken_names(columns: Iterable[AnyColumn]) -> set[str]:
    """The names that a record of a row has already, where it has these columns."""
    return {*_TEXTS, *(name for column in columns for name in column.names)}


def benchmark_columns(titles: Mapping[str, str], others: Sequence[AnyColumn]) -> tuple[Column[Estimate], ...]:
    """The columns of the benchmarks' scores, each under a name of its own.

    A column of a benchmark ``mean`` is called ``benchmark_mean``: under its own name it would take the suite's place.

    Args:
        titles: By benchmark, its title.
        others: The columns that there are besides.
    """
    taken = taken_names(others)
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
        shown=frozenset({"summary", "scores", "costs"}),
    ),
    _estimate(
        name="mean",
        title="Score",
        heading="score [low, high]",
        value=lambda row: row.mean,
        # A mean over fewer benchmarks stands in the same column, and must not be read as the others are.
        mark=lambda row: "" if row.complete else "*",
        shown=frozenset({"summary", "scores", "costs"}),
    ),
    _estimate(
        name="mean_charged",
        title="Score with the captioner's failures as 0",
        heading="its failures as 0",
        value=lambda row: row.charged,
        shown=frozenset({"summary", "scores"}),
    ),
    _estimate(
        name="best_of_n",
        title="Best of n, a diagnostic",
        heading="best of n",
        value=lambda row: row.best,
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
        write=writing.percent,
        parts=_interval("value"),
        shown=frozenset({"summary", "scores"}),
    ),
    Column[GapClosed](
        name="gap_closed",
        title="Gap to the baseline closed",
        value=lambda row: row.gap,
        write=lambda gap: f"{writing.percent(gap.share)} from {gap.lower}",
        parts=_interval("value", "share.") | {"_from": attrgetter("lower")},
        shown=frozenset({"scores"}),
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
    _count(
        name="answers_failed_own",
        title="Failed by the captioner",
        value=lambda row: sum(row.own_failures.values()) if row.own_failures else None,
        shown=frozenset({"answers"}),
    ),
    _words(
        name="words_mean", title="Mean words", value=lambda row: row.words_mean, shown=frozenset({"captions", "costs"})
    ),
    _words(
        name="tokens_mean",
        title="Mean tokens",
        value=lambda row: row.tokens_mean,
        shown=frozenset({"captions", "costs"}),
    ),
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
    Column[Mapping[str, int]](
        name="signs",
        title="Signs of speaking to the reader",
        value=lambda row: row.signs,
        write=writing.signs,
        parts={"": lambda signs: sum(signs.values())},
        shown=frozenset({"captions"}),
    ),
    Column[float](
        name="error_images",
        title="Error from images, points",
        heading="error from images",
        value=lambda row: row.noise.images if row.noise else None,
        write=writing.points,
        shown=frozenset({"captions"}),
    ),
    Column[NoisePart](
        name="error_captions",
        title="Error from captions drawn, points",
        heading="from captions [low, high]",
        value=lambda row: row.noise.drawn if row.noise else None,
        write=lambda part: f"{writing.points(part.error)} {writing.ends(part.low, part.high)}",
        parts=_interval("error"),
        shown=frozenset({"captions"}),
    ),
    Column[float](
        name="seconds_mean",
        title="Seconds a caption",
        value=lambda row: row.seconds_mean,
        write=writing.three_digits,
        shown=frozenset({"costs"}),
    ),
    Column[float](
        name="cost_per_1000",
        title="Cost of 1,000 captions",
        value=lambda row: None if row.cost_mean is None else 1000 * row.cost_mean,
        write=writing.three_digits,
        shown=frozenset({"costs"}),
    ),
    Column[float](
        name="cached",
        title="Read from a prefix cache",
        heading="prefix cache",
        value=lambda row: row.cached,
        write=lambda share: f"{100 * share:.0f} %",
        shown=frozenset({"costs"}),
    ),
    Column[float](
        name="seconds",
        title="Time",
        value=lambda row: row.seconds,
        write=writing.duration,
        shown=frozenset({"costs"}),
    ),
    Column[float](
        name="cost", title="Cost", value=lambda row: row.cost, write="{:.2f}".format, shown=frozenset({"costs"})
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
        parts=_interval("largest"),
        shown=frozenset({"leans", "positions"}),
    ),
)
