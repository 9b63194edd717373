"""The numbers that a benchmark's own aggregation makes of a run, where it has one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from prism_eval.files.jsonable import jsonable
from prism_eval.run.item_result import ItemResult
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
        self._gathered: dict[tuple[str, str, str, int], _Gathered | None] = {}

    def add(self, result: ItemResult) -> bool:
        """Take in a result's verdict, if it has one; says whether the benchmark makes anything of it."""
        # Other orders are ours: the benchmark's own number is made of the question as its authors put it.
        # Nor does it know what to do with an item that has no columns.
        if result.verdict is None or result.order or result.unusable:
            return False
        gathered = self._of(result)
        if gathered is None:
            return False
        gathered.aggregation.add(result.item, result.verdict)
        if result.verdict.outcome is Outcome.FAILED:
            gathered.failed += 1
        else:
            gathered.answers += 1
        return True

    def entries(self) -> list[dict[str, object]]:
        """What the benchmarks make of their verdicts.

        Returns:
            For each benchmark, captioner, reasoner and sample of which its aggregation says anything: ``benchmark``,
            ``captioner``, ``reasoner``, ``sample``, ``answers`` (how many were graded), ``failed`` (how many were not,
            and are in no number) and ``metrics``, by name.
        """
        return [
            {
                "benchmark": benchmark,
                "captioner": captioner,
                "reasoner": reasoner,
                "sample": sample,
                "answers": gathered.answers,
                "failed": gathered.failed,
                "metrics": metrics,
            }
            for (benchmark, captioner, reasoner, sample), gathered in sorted(
                self._gathered.items(), key=lambda entry: entry[0]
            )
            if gathered and (metrics := jsonable(gathered.aggregation.metrics()))
        ]

    def _of(self, result: ItemResult) -> _Gathered | None:
        place = (result.item.benchmark, result.entry, result.reasoner, result.sample)
        # ``None`` is kept as well, so that a benchmark without an aggregation is asked for it once, not once an item.
        if place not in self._gathered:
            aggregation = self._scorers[result.item.benchmark].aggregation()
            self._gathered[place] = _Gathered(aggregation) if aggregation else None
        return self._gathered[place]
