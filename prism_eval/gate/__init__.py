"""Two runs made into a decision: whether a candidate's captions hold up against a baseline's.

Each name is imported when it is first used: pytest loads this package's plugin in everybody's tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prism_eval.gate.comparison import Comparison, Margins, compare
    from prism_eval.gate.decision import Decision, decide
    from prism_eval.gate.policy import Policy, read_policy
    from prism_eval.gate.reading import read_side, read_sides
    from prism_eval.gate.ruling import Ruling
    from prism_eval.gate.side import Side

_HOMES = {
    "Comparison": "comparison",
    "Decision": "decision",
    "Margins": "comparison",
    "Policy": "policy",
    "Ruling": "ruling",
    "Side": "side",
    "compare": "comparison",
    "decide": "decision",
    "read_policy": "policy",
    "read_side": "reading",
    "read_sides": "reading",
}

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
    "read_sides",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
