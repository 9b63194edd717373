"""Whether a candidate holds up: yes, no, or these data cannot tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from prism_eval.errors import UsageError
from prism_eval.gate.comparison import Comparison, Margins, compare
from prism_eval.gate.limits import within_limits
from prism_eval.gate.policy import Policy
from prism_eval.gate.ruling import Ruling
from prism_eval.gate.scores import on_scores
from prism_eval.gate.side import Side
from prism_eval.gate.words import Event, Outcome, Tier
from prism_eval.leaderboard import writing
from prism_eval.run.entries import too_many_failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a gate decides.

    Attributes:
        outcome: What it is.
        says: Why, in a sentence.
        rulings: What became of each rule, those that decided first.
        comparison: What it rests on.
        policy: By which rules.
    """

    outcome: Outcome
    says: str
    rulings: tuple[Ruling, ...]
    comparison: Comparison
    policy: Policy


def decide(baseline: Side, candidate: Side, policy: Policy | None = None, *, where: str = "the policy") -> Decision:
    """Decide whether a candidate holds up against a baseline.

    A rule on scores is a test of non-inferiority: it passes where a loss of the margin is ruled out, fails where one
    beyond it is shown, and cannot tell in between. The gate passes only where every critical rule does, so that no
    error rate adds up; those that fail are Holm-corrected as one family, so that the rate holds for the whole gate.

    Args:
        baseline: The baseline.
        candidate: The candidate.
        policy: The rules; by default one point of the suite, and three of a benchmark to look at.
        where: What the policy is called in messages.

    Raises:
        UsageError: The two were not asked alike or have no item in common, the policy names a benchmark that neither
            has or lets everything through, or too much of the baseline failed.
    """
    rules = policy or Policy()
    rules.check_names({*baseline.titles, *candidate.titles}, where)
    margins = Margins(
        suite=rules.suite.margin / 100,
        benchmark=rules.benchmark.margin / 100,
        benchmarks={name: rules.rule(name).margin / 100 for name in rules.benchmarks},
    )
    comparison = compare(baseline, candidate, margins)
    if too_many_failed(comparison.losses[0].values()):
        raise UsageError(f"{baseline.where}: over 1 % of the baseline's answers failed or are missing: make it again")
    rulings = [*_missing(comparison, rules), *on_scores(comparison, rules), *within_limits(comparison, rules)]
    if not any(ruling.tier == "critical" and ruling.can_fail for ruling in rulings):
        raise UsageError(f"{where} has no critical rule that could be broken: the gate could not fail")
    rulings.sort(key=_gravity)
    outcome = _together(rulings)
    return Decision(
        outcome=outcome,
        says=_sentence(outcome, rulings),
        rulings=tuple(rulings),
        comparison=comparison,
        policy=rules,
    )


def counted_as(outcome: Outcome, policy: Policy, event: Event) -> Outcome:
    """What an outcome counts as where the gate stands: of a cannot-tell the policy says it."""
    if outcome != "INCONCLUSIVE":
        return outcome
    words: Mapping[str, Outcome] = {"pass": "PASS", "inconclusive": "INCONCLUSIVE", "fail": "FAIL"}
    return words[getattr(policy.inconclusive, event)]


_TIERS: Sequence[Tier] = get_args(Tier)
_OUTCOMES: Sequence[Outcome] = ("FAIL", "INCONCLUSIVE", "PASS")


def _gravity(ruling: Ruling) -> tuple[int, int]:
    return _TIERS.index(ruling.tier), _OUTCOMES.index(ruling.outcome)


def _together(rulings: Sequence[Ruling]) -> Outcome:
    critical = {ruling.outcome for ruling in rulings if ruling.tier == "critical"}
    worst = next(outcome for outcome in _OUTCOMES if outcome in critical)
    if worst == "PASS" and any(one.tier == "supporting" and one.outcome == "FAIL" for one in rulings):
        return "INCONCLUSIVE"
    return worst


def _sentence(outcome: Outcome, rulings: Sequence[Ruling]) -> str:
    if outcome == "PASS":
        held = [ruling for ruling in rulings if ruling.tier == "critical" and ruling.difference]
        return held[0].says if held else "every limit is kept"
    of = [one for one in rulings if one.outcome == outcome and one.tier == "critical"]
    of = of or [one for one in rulings if one.outcome == "FAIL" and one.tier == "supporting"]
    more = f"; and {writing.counted(len(of) - 1, 'rule')} more" if len(of) > 1 else ""
    return f"{of[0].says}{more}"


def _missing(comparison: Comparison, policy: Policy) -> Iterator[Ruling]:
    """What the baseline has and the candidate was not asked."""
    for name in comparison.only[0]:
        # Whoever leaves out what is hard would pass: only what is told at most may be missing.
        tier: Tier = "advisory" if policy.rule(name).tier == "advisory" else "critical"
        title = comparison.baseline.titles.get(name, name)
        yield Ruling(
            name="missing", benchmark=name, tier=tier, outcome="FAIL", says=f"the candidate was not asked {title}"
        )
