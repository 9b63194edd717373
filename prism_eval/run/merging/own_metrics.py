"""The numbers that a benchmark's own aggregation makes of a whole run, made anew of its joined verdicts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from prism_eval.benchmarks import load_definition, open_benchmark
from prism_eval.errors import RunError
from prism_eval.plan import Plan
from prism_eval.plugins import Spec, build, entry_points
from prism_eval.run.aggregates import Aggregates
from prism_eval.run.item_result import ItemResult
from prism_eval.run.rescoring import item_of
from prism_eval.schema import Outcome, Verdict
from prism_eval.scoring.base import SCORER, Scorer

if TYPE_CHECKING:
    import pyarrow as pa


class OwnMetrics:
    """Gathers verdicts of benchmarks that aggregate by a rule of their own.

    Args:
        plan: The plan of the run.
        edition: Its scoring edition.
    """

    def __init__(self, plan: Plan, edition: str) -> None:
        self._aggregates = Aggregates(_Scorers(plan, edition))

    def add(self, rows: pa.Table) -> None:
        """Take in rows of the shards' ``verdicts``; those that are graded together say what else of their item counts.

        Raises:
            PrismError: The scorer of a benchmark cannot be made.
        """
        for row in rows.filter(rows["columns"].is_valid()).to_pylist():
            self._aggregates.add(_result(row))

    def entries(self) -> Sequence[Mapping[str, object]]:
        """What the manifest says of them."""
        return self._aggregates.entries()


class _Scorers(dict[str, Scorer]):
    """The scorers of benchmarks by name, made when they are asked for: most runs need none."""

    def __init__(self, plan: Plan, edition: str) -> None:
        super().__init__()
        self._plan, self._edition = plan, edition

    def __missing__(self, benchmark: str) -> Scorer:
        self[benchmark] = scorer = self._made(benchmark)
        return scorer

    def _made(self, benchmark: str) -> Scorer:
        # A file or a source of its own may be behind the name.
        for text in self._plan.benchmarks or (benchmark,):
            if text.partition(":")[0] in entry_points("source"):
                opened = open_benchmark(text, self._plan.data, seed=self._plan.seed)
                if opened.name == benchmark and opened.scorer:
                    return opened.scorer
            elif (definition := load_definition(text)).full_name == benchmark:
                return build(SCORER, Spec.parse(definition.scoring[self._edition]), {})
        raise RunError(f"the plan names no benchmark {benchmark}, of which the shards have verdicts")


def _result(row: Mapping[str, Any]) -> ItemResult:
    try:
        item = replace(item_of(row), cluster=row["cluster"], columns=json.loads(row["columns"]))
        verdict = Verdict(Outcome(row["outcome"]), row["score"], row["extracted"], row["note"])
    except (ValueError, TypeError, AttributeError) as error:
        raise RunError(f"the verdict on item {row['item']} of {row['benchmark']} cannot be read: {error}") from error
    return ItemResult(
        item,
        tuple(row["images"]),
        row["captioner"],
        row["sample"],
        verdict=verdict,
        order=row["order"],
        reasoner=row["reasoner"],
    )
