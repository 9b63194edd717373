"""A comparison as sentences and tables of words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from prism_eval.gate.behaviour import Behaviour
from prism_eval.gate.comparison import Comparison, Flip, Part
from prism_eval.gate.side import LOSSES
from prism_eval.leaderboard.against import Against
from prism_eval.leaderboard.writing import ABSENT, count, counted, listed, points, signed, signed_ends, three_digits
from prism_eval.sheets.sheet import Grid, Row, Sheet


def sheet(comparison: Comparison, *, most: int = 5) -> Sheet:
    """What a comparison says.

    Args:
        comparison: The comparison.
        most: Items won, and items lost, that are named at most.
    """
    suite = comparison.suite
    return Sheet(
        answer=f"{comparison.candidate.label} against {comparison.baseline.label}: {suite.sentence}",
        lines=[suite.unlike] if suite.unlike else [],
        grids=[
            benchmarks(comparison),
            changes(comparison),
            *flips("Lost", comparison.lost, most),
            *flips("Won", comparison.won, most),
        ],
        notes=list(notes(comparison)),
    )


def benchmarks(comparison: Comparison) -> Grid:
    """What became of each benchmark, and of all of them."""
    rows = [_benchmark(part.title, _items(part), part.scores, part.against) for part in comparison.parts]
    if len(rows) > 1:
        items = count(sum(part.common for part in comparison.parts))
        rows.append(_benchmark("all", items, comparison.scores, comparison.suite))
    return Grid("", ("benchmark", "items", "before", "after", "difference", "verdict"), rows)


def _items(part: Part) -> str:
    return count(part.common) if part.known is None else f"{count(part.common)} of {count(part.known)}"


def _benchmark(title: str, items: str, scores: tuple[float, float] | None, said: Against) -> Row:
    found = said.difference
    before, after = map(points, scores or (None, None))
    difference = f"{signed(found.value)} {signed_ends(found.low, found.high)}" if found else ABSENT
    return title, items, before, after, difference, said.verdict


def changes(comparison: Comparison) -> Grid:
    """How captions and answers have changed beside their scores."""
    first, second = comparison.behaviour
    rows = []
    for name, value, write in _MEASURES:
        before, after = value(first), value(second)
        # What neither does is no news.
        if before or after:
            rows.append((name, *(ABSENT if one is None else write(one) for one in (before, after))))
    return Grid("Captions and answers", ("", "baseline", "candidate"), rows)


def _share(value: float) -> str:
    return f"{100 * value:.1f} %"


_Measure = tuple[str, Callable[[Behaviour], float | None], Callable[[float], str]]
_MEASURES: tuple[_Measure, ...] = (
    ("words a caption", lambda of: of.words, lambda words: f"{words:,.1f}"),
    ("tokens a caption", lambda of: of.spent.tokens_mean, lambda tokens: f"{tokens:,.1f}"),
    ("cost a caption", lambda of: of.spent.cost_mean, three_digits),
    ("captions empty", lambda of: of.empty, _share),
    ("captions cut", lambda of: of.cut, _share),
    *((f"answers {outcome.value}", lambda of, outcome=outcome: of.losses[outcome], _share) for outcome in LOSSES),
)


def flips(word: str, items: Sequence[Flip], most: int) -> Iterator[Grid]:
    """The first of the items that were lost, or won; nothing where there is none."""
    if items:
        shown = items[:most]
        of = f", {len(shown)} of them" if len(shown) < len(items) else ""
        yield Grid(
            f"{word}: {counted(len(items), 'item')}{of}",
            ("benchmark", "item", "before", "after"),
            [(flip.benchmark, flip.item, points(flip.before), points(flip.after)) for flip in shown],
        )


def notes(comparison: Comparison) -> Iterator[str]:
    """What is not compared, and whether it matters."""
    if sampled := [part.title for part in comparison.parts if part.known is not None]:
        yield f"The candidate was asked a random part of {listed(sampled)}; the baseline's others tell how hard it is."
    if comparison.look:
        taken, planned = comparison.look
        yield f"The run ended at look {taken} of {planned}: verdicts and intervals allow for all of them."
    for side, names in zip(("baseline", "candidate"), comparison.only, strict=True):
        if names:
            yield f"Only the {side} has {listed(names)}: left out."
    for place, side in enumerate(("baseline", "candidate")):
        dropped = [f"{part.dropped[place]:,} of {part.title}" for part in comparison.parts if part.dropped[place]]
        if dropped:
            yield f"Items of the {side} left out, for both have no score on them: {listed(dropped)}."
