"""Whether the reasoner leans towards a position among the options, seen by asking under several orders."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from prism_eval.leaderboard.board import PositionBias, PositionShare
from prism_eval.schema import Outcome

_NOTHING = ""


@dataclass(slots=True)
class Positions:
    """The picks of one captioner's answers, position by position.

    Attributes:
        picks: How often each position was picked.
        expected: How often each would be picked if every option shown were picked equally often.
        chosen: For each question and sample, the options chosen over its orders; empty for an answer that chose none.
        asked: For each question and sample, its orders.
    """

    picks: Counter[int] = field(default_factory=Counter)
    expected: dict[int, float] = field(default_factory=dict)
    chosen: dict[tuple[str, str, int], set[str]] = field(default_factory=dict)
    asked: Counter[tuple[str, str, int]] = field(default_factory=Counter)

    def add(self, row: Mapping[str, Any]) -> None:
        """Enter one verdict on a multiple-choice question; failed ones say nothing."""
        if row["kind"] != "choice" or row["outcome"] == Outcome.FAILED:
            return
        question = row["benchmark"], row["item"], row["sample"]
        position = row["chosen_position"]
        self.asked[question] += 1
        self.chosen.setdefault(question, set()).add(_NOTHING if position is None else row["extracted"])
        if position is not None:
            self.picks[position] += 1
            shown = len(json.loads(row["options"]))
            for each in range(shown):
                self.expected[each] = self.expected.get(each, 0.0) + 1 / shown

    def bias(self) -> PositionBias | None:
        """The lean; ``None`` where no question was asked under several orders, or no option was ever picked."""
        several = [question for question, orders in self.asked.items() if orders > 1]
        total = self.picks.total()
        if not several or not total:
            return None
        shares = tuple(
            PositionShare(picked=self.picks[position] / total, even=self.expected[position] / total)
            for position in sorted(self.expected)
        )
        steady = [question for question in several if self._is_steady(question)]
        return PositionBias(
            shares=shares,
            deviation=max(abs(share.picked - share.even) for share in shares),
            consistency=len(steady) / len(several),
            questions=len(several),
        )

    def _is_steady(self, question: tuple[str, str, int]) -> bool:
        chosen = self.chosen[question]
        return len(chosen) == 1 and _NOTHING not in chosen
