"""Two runs made into a decision: whether a candidate's captions hold up against a baseline's."""

from __future__ import annotations

from prism_eval.gate.comparison import Comparison, Margins, compare
from prism_eval.gate.decision import Decision, decide
from prism_eval.gate.policy import Policy, read_policy
from prism_eval.gate.reading import read_side
from prism_eval.gate.ruling import Ruling
from prism_eval.gate.side import Side

__all__ = [
    "Comparison",
    "Decision",
    "Margins",
    "Policy",
    "Ruling",
    "Side",
    "compare",
    "decide",
    "read_policy",
    "read_side",
]
