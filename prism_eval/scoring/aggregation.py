"""The contract of a benchmark's own aggregation: numbers that exist only once many answers are scored."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

from prism_eval.schema import Item, Verdict


class Aggregation(ABC):
    """Gathers the verdicts on one captioner and sample; a new one is made for each."""

    @abstractmethod
    def add(self, item: Item, verdict: Verdict) -> None:
        """Take in a verdict, a ``FAILED`` one too; the item comes without its images."""

    @abstractmethod
    def metrics(self) -> Mapping[str, object]:
        """Metric to number, ``None`` where there is none, or text that says why; empty if nothing can be said."""
