"""The rules on scores: tests of non-inferiority, over all benchmarks and on each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import get_args

from prism_eval.gate.comparison import Comparison
from prism_eval.gate.policy import Policy
from prism_eval.gate.ruling import Ruling
from prism_eval.gate.words import Tier
from prism_eval.leaderboard import writing
from prism_eval.leaderboard.against import Against
from prism_eval.statistics import (
    NonInferiority,
    holm,
    images_to_hold,
    loss_shown,
    noninferiority,
    one_sided,
    over_looks,
)


@dataclass(frozen=True, slots=True)
class _Rule:
    """One rule and what was measured: which of a family fail is told together."""

    ruling: Ruling
    title: str
    test: NonInferiority | None

    def p_lost(self, look: tuple[int, int] | None) -> float:
        p = self.test.p_lost if self.test else 1.0
        return over_looks(p, *look) if look else p

    def failed(self) -> Ruling:
        """The ruling, of a loss that is shown."""
        margin = writing.margin(self.ruling.margin or 0.0)
        says = f"{_measured(self)}, a loss of more than {margin}"
        return replace(self.ruling, outcome="FAIL", says=says)

    def told(self, alpha: float) -> Ruling:
        """The ruling, of a loss that is not shown."""
        ruling, margin = self.ruling, writing.margin(self.ruling.margin or 0.0)
        if self.test is None or ruling.shows is None or ruling.images is None:
            return ruling
        if self.test.p_held < alpha:
            return replace(ruling, outcome="PASS", says=f"{_measured(self)}, a loss of {margin} is ruled out")
        could = f"one of {writing.points(ruling.shows)} would have shown"
        decides = f"about {writing.about(ruling.images)} images would decide"
        return replace(ruling, says=f"{_measured(self)} cannot rule out a loss of {margin}; {could}, and {decides}")


def on_scores(comparison: Comparison, policy: Policy) -> Iterator[Ruling]:
    """What became of the rules on scores.

    Of one tier, those that fail are corrected by Holm as one family: the error rate is for all of them together. None
    is for those that pass: a gate passes only where all do. Where a run was looked at before its end, the error rate is
    that of all its looks.
    """
    # Of a single benchmark the suite would be the same test once more: it takes the suite's tier.
    alone = len(comparison.parts) == 1 and not comparison.only[0]
    look = comparison.look
    alpha = one_sided(*look, policy.alpha) if look else policy.alpha
    suite = Ruling(name="suite", tier=policy.suite.tier, outcome="INCONCLUSIVE", says="")
    rules = [] if alone else [_rule(suite, "the suite", comparison.suite, alpha)]
    for part in comparison.parts:
        tier = policy.suite.tier if alone else policy.rule(part.name).tier
        of = replace(suite, name="benchmark", benchmark=part.name, tier=tier)
        rules.append(_rule(of, part.title, part.against, alpha))
    for tier in get_args(Tier):
        family = [rule for rule in rules if rule.ruling.tier == tier]
        for rule, p in zip(family, holm([rule.p_lost(look) for rule in family]), strict=True):
            yield rule.failed() if p < policy.alpha else rule.told(alpha)


def _rule(undecided: Ruling, title: str, said: Against, alpha: float) -> _Rule:
    found, margin = said.difference, said.margin
    ruling = replace(undecided, margin=margin)
    if found is None or said.missing:
        return _Rule(replace(ruling, says=f"{title}: {said.sentence}"), title, None)
    shows = loss_shown(margin, found.held_error, found.degrees, alpha=alpha)
    ruling = replace(
        ruling,
        difference=found,
        # Nobody loses more than all.
        shows=min(shows, 1.0),
        images=images_to_hold(margin, found.held_error, found.clusters, alpha=alpha),
    )
    return _Rule(ruling, title, noninferiority(found, margin, alpha=alpha))


def _measured(rule: _Rule) -> str:
    """The difference with its one-sided bounds, each at the gate's error rate."""
    if rule.test is None or rule.ruling.difference is None:
        return rule.title
    ends = writing.signed_ends(rule.test.low, rule.test.high)
    return f"{rule.title}: {writing.signed(rule.ruling.difference.value)} {ends}"
