"""A few questions to read for each benchmark: first those on which captioners disagree."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from prism_eval.leaderboard.joined import JoinedTable
from prism_eval.leaderboard.numbering import numbered
from prism_eval.leaderboard.verdicts import OUTCOMES, Verdicts
from prism_eval.schema import Outcome, option_letters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# With these the page stays under a few megabytes however large the run: 12 benchmarks, 6 questions, 8 replies each.
PER_BENCHMARK = 6
MOST_CAPTIONERS = 8
_CAPTION, _REPLY, _QUESTION, _GOLDS = 900, 400, 1500, 5


class _Row(TypedDict):
    """What is read of a verdict that is shown."""

    captioner: str
    benchmark: str
    item: str
    outcome: str
    score: float | None
    question: str | None
    options: str | None
    gold: str | None
    caption: str | None
    answer: str | None
    extracted: str | None
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came of one captioner's caption; texts are cut to a bounded length."""

    captioner: str
    outcome: Outcome
    score: float | None
    extracted: str | None
    note: str
    caption: str | None
    answer: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One question, its lettered options, its accepted answers and each captioner's first reply."""

    benchmark: str
    item: str
    question: str
    options: tuple[tuple[str, str], ...]
    golds: tuple[str, ...]
    replies: tuple[Reply, ...]

    @property
    def split(self) -> bool:
        """Whether captioners score differently on it."""
        return len({reply.score for reply in self.replies if reply.score is not None}) > 1


def read_examples(verdicts: Verdicts, captioners: Sequence[str]) -> dict[str, list[Example]]:
    """Pick the examples of a run, by benchmark, and read their texts.

    Args:
        verdicts: The run's verdicts; of their texts only those of the examples are read.
        captioners: Labels, best first; the first `MOST_CAPTIONERS` are shown.

    Raises:
        RunError: The verdict table cannot be read.
    """
    import numpy as np

    shown = [verdicts.captioners.index(label) for label in captioners[:MOST_CAPTIONERS]]
    rows = _first_replies(verdicts, shown)
    candidates = np.flatnonzero((rows >= 0).any(axis=0))
    benchmark = verdicts.items.benchmark[candidates]
    picked = [
        pick
        for number in range(len(verdicts.benchmarks))
        for pick in _pick(verdicts, candidates[benchmark == number], rows)
    ]
    texts = _read_texts(verdicts, rows[:, picked])
    examples: dict[str, list[Example]] = {verdicts.benchmarks[number]: [] for number in np.unique(benchmark).tolist()}
    for item in picked:
        example = _example(verdicts.table, [texts[row] for row in rows[:, item].tolist() if row >= 0])
        examples[example.benchmark].append(example)
    return examples


def _first_replies(verdicts: Verdicts, captioners: Sequence[int]) -> NDArray[np.int64]:
    """Shape (captioners, items): the row of a captioner's first sample in the first order, -1 where there is none."""
    import numpy as np

    place = np.full(len(verdicts.captioners), -1)
    place[captioners] = np.arange(len(captioners))
    of_row = place[verdicts.captioner]
    # Other samples and orders answer the same question again; one reply a captioner is enough to read.
    first = np.flatnonzero((verdicts.sample == 0) & (verdicts.order == 0) & (of_row >= 0))
    rows = np.full((len(captioners), len(verdicts.items)), -1)
    rows[of_row[first], verdicts.item[first]] = first
    return rows


def _pick(verdicts: Verdicts, items: NDArray[np.int64], rows: NDArray[np.int64]) -> list[int]:
    """Take from each pattern of outcomes in turn, the widest disagreement first, preferring images not yet shown."""
    import numpy as np

    picked: list[int] = []
    queues = _by_pattern(verdicts, items, rows[:, items])
    while queues and len(picked) < PER_BENCHMARK:
        for place, queue in enumerate(queues[: PER_BENCHMARK - len(picked)]):
            seen = np.isin(verdicts.items.cluster[queue], verdicts.items.cluster[picked])
            fresh = int(seen.argmin())  # the first whose image is new; the first of all if none is
            picked.append(int(queue[fresh]))
            queues[place] = np.delete(queue, fresh)
        queues = [queue for queue in queues if queue.size]
    return picked


def _by_pattern(verdicts: Verdicts, items: NDArray[np.int64], rows: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Items that ended alike for every captioner, in one queue each; no more queues than examples are picked."""
    import numpy as np

    ends = np.where(rows >= 0, verdicts.outcome[rows], len(OUTCOMES))
    # Read as digits, the outcomes of at most `MOST_CAPTIONERS` captioners are one whole number.
    pattern, first = numbered((len(OUTCOMES) + 1) ** np.arange(len(rows)) @ ends)
    scores = np.where(rows >= 0, verdicts.score[rows], np.nan)[:, first]
    agreement = np.fmin.reduce(scores, initial=1.0) - np.fmax.reduce(scores, initial=0.0)
    # The last key sorts first: the widest disagreement, and among equals what most items ended in.
    best = np.lexsort((-np.bincount(pattern, minlength=first.size), agreement))[:PER_BENCHMARK]
    return [items[pattern == number] for number in best.tolist()]


def _read_texts(verdicts: Verdicts, rows: NDArray[np.int64]) -> dict[int, _Row]:
    import numpy as np

    places = np.unique(rows[rows >= 0])
    return dict(zip(places.tolist(), verdicts.table.take(places, tuple(_Row.__annotations__)).to_pylist(), strict=True))


def _example(table: JoinedTable, replies: Sequence[_Row]) -> Example:
    asked = replies[0]
    options = _listed(table, asked["options"])
    return Example(
        benchmark=asked["benchmark"],
        item=asked["item"],
        question=_head(asked["question"] or "", _QUESTION),
        options=tuple(zip(option_letters(len(options)), options, strict=True)),
        golds=tuple(_listed(table, asked["gold"])[:_GOLDS]),
        replies=tuple(_reply(reply) for reply in replies),
    )


def _listed(table: JoinedTable, listing: str | None) -> list[str]:
    try:
        texts = json.loads(listing or "[]")
    except ValueError as error:
        raise table.spoilt(f"has options or answers that are no JSON list of texts: {listing!r}") from error
    return [_head(str(text), _REPLY) for text in (texts if isinstance(texts, list) else [texts])]


def _reply(row: _Row) -> Reply:
    return Reply(
        captioner=row["captioner"],
        outcome=Outcome(row["outcome"]),
        score=row["score"],
        extracted=None if row["extracted"] is None else _head(row["extracted"], _REPLY),
        note=_head(row["note"] or "", _REPLY),
        caption=None if row["caption"] is None else _head(row["caption"], _CAPTION),
        answer=None if row["answer"] is None else _tail(row["answer"], _REPLY),
    )


def _head(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _tail(text: str, length: int) -> str:
    # A reply ends in its answer, so its end is the part to keep.
    return text if len(text) <= length else "…" + text[1 - length :].lstrip()
