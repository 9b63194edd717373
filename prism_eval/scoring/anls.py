"""InfoVQA: average normalised Levenshtein similarity (ANLS)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rapidfuzz.distance import Levenshtein

from prism_eval.schema import Item
from prism_eval.scoring.base import Comparison, WholeReply

THRESHOLD = 0.5


@dataclass(kw_only=True)
class ANLS(WholeReply):
    """The ANLS of the Robust Reading Competition's InfographicVQA script: the best gold counts, below 0.5 is 0."""

    name: ClassVar[str] = "anls"

    def compare(self, item: Item, extracted: str) -> Comparison:
        """One minus the smallest distance to a gold; a similarity of exactly 0.5 is kept."""
        similarity = 1 - min(distance(gold, extracted) for gold in item.golds)
        return Comparison(similarity if similarity >= THRESHOLD else 0.0)


def distance(gold: str, prediction: str) -> float:
    """Edit distance of the collapsed lower-case texts over the longer length before collapsing, in [0, 1].

    Two blank texts are at distance 0. Beyond half the longer length the exact distance no longer matters and 1 is
    returned, so that megabytes of reply cost nothing.
    """
    longest = max(len(gold.upper()), len(prediction.upper()))
    if longest == 0:
        return 0.0
    left, right = (" ".join(text.strip().lower().split()) for text in (gold, prediction))
    half = longest // 2 + 1
    edits = Levenshtein.distance(left, right, score_cutoff=half)
    return 1.0 if edits > half else edits / longest
