"""What stands beneath a leaderboard in a terminal: the scores with other reasoners, and where points are lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from prism_eval.leaderboard.agreement import TAU
from prism_eval.leaderboard.writing import percent, score, with_ends
from prism_eval.report.drawing import empty_table, plain
from prism_eval.report.lost import lost_of
from prism_eval.report.names import short_names
from prism_eval.report.text import visible

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from prism_eval.leaderboard import Leaderboard

_NAME, _READER = 32, 24
"""Columns of a captioner's name, and of a reasoner's."""
_ERRORS = ("error_images", "error_captions")
_NOISE = "The standard error of a score of one caption an image, taken apart: which images, and which captions of them."
_LOST = "Points out of 100 lost, by what the captions say of the gold (docs/losses.md); the page has intervals."


def readers_in(board: Leaderboard) -> Iterator[Table | Text]:
    """Captioners by reasoners, and whether the captioners' order survives; nothing where there is one reasoner."""
    if not (readers := board.readers):
        return
    names = short_names(readers.captioners, _NAME)
    labels = short_names([reading.reasoner for reading in readers.readings], _READER)
    yield plain("With other reasoners", style="bold")
    drawn = empty_table("captioner", *labels.values(), text=1)
    for place, captioner in enumerate(readers.captioners):
        drawn.add_row(plain(names[captioner]), *(with_ends(reading.scores[place]) for reading in readers.readings))
    yield drawn
    for agreement in readers.agreements:
        tau = "" if agreement.tau is None else f" Kendall's tau: {agreement.tau:.2f}."
        yield plain(visible(agreement.sentence_with({**names, **labels})) + tau)
    yield plain(TAU, style="dim")


def gaps_in(board: Leaderboard, names: Mapping[str, str]) -> Iterator[Text]:
    """How far entries reach from the smallest one to the baseline, in a sentence; nothing where there is no gap."""
    told = [
        f"{visible(names[row.captioner])} {percent(row.gap.share)}" for row in board.rows if row.gap and board.baseline
    ]
    lower = next((row.gap.lower for row in board.rows if row.gap), None)
    if told and lower and board.baseline:
        ends = f"{visible(names[lower])} to {visible(names[board.baseline])}"
        yield plain(f"Of the gap from {ends}, closed: {', '.join(told)}.")


def noise_in(board: Leaderboard) -> Iterator[Table | Text]:
    """What the error of each score comes from; nothing where images have one caption each."""
    noisy = [row for row in board.rows if row.noise]
    if not noisy:
        return
    names = short_names([row.captioner for row in noisy], _NAME)
    columns = [column for column in board.columns if column.name in _ERRORS]
    drawn = empty_table("captioner", *(column.heading for column in columns), text=1)
    for row in noisy:
        drawn.add_row(plain(names[row.captioner]), *(column.text(row) for column in columns))
    yield drawn
    yield plain(_NOISE, style="dim")


def lost_in(board: Leaderboard) -> Iterator[Table | Text]:
    """What each entry lost, by cause; nothing where nothing was."""
    lost = lost_of(board.losses, [row.captioner for row in board.rows], ())
    if not lost.losses:
        return
    names = short_names([row.captioner for row in lost.rows], _NAME)
    yield plain("Where points are lost", style="bold")
    drawn = empty_table("captioner", "lost", *lost.losses, text=1)
    for row in lost.rows:
        parts = (row.whole.points[loss] for loss in lost.losses)
        drawn.add_row(plain(names[row.captioner]), score(row.whole.lost), *map(score, parts))
    yield drawn
    yield plain(" ".join((_LOST, *lost.notes)), style="dim")
