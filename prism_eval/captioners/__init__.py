"""Captioners: what they are, and the ones that come with prism-eval."""

from __future__ import annotations

from prism_eval.captioners.base import Captioner, Combinator
from prism_eval.captioners.prompted import PromptedCaptioner
from prism_eval.engines import ENGINE
from prism_eval.plugins import Kind

__all__ = ["CAPTIONER", "Captioner", "Combinator"]

CAPTIONER: Kind[Captioner] = Kind(
    "captioner",
    Captioner,
    coroutines=("caption",),
    around_engines={"generate": PromptedCaptioner},
    engines=ENGINE,
    takes_parts=Combinator,
)
"""The kind, for `prism_eval.plugins.build`."""
