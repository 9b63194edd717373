"""prism-eval: measure image captions by what a reader who never saw the image can answer from them.

The names below are the public API. Each is imported when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prism_eval._version import __version__

if TYPE_CHECKING:
    from prism_eval.captioners.base import Captioner, Combinator
    from prism_eval.engines.base import Engine
    from prism_eval.errors import PrismError
    from prism_eval.plugins.identity import from_plan, runtime
    from prism_eval.reasoners.base import Reasoner
    from prism_eval.report.evaluate import Result, evaluate
    from prism_eval.schema import Answer, Caption, Image, Item, Outcome, Sampling, Verdict
    from prism_eval.scoring.base import Scorer

_HOMES = {
    "Answer": "prism_eval.schema",
    "Caption": "prism_eval.schema",
    "Captioner": "prism_eval.captioners.base",
    "Combinator": "prism_eval.captioners.base",
    "Engine": "prism_eval.engines.base",
    "Image": "prism_eval.schema",
    "Item": "prism_eval.schema",
    "Outcome": "prism_eval.schema",
    "PrismError": "prism_eval.errors",
    "Reasoner": "prism_eval.reasoners.base",
    "Sampling": "prism_eval.schema",
    "Result": "prism_eval.report.evaluate",
    "Scorer": "prism_eval.scoring.base",
    "Verdict": "prism_eval.schema",
    "evaluate": "prism_eval.report.evaluate",
    "runtime": "prism_eval.plugins.identity",
    "from_plan": "prism_eval.plugins.identity",
}

__all__ = [
    "Answer",
    "Caption",
    "Captioner",
    "Combinator",
    "Engine",
    "Image",
    "Item",
    "Outcome",
    "PrismError",
    "Reasoner",
    "Result",
    "Sampling",
    "Scorer",
    "Verdict",
    "__version__",
    "evaluate",
    "from_plan",
    "runtime",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'prism_eval' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
