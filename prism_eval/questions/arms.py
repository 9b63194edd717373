"""From the verdicts of a run to how each model answered each question."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path

from prism_eval.questions.question import Arm
from prism_eval.run.reading import Table
from prism_eval.schema import Outcome

BLIND = "blind"
"""The entry that shows a reader no caption."""

_UNREAD = frozenset({Outcome.FAILED, Outcome.TRUNCATED, Outcome.UNPARSED})
"""What says nothing of whether the question can be answered: an answer was not had, not finished, or not found."""
_ABSTAINED = frozenset({Outcome.ABSTAINED, Outcome.REFUSED})
_COLUMNS = ("captioner", "reasoner", "item", "outcome", "gold_position", "note")


class _Count:
    """The answers of one model to one question."""

    def __init__(self) -> None:
        self.outcomes: Counter[Outcome] = Counter()
        self.right_at: Counter[int] = Counter()
        self.note = ""

    def add(self, outcome: Outcome, position: int | None, note: str) -> None:
        self.outcomes[outcome] += 1
        if outcome is Outcome.CORRECT and position is not None:
            self.right_at[position] += 1
        if outcome in _UNREAD:
            self.note = self.note or note or outcome.value

    def arm(self, by: str, options: int, *, with_image: bool) -> Arm:
        unread = sum(self.outcomes[outcome] for outcome in _UNREAD)
        abstained = sum(self.outcomes[outcome] for outcome in _ABSTAINED)
        right = self.outcomes[Outcome.CORRECT]
        asked = self.outcomes.total()
        return Arm(
            with_image=with_image,
            by=by,
            asked=asked,
            right=right,
            wrong=asked - right - abstained - unread,
            abstained=abstained,
            unread=unread,
            right_at=tuple(self.right_at[position] for position in range(options)),
            note=self.note,
        )


def arms_of(run: Path, options: Mapping[str, int]) -> dict[str, tuple[Arm, ...]]:
    """By question, how it was answered: with the image by each model, then without it by each reader.

    Args:
        run: The run folder.
        options: By question, how many options it has.

    Raises:
        RunError: The verdicts are missing or damaged.
    """
    table = Table(run, "verdicts")
    counts: dict[str, dict[tuple[bool, str], _Count]] = defaultdict(lambda: defaultdict(_Count))
    first = ""
    for row in table.rows(_COLUMNS):
        first = first or row["reasoner"]
        with_image = row["captioner"] != BLIND
        # A model that answers with the image is one entry, which stands in the table beside each reader.
        if with_image and row["reasoner"] != first:
            continue
        by = row["captioner"] if with_image else row["reasoner"]
        position = row["gold_position"]
        counts[row["item"]][with_image, by].add(
            Outcome(row["outcome"]), None if position is None else int(position), row["note"] or ""
        )
    return {
        item: tuple(
            count.arm(by, options.get(item, 0), with_image=with_image)
            for (with_image, by), count in sorted(answered.items(), key=lambda one: not one[0][0])
        )
        for item, answered in counts.items()
    }
