"""A candidate run in looks, until its gate is decided or everything was asked."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from prism_eval.errors import UsageError
from prism_eval.gate.alike import without_sample
from prism_eval.gate.decision import Decision, decide
from prism_eval.gate.policy import Policy
from prism_eval.gate.ruling import Ruling
from prism_eval.gate.side import Side, side_of_run
from prism_eval.plan.plan import Plan, make_plan, read_plan
from prism_eval.run.comparable import check_alike, comparable
from prism_eval.run.counts import BenchmarkCount, Counts
from prism_eval.run.folder import RunFolder
from prism_eval.run.manifest import make_manifest
from prism_eval.run.tables import TableWriter, verdict_row

if TYPE_CHECKING:
    from prism_eval.run.assemble import Assembly
    from prism_eval.run.execute import Decides
    from prism_eval.run.item_result import ItemResult
    from prism_eval.run.reading import Manifest

_UNREAD = dict.fromkeys(("answer", "extracted", "note", "caption", "row"))
"""Columns of verdicts that no gate reads: texts that would fill the memory."""


def plan_of_candidate(path: Path) -> Plan:
    """A candidate's plan, to be run in looks.

    Args:
        path: Its TOML file.

    Raises:
        UsageError: It cannot be read, names no captioner or several, or something to compare with that is not the
            gate's.
    """
    values = read_plan(path)
    for key in ("baseline", "margin"):
        if key in values:
            raise UsageError(f"{path}: {key} is for entries of one run: leave it out, a gate has its own")
    plan = make_plan({**values, "until_decided": True}, where=str(path))
    if len(plan.captioners) > 1:
        raise UsageError(f"{path} names {len(plan.captioners)} captioners: a gate holds up one, leave the others out")
    return plan


def decided_by(baseline: Side, policy: Policy, *, where: str = "the policy") -> Decides:
    """What makes a run end when its gate is decided, for `run_plan`.

    Raises:
        UsageError: The baseline or the policy would not do, whatever the candidate answers.
    """
    # Whatever is wrong with either is so against itself, and costs nothing yet.
    if not _on_scores(decide(baseline, baseline, policy, where=where)):
        raise UsageError(f"{where} has no critical rule on scores: no look could decide anything")
    return partial(_Candidate, baseline, policy)


class _Candidate:
    """Decides whether a candidate holds up, on what it was asked so far.

    Raises:
        UsageError: The candidate would be asked in another way than the baseline, or not all that the gate is about.
    """

    def __init__(self, baseline: Side, policy: Policy, assembly: Assembly, counts: Counts) -> None:
        self._baseline, self._policy, self._assembly, self._counts = baseline, policy, assembly, counts
        self._rows: list[Mapping[str, object]] = []
        self._says = ""
        names = {benchmark.name for benchmark in assembly.benchmarks}
        # Known before the first call; what was asked is not, and is looked at with the answers.
        nothing = Counts()
        nothing.benchmarks.update({name: BenchmarkCount() for name in names})
        asked = comparable(cast("Manifest", make_manifest(assembly, nothing, ())))
        own, others = (without_sample(fields, names) for fields in (asked, baseline.fields))
        check_alike(baseline.where, others, "the candidate's plan", own)
        missing = [name for name in baseline.titles if name not in names and policy.rule(name).tier != "advisory"]
        if missing:
            raise UsageError(f"the candidate's plan does not ask {missing[0]}, which {baseline.where} was asked")

    def add(self, result: ItemResult) -> None:
        """Take in a result."""
        self._rows.append(verdict_row(result) | _UNREAD)

    def decide(self, look: int, looks: int) -> bool:
        """Whether every critical rule on scores passes, or one fails.

        Limits are on what was seen, which at an early look is little: the whole gate is decided when the run has ended.
        """
        with tempfile.TemporaryDirectory() as folder:
            candidate = self._so_far(RunFolder(Path(folder)), {"taken": look, "planned": looks})
        decision = decide(self._baseline, candidate, self._policy)
        self._says = decision.says
        outcomes = {ruling.outcome for ruling in _on_scores(decision)}
        return "FAIL" in outcomes or outcomes == {"PASS"}

    def facts(self) -> Mapping[str, object]:
        """What the last look said, and of what baseline."""
        return {"gate": {"baseline": self._baseline.label, "says": self._says}}

    def _so_far(self, folder: RunFolder, looks: Mapping[str, int]) -> Side:
        # As the folder of a run that has ended: it is read by whoever reads those.
        manifest: dict[str, Any] = {**make_manifest(self._assembly, self._counts, ()), "looks": looks}
        with TableWriter("verdicts", folder.table("verdicts"), plan_digest=self._assembly.plan.digest) as table:
            for row in self._rows:
                table.add(row)
            table.finish(comparable(cast("Manifest", manifest)))
        folder.write_manifest(manifest)
        return replace(side_of_run(folder.path), where="the candidate's run")


def _on_scores(decision: Decision) -> list[Ruling]:
    return [one for one in decision.rulings if one.tier == "critical" and one.name in ("suite", "benchmark", "missing")]
