"""What a decision says, to everybody."""

from __future__ import annotations

from dataclasses import asdict
from typing import Literal

from prism_eval.files.jsonable import Json, jsonable
from prism_eval.gate.decision import Decision, counted_as
from prism_eval.gate.output.comparisons import benchmarks, changes, flips, notes
from prism_eval.gate.output.document import document
from prism_eval.gate.output.told import Case, Told
from prism_eval.gate.output.worst import worst
from prism_eval.gate.ruling import Ruling
from prism_eval.gate.words import Event, Outcome
from prism_eval.sheets.sheet import Grid, Sheet


def told(decision: Decision, event: Event, *, site: str = "") -> Told:
    """What a decision says.

    Args:
        decision: The decision.
        event: What the gate stands before: a cannot-tell may count as a failure there.
        site: The address of the candidate's published site; empty where there is none.

    Raises:
        UsageError: That is no address.
        RunError: The texts of what lost most cannot be read.
    """
    first, second = _sides(decision)
    whole = Case("gate", "gate", _shown(decision.outcome, decision, event), _level(decision.outcome), decision.says)
    return Told(
        decided(decision),
        _document(decision),
        [whole, *(_case(ruling, decision, event) for ruling in decision.rulings)],
        {"baseline": first, "candidate": second, "error rate": f"{decision.policy.error_rate:g} %"},
        worst(decision.comparison, site=site),
    )


def decided(decision: Decision) -> Sheet:
    """What to tell people of a decision."""
    comparison, (first, second) = decision.comparison, _sides(decision)
    rate = f"the gate errs in {decision.policy.error_rate:g} % at most, its critical rules together"
    return Sheet(
        answer=f"{decision.outcome}: {decision.says}",
        lines=[f"{second} against {first}; {rate}."],
        grids=[
            Grid(
                "",
                ("", "tier", "rule"),
                [(ruling.outcome, ruling.tier, ruling.says) for ruling in decision.rulings if _tells(ruling)],
            ),
            benchmarks(comparison),
            changes(comparison),
            *flips("Lost", comparison.lost, 3),
        ],
        notes=list(notes(comparison)),
    )


def _sides(decision: Decision) -> tuple[str, str]:
    of = decision.comparison
    first, second = (f"{side.label} ({side.where})" for side in (of.baseline, of.candidate))
    return first, second


def _tells(ruling: Ruling) -> bool:
    """Whether a rule is worth a line: a limit that is kept is not, nor a benchmark of which nobody can tell."""
    if ruling.tier == "critical":
        return ruling.difference is not None or ruling.outcome != "PASS"
    return ruling.outcome == "FAIL"


def _case(ruling: Ruling, decision: Decision, event: Event) -> Case:
    kind = "scores" if ruling.name in ("suite", "benchmark") else "missing" if ruling.name == "missing" else "limits"
    shown, level = _shown(ruling.outcome, decision, event), _level(ruling.outcome)
    if ruling.tier != "critical":
        # Only what is critical turns a list of tests red: the gate itself says what the others amount to.
        shown = "skipped" if shown == "failure" else shown
        level = "warning" if ruling.tier == "supporting" and ruling.outcome == "FAIL" else ""
    return Case(kind, f"{ruling.name} {ruling.benchmark}".rstrip(), shown, level, ruling.says)


def _shown(outcome: Outcome, decision: Decision, event: Event) -> Literal["passed", "failure", "skipped"]:
    if outcome == "INCONCLUSIVE":
        return "failure" if counted_as(outcome, decision.policy, event) == "FAIL" else "skipped"
    return "failure" if outcome == "FAIL" else "passed"


def _level(outcome: Outcome) -> Literal["", "error", "warning"]:
    return "error" if outcome == "FAIL" else "warning" if outcome == "INCONCLUSIVE" else ""


def _document(decision: Decision) -> dict[str, Json]:
    """The outcome, each rule, and the comparison they rest on."""
    rulings = [asdict(ruling) for ruling in decision.rulings]
    said = {
        "outcome": decision.outcome,
        "says": decision.says,
        "rules": rulings,
        "policy": decision.policy.model_dump(),
    }
    return {name: jsonable(value) for name, value in said.items()} | {"comparison": document(decision.comparison)}
