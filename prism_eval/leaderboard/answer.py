"""The answer to what a leaderboard is asked, in a sentence or two: what its first line says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from prism_eval.leaderboard import writing
from prism_eval.leaderboard.rows import Row
from prism_eval.statistics import Comparison

_NAMED = 3
"""Entries that are named in one sentence; of more, the others are counted."""


def answer(rows: Sequence[Row], comparisons: Sequence[Comparison], names: Mapping[str, str]) -> tuple[str, ...]:
    """What a leaderboard says, first of all, sentence by sentence; the first holds by itself.

    With a baseline: how the best of the others compares with it, and in a word how the rest do. Without one: who is
    first, and whether that is certain.

    Args:
        rows: The leaderboard's entries.
        comparisons: Every two ranked ones compared.
        names: Other names for labels.
    """

    def name(row: Row) -> str:
        return names.get(row.captioner, row.captioner)

    ranked = [row for row in rows if not row.unranked]
    baseline = next((row for row in rows if row.baseline), None)
    if not rows:
        return ("There is no entry to rank.",)
    if baseline and len(rows) > 1:
        return _beside(baseline, [row for row in rows if not row.baseline], name)
    if not ranked:
        # What keeps all of them from a rank is said once.
        alike = len(rows) > 1 and len({row.unranked for row in rows}) == 1
        told = [row.unranked if alike else f"{name(row)}, {row.unranked}" for row in rows[: 1 if alike else None]]
        return (f"No captioner is ranked: {writing.listed(told, _NAMED, between='; ')}.",)
    return (_first(ranked, comparisons, name),)


def _beside(baseline: Row, others: Sequence[Row], name: Callable[[Row], str]) -> tuple[str, ...]:
    best, *rest = others
    if (found := best.against) is None:
        raise ValueError(f"{best.captioner} is not compared with the baseline")
    subject = f"of {name(best)} we" if found.verdict == "cannot tell" else f"{name(best)} is"
    first = f"Against {name(baseline)}, {subject} {found.sentence}."
    return tuple(filter(None, [first, found.unlike, _rest(rest, name)]))


def _rest(rows: Sequence[Row], name: Callable[[Row], str]) -> str:
    """How those compare that are not the best: a few by their names, of many how many."""
    alike: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row.against:
            alike["" if row.against.verdict == "cannot tell" else row.against.word].append(name(row))
    # Of whom nothing can be told comes last, in words of its own.
    unknown = alike.pop("", [])
    number = sum(map(len, [unknown, *alike.values()]))
    few = number <= _NAMED
    told = [f"{_and(names) if few else f'{len(names):,}'} {_are(names)} {word}" for word, names in alike.items()]
    if unknown:
        told.append(f"{'of' if told else 'Of'} {_and(unknown) if few else f'{len(unknown):,}'} we cannot tell")
    if few:
        return f"{'; '.join(told)}." if told else ""
    if len(told) == 1:
        return (
            f"Of all {number:,} others we cannot tell."
            if unknown
            else f"All {number:,} others are {next(iter(alike))}."
        )
    return f"Of the {number:,} others, {_and(told)}."


def _are(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _and(parts: Sequence[str]) -> str:
    *before, last = parts
    return f"{', '.join(before)} and {last}" if before else last


def _first(ranked: Sequence[Row], comparisons: Sequence[Comparison], name: Callable[[Row], str]) -> str:
    first, *others = ranked
    score = writing.with_ends(first.mean)
    if not others:
        return f"{name(first)} scores {score}; there is no other captioner to compare it with."
    rivals = [name(row) for row in others if row.rank and row.rank.best == 1]
    if rivals:
        return f"{name(first)} scores highest, {score}, but cannot be told from {writing.listed(rivals, _NAMED)}."
    ahead = next((one.difference for one in comparisons if (one.first, one.second) == (0, 1)), None)
    by = f" by {writing.signed(ahead.value)[1:]} {writing.ends(ahead.low, ahead.high)}" if ahead else ""
    rest = " and of every other" if len(others) > 1 else ""
    return f"{name(first)} is first, {score}: ahead of {name(others[0])}{by}{rest}."
