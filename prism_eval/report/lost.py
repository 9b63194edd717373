"""Where points are lost, as the page and the terminal show it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from prism_eval.leaderboard.losses import Loss, Losses, LossShares
from prism_eval.leaderboard.writing import counted
from prism_eval.report.text import flat

MEANINGS: Mapping[Loss, str] = {
    Loss.READER: "the caption says it, and the reasoner did not find it",
    Loss.UNREADABLE: "the caption says it, and the reply gave no answer that could be read",
    Loss.CONTRADICTED: "the caption says something else",
    Loss.UNSAID: "its own model sees it, and the caption does not say it",
    Loss.OMITTED: "another entry's caption says it",
    Loss.NOBODY: "no entry's caption says it",
    Loss.UNCLEAR: "rules cannot tell",
}
"""What each loss is called in a few words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LostRow:
    """What an entry lost.

    Attributes:
        captioner: Its label.
        whole: On all benchmarks.
        benchmarks: By name, on each where it has an answer that is not right.
    """

    captioner: str
    whole: LossShares
    benchmarks: Mapping[str, LossShares]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """What the entries of a leaderboard lost.

    Attributes:
        rows: One an entry with answers that were looked at.
        losses: The losses that there are, in order.
        longest: The largest share of its answers that an entry lost: the bars are drawn against it.
        notes: How many of the images were looked at, if not all, and who decided what rules left open.
    """

    rows: tuple[LostRow, ...]
    losses: tuple[Loss, ...]
    longest: float
    notes: tuple[str, ...]


def lost_of(losses: Losses, captioners: Sequence[str], benchmarks: Sequence[str]) -> Lost:
    """What entries lost, in the order given.

    Args:
        losses: The leaderboard's losses.
        captioners: Labels of its entries.
        benchmarks: Its benchmarks' names.
    """
    rows = tuple(_rows(losses, captioners, benchmarks))
    return Lost(
        rows=rows,
        losses=tuple(loss for loss in Loss if any(row.whole.points[loss].value for row in rows)),
        longest=max((row.whole.lost.value for row in rows), default=0.0),
        notes=tuple(_notes(losses)),
    )


def _rows(losses: Losses, captioners: Sequence[str], benchmarks: Sequence[str]) -> Iterator[LostRow]:
    for captioner in captioners:
        if whole := losses.of(captioner):
            cells = {name: losses.of(captioner, name) for name in benchmarks}
            wrong = {name: cell for name, cell in cells.items() if cell and cell.shares}
            yield LostRow(captioner=captioner, whole=whole, benchmarks=wrong)


def _notes(losses: Losses) -> Iterator[str]:
    if not losses.whole:
        yield (
            f"A random sample of {losses.images_looked:,} of {counted(losses.images, 'image')} was searched "
            f"(seed {losses.seed}); the intervals are the sample's."
        )
    if losses.judge:
        # Where its server stands is nobody's business.
        yield f"What rules could not tell, {flat(losses.judge.partition('?')[0])} decided."
