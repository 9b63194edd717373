"""Reasoners: what they are, and the ones that come with prism-eval."""

from __future__ import annotations

from prism_eval.engines import ENGINE
from prism_eval.plugins import Kind
from prism_eval.reasoners.base import Reasoner
from prism_eval.reasoners.prompted import PromptedReasoner
from prism_eval.reasoners.ranking import RankingReasoner

__all__ = ["REASONER", "Reasoner"]

REASONER: Kind[Reasoner] = Kind(
    "reasoner",
    Reasoner,
    coroutines=("answer",),
    around_engines={"generate": PromptedReasoner, "rank": RankingReasoner},
    engines=ENGINE,
)
"""The kind, for `prism_eval.plugins.build`. With an engine the option ``by`` chooses the way of answering."""
