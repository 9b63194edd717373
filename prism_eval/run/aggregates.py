"""The numbers that a benchmark's own aggregation makes of a run, where it has one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from prism_eval.run.pipeline import ItemResult
from prism_eval.schema import Outcome
from prism_eval.scoring.aggregation import Aggregation
from prism_eval.scoring.base import Scorer


@dataclass
class _Gathered:
    aggregation: Aggregation
    answers: int = 0
    failed: int = 0


class Aggregates:
    """Gathers the verdicts of a run for the benchmarks that aggregate by a rule of their own.

    Items are taken with their options in their own order only, as the benchmarks' authors ask them.

    Args:
        scorers: By benchmark name.
    """

    def __init__(self, scorers: Mapping[str, Scorer]) -> None:
        self._scorers = scorers
        self._gathered: dict[tuple[str, str, int], _Gathered | None] = {}

    def add(self, result: ItemResult) -> None:
        """Take in a result's verdict, if it has one."""
        if result.verdict is None or result.order:
            return
        gathered = self._of(result)
        if gathered is None:
            return
        gathered.aggregation.add(result.item, result.verdict)
        if result.verdict.outcome is Outcome.FAILED:
            gathered.failed += 1
        else:
            gathered.answers += 1

    def entries(self) -> list[dict[str, Any]]:
        """What the benchmarks make of their verdicts.

        Returns:
            For each benchmark, captioner and sample of which its aggregation says anything: ``benchmark``,
            ``captioner``, ``sample``, ``answers`` (how many were graded), ``failed`` (how many were not, and are in no
            number) and ``metrics``, by name.
        """
        return [
            {
                "benchmark": benchmark,
                "captioner": captioner,
                "sample": sample,
                "answers": gathered.answers,
                "failed": gathered.failed,
                "metrics": metrics,
            }
            for (benchmark, captioner, sample), gathered in sorted(self._gathered.items(), key=lambda entry: entry[0])
            if gathered and (metrics := _plain(gathered.aggregation.metrics()))
        ]

    def _of(self, result: ItemResult) -> _Gathered | None:
        place = (result.item.benchmark, result.entry, result.sample)
        if place not in self._gathered:
            aggregation = self._scorers[result.item.benchmark].aggregation()
            self._gathered[place] = _Gathered(aggregation) if aggregation else None
        return self._gathered[place]


def _plain(value: Any) -> Any:
    """The value if JSON can say it; numpy's numbers become Python's, anything else its text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "ndim", None) == 0:
        value = item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | int) else str(value)
