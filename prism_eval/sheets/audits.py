"""What captions do beside describing, in words and tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prism_eval.leaderboard.writing import counted
from prism_eval.run.audit import MEANINGS, Audited
from prism_eval.sheets.sheet import Grid, Row, Sheet


def audited(entries: Sequence[Audited], where: str) -> Sheet:
    """What to say of an audit.

    Args:
        entries: What came of it.
        where: The run.
    """
    signs, picks = list(_signs(entries)), list(_picks(entries))
    clean = [one.captioner for one in entries if not one.found]
    captions = counted(sum(one.captions for one in entries), "caption")
    said = "signs of speaking to a reader, which are to be looked at and change no score" if signs else "no sign"
    return Sheet(
        answer=f"{where}: {captions}, {said}",
        lines=[f"No sign in those of {', '.join(clean)}."] if clean and signs else [],
        grids=[
            *([Grid("", ("entry", "sign", "captions", "share", "first image"), signs)] if signs else []),
            *([Grid("Picked more often than due", ("entry", "position", "picked", "due"), picks)] if picks else []),
        ],
        notes=[
            f"{sign}: {meaning}." for sign, meaning in MEANINGS.items() if any(sign in one.found for one in entries)
        ],
    )


def _signs(entries: Sequence[Audited]) -> Iterator[Row]:
    for one in entries:
        for sign in MEANINGS:
            if number := one.found.get(sign):
                share = f"{100 * number / one.captions:.1f} %"
                yield one.captioner, sign, f"{number:,} of {one.captions:,}", share, one.first.get(sign, "")


def _picks(entries: Sequence[Audited]) -> Iterator[Row]:
    for one in entries:
        if one.picks and (letter := one.picks.farthest):
            picked, due = one.picks.picked[letter], one.picks.due.get(letter, 0)
            if picked > due:
                yield one.captioner, letter, f"{picked:,}", f"{due:,}"
