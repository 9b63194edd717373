"""The first screen: the answer, and each captioner's place on one scale."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from prism_eval.leaderboard import Leaderboard, Row, writing
from prism_eval.leaderboard.published import PublishedRow
from prism_eval.report.scale import Scale, scale_of
from prism_eval.statistics import Estimate

_KINDS = {"better": "better", "worse": "worse", "on par": "par", "cannot tell": "unknown"}
"""How a verdict is drawn: a shape of its own each, so that none hangs on its colour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of the first screen.

    Attributes:
        row: The leaderboard's row.
        kind: How it is drawn: ``baseline``, ``better``, ``worse``, ``par``, ``unknown``, ``control`` or ``plain``.
        place: Its rank range as it is written; empty where it has none.
        against: The verdict on it in a word or two, and the difference to the baseline with its ends.
    """

    row: Row
    kind: str
    place: str
    against: tuple[str, str]

    @property
    def mean(self) -> Estimate | None:
        """Its score; ``None`` if nothing could be scored."""
        return self.row.mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """A row of a paper's table: it has no interval, and no rank.

    Attributes:
        row: The row.
        value: Its mean over the benchmarks that the ranked entries share, else over all that the paper prints.
        shared: Whether it is over just those.
    """

    row: PublishedRow
    value: float | None
    shared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What the first screen is made of.

    Attributes:
        headline: The answer's first sentence.
        qualified: Its other sentences.
        facts: What was asked and who read it, in a few words each.
        ranked: The entries with a rank.
        unranked: Those without one.
        controls: The controls.
        printed: What papers print.
        beside: By label of an entry, what papers print of a captioner that is called so.
        scale: What holds them all.
        level: The baseline's score; ``None`` without one.
        columns: Which of the columns that a run may lack are there: ``against``, ``size``, ``recovery``.
    """

    headline: str
    qualified: tuple[str, ...]
    facts: tuple[str, ...]
    ranked: tuple[Line, ...]
    unranked: tuple[Line, ...]
    controls: tuple[Line, ...]
    printed: tuple[Printed, ...]
    beside: Mapping[str, tuple[float, ...]]
    scale: Scale
    level: float | None
    columns: frozenset[str]


def opening_of(board: Leaderboard, short: Mapping[str, str]) -> Opening:
    """The first screen of a leaderboard.

    Args:
        board: The leaderboard.
        short: The names to write, by label.
    """
    headline, *qualified = board.sentences_with(short)
    lines = [_line(row) for row in board.everyone]
    baseline = next((row for row in board.rows if row.baseline), None)
    printed = tuple(_printed(row, board.common) for row in board.published)
    known = [one.value for one in printed if one.value is not None]
    return Opening(
        headline=headline,
        qualified=(*qualified, *filter(None, [board.unscored])),
        facts=tuple(_facts(board)),
        ranked=tuple(line for line in lines if line.place),
        unranked=tuple(line for line in lines if line.row.unranked),
        controls=tuple(line for line in lines if line.row.control),
        printed=printed,
        beside={row.captioner: tuple(_namesakes(row, printed)) for row in board.rows},
        scale=scale_of([*known, *(end for line in lines if line.mean for end in (line.mean.low, line.mean.high))]),
        level=baseline.mean.value if baseline and baseline.mean else None,
        columns=frozenset(_columns(board)),
    )


def _line(row: Row) -> Line:
    kind = "control" if row.control else "baseline" if row.baseline else "plain"
    said = ("baseline", "") if row.baseline else ("", "")
    if row.against:
        kind, gap = _KINDS[row.against.verdict], row.against.difference
        said = (
            row.against.word,
            f"{writing.signed(gap.value)} {writing.signed_ends(gap.low, gap.high)}" if gap else "",
        )
    return Line(row=row, kind=kind, place=writing.place(row.rank) if row.rank else "", against=said)


def _printed(row: PublishedRow, common: tuple[str, ...]) -> Printed:
    shared = row.over(common)
    return Printed(row=row, value=row.recomputed if shared is None else shared, shared=shared is not None)


def _namesakes(row: Row, printed: Iterable[Printed]) -> Iterator[float]:
    # A mean over other benchmarks than the row's own would be a mark that means nothing there.
    for one in printed:
        if one.shared and one.value is not None and one.row.captioner.casefold() in row.captioner.casefold():
            yield one.value


def _columns(board: Leaderboard) -> Iterator[str]:
    if board.baseline:
        yield "against"
    if any(row.size for row in board.rows):
        yield "size"
    if any(row.recovery for row in board.rows):
        yield "recovery"


def _facts(board: Leaderboard) -> Iterator[str]:
    manifest = board.manifest
    for key, noun in (("images", "image"), ("items", "question")):
        counts = [entry.get(key) for entry in manifest["benchmarks"]]
        known = [count for count in counts if isinstance(count, int)]
        if counts and len(known) == len(counts):
            yield writing.counted(sum(known), noun)
    yield writing.counted(len(board.benchmarks), "benchmark")
    yield writing.counted(len(board.rows), "captioner")
    if created := str(manifest.get("created") or "")[:10]:
        yield created
