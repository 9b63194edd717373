"""ChartQA: relaxed accuracy, numbers within 5 % of the gold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from prism_eval.schema import Item
from prism_eval.scoring.base import Comparison, WholeReply

TOLERANCE = 0.05


@dataclass(kw_only=True)
class Relaxed(WholeReply):
    """ChartQA's relaxed accuracy, as pix2struct computes it (``relaxed_correctness`` in ``pix2struct/metrics.py``)."""

    name: ClassVar[str] = "relaxed"
    quick: ClassVar[bool] = True

    def compare(self, item: Item, extracted: str) -> Comparison:
        """Within 5 % of any gold; for what is no number, equal to it but for case."""
        return Comparison(float(any(within_tolerance(gold, extracted) for gold in item.golds)))


def within_tolerance(target: str, prediction: str) -> bool:
    """Relaxed correctness: ``|prediction - target| / |target| <= 0.05``, else equality but for case.

    A closing ``%`` divides by 100; there are no thousands separators and no units; a target of 0 is compared as text.
    """
    goal, guess = as_fraction(target), as_fraction(prediction)
    # Nothing is within 5 % of 0: there only the text counts, and "0.0" is not "0".
    if guess is not None and goal:
        return abs(guess - goal) / abs(goal) <= TOLERANCE
    return prediction.lower() == target.lower()


def as_fraction(text: str) -> float | None:
    """The number a text is, with a closing ``%`` as hundredths; ``None`` if it is none."""
    try:
        return float(text.rstrip("%")) / 100.0 if text.endswith("%") else float(text)
    except ValueError:
        return None
