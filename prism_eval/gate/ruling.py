"""What became of one rule of a gate."""

from __future__ import annotations

from dataclasses import dataclass

from prism_eval.gate.words import Outcome, Tier
from prism_eval.statistics import Difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What became of one rule.

    Attributes:
        name: The rule: ``suite``, ``benchmark``, ``missing`` or a limit's name.
        benchmark: The benchmark it is about; empty for one about all.
        tier: What it decides.
        outcome: What became of it.
        says: Why, with the numbers.
        difference: Candidate minus baseline, where the rule is about scores.
        margin: The loss that is let through, in [0, 1], likewise.
        shows: The true loss that would have failed this rule four times of five, likewise.
        images: How many images would let an equally good candidate pass four times of five, likewise.
        can_fail: Whether any candidate could break the rule: nobody's answers fail to more than 100 %.
    """

    name: str
    benchmark: str = ""
    tier: Tier
    outcome: Outcome
    says: str
    difference: Difference | None = None
    margin: float | None = None
    shows: float | None = None
    images: int | None = None
    can_fail: bool = True
