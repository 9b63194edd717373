"""The rules on what is no score: failures, unreadable answers, empty captions, length and cost."""

from __future__ import annotations

from collections.abc import Iterator

from prism_eval.gate.behaviour import Behaviour
from prism_eval.gate.comparison import Comparison
from prism_eval.gate.policy import Policy
from prism_eval.gate.ruling import Ruling
from prism_eval.schema import Outcome

_SHARES = {"failed": "answers failed", "unparsed": "answers no rule can read", "refused": "answers refused",
           "truncated": "answers cut", "empty": "captions empty", "cut": "captions cut"}  # fmt: skip


def within_limits(comparison: Comparison, policy: Policy) -> Iterator[Ruling]:
    """What became of the limits on how a candidate writes and fails; they are on what was seen, and no tests."""
    before, after = comparison.behaviour
    due, lost = map(sum, zip(*comparison.losses[1].values(), strict=True))
    limits = policy.limits
    for name, words in _SHARES.items():
        limit = getattr(limits, name)
        if limit is None:
            continue
        # What is not there was not measured either.
        share = max(_share(after, name), lost / due if name == "failed" else 0.0)
        # What the baseline does as well is no regression; but what failed was not measured, whoever else did.
        broken = 100 * share > limit and (name == "failed" or share > _share(before, name))
        yield Ruling(
            name=name,
            tier=limits.tier,
            outcome="FAIL" if broken else "PASS",
            says=f"{words}: {100 * share:.3g} % of at most {limit:g} %",
            can_fail=limit < 100,
        )
    yield from _growth("length_growth", "captions longer", before.words, after.words, policy)
    yield from _growth("cost_growth", "captions dearer", before.spent.cost_mean, after.spent.cost_mean, policy)


def _share(behaviour: Behaviour, name: str) -> float:
    if name in ("empty", "cut"):
        return float(getattr(behaviour, name))
    return behaviour.losses[Outcome(name)]


def _growth(name: str, words: str, before: float | None, after: float | None, policy: Policy) -> Iterator[Ruling]:
    limit = getattr(policy.limits, name)
    if limit is None:
        return
    if not before or after is None:
        yield Ruling(name=name, tier=policy.limits.tier, outcome="INCONCLUSIVE", says=f"{words}: not known of both")
        return
    grown = 100 * (after / before - 1)
    yield Ruling(
        name=name,
        tier=policy.limits.tier,
        outcome="FAIL" if grown > limit else "PASS",
        says=f"{words}: {grown:+.3g} % of at most {limit:+g} %",
    )
