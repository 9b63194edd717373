"""Which positions a reader picked, beside those where the right options stood."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from prism_eval.run.folder import RunFolder
from prism_eval.run.reading import Table
from prism_eval.schema import option_letters

_POSITIONS = range(26)
"""Those that have a letter; a table of anybody's may hold any number, and nothing where none was picked."""


@dataclass(frozen=True, slots=True)
class Picks:
    """Of questions whose options were shown in their own order.

    Attributes:
        picked: By letter, how often it was picked.
        due: By letter, how often it was right.
    """

    picked: dict[str, int]
    due: dict[str, int]

    @property
    def farthest(self) -> str:
        """The letter that was picked most beyond what was due; empty where nothing was picked."""
        return max(self.picked, key=lambda letter: self.picked[letter] - self.due.get(letter, 0), default="")


def picks(folder: RunFolder) -> dict[str, Picks]:
    """By captioner, what its reader picked; nothing where there are no verdicts.

    Raises:
        RunError: The table cannot be read.
    """
    if not folder.table("verdicts").exists():
        return {}
    picked: dict[str, Counter[int]] = defaultdict(Counter)
    due: dict[str, Counter[int]] = defaultdict(Counter)
    for row in Table(folder.path, "verdicts").rows(["captioner", "order", "chosen_position", "gold_position"]):
        if row["order"] == 0 and row["gold_position"] in _POSITIONS:
            due[row["captioner"]][row["gold_position"]] += 1
            if row["chosen_position"] in _POSITIONS:
                picked[row["captioner"]][row["chosen_position"]] += 1
    return {who: Picks(_lettered(picked[who]), _lettered(counts)) for who, counts in due.items()}


def _lettered(positions: Counter[int]) -> dict[str, int]:
    letters = option_letters(max(positions, default=-1) + 1)
    return {letter: positions[place] for place, letter in enumerate(letters) if positions[place]}
