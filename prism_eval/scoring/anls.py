"""InfoVQA: average normalised Levenshtein similarity (ANLS)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from rapidfuzz.distance import Levenshtein

from prism_eval.schema import Item
from prism_eval.scoring.base import Comparison, WholeReply

_THRESHOLD = 0.5


@dataclass(kw_only=True)
class ANLS(WholeReply):
    """The ANLS of the Robust Reading Competition's InfographicVQA script: the best gold counts, below 0.5 is 0."""

    name: ClassVar[str] = "anls"
    quick: ClassVar[bool] = True

    def compare(self, item: Item, extracted: str) -> Comparison:
        """The similarity to the nearest gold; one of exactly 0.5 is kept."""
        return Comparison(similarity(item.golds, extracted))


def similarity(golds: Iterable[str], prediction: str) -> float:
    """One minus the smallest distance to a gold, in [0, 1]; 0 below a half: half right is a misreading, not a typo."""
    nearest = 1 - min(_distance(gold, prediction) for gold in golds)
    return nearest if nearest >= _THRESHOLD else 0.0


def _distance(gold: str, prediction: str) -> float:
    """Edit distance of the collapsed lower-case texts over the longer length before collapsing, in [0, 1].

    Two blank texts are at distance 0. Beyond half the longer length the exact distance no longer matters and 1 is
    returned, so that megabytes of reply cost nothing.
    """
    # The authors' script measures the texts in upper case, where a German sharp s counts twice.
    longest = max(len(gold.upper()), len(prediction.upper()))
    if longest == 0:
        return 0.0
    left, right = (" ".join(text.strip().lower().split()) for text in (gold, prediction))
    half = longest // 2 + 1
    edits = Levenshtein.distance(left, right, score_cutoff=half)
    return 1.0 if edits > half else edits / longest
