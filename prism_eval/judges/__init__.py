"""Judges: a language model that decides what rules cannot, where a benchmark's authors let one score."""

from __future__ import annotations

from prism_eval.engines import ENGINE
from prism_eval.judges.base import Judge, read_verdict
from prism_eval.judges.prompted import PromptedJudge
from prism_eval.plugins import Kind

__all__ = ["JUDGE", "Judge", "read_verdict"]

JUDGE: Kind[Judge] = Kind(
    "judge", Judge, coroutines=("ask",), around_engines={"generate": PromptedJudge}, engines=ENGINE
)
"""The kind, for `prism_eval.plugins.build`."""
