"""prism-eval: measure image captions by what a reader who never saw the image can answer from them.

The names below are the public API; whatever else a module holds may change in any version. Each is imported when it is
first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prism_eval._version import __version__

if TYPE_CHECKING:
    from prism_eval.captioners.base import Captioner, Combinator
    from prism_eval.engines.base import Engine
    from prism_eval.errors import (
        CallError,
        FatalError,
        PermanentError,
        PrismError,
        RateLimited,
        TransientError,
    )
    from prism_eval.plugins.identity import added, from_plan, runtime
    from prism_eval.reasoners.base import Reasoner
    from prism_eval.report.evaluate import Result, evaluate
    from prism_eval.rewards import CaptionReward, LengthTerm, Reward
    from prism_eval.schema import Answer, Caption, Image, Item, Outcome, Sampling, Verdict
    from prism_eval.scoring.base import Scorer

_HOMES = {
    "Answer": "prism_eval.schema",
    "CallError": "prism_eval.errors",
    "Caption": "prism_eval.schema",
    "CaptionReward": "prism_eval.rewards.reward",
    "Captioner": "prism_eval.captioners.base",
    "Combinator": "prism_eval.captioners.base",
    "Engine": "prism_eval.engines.base",
    "FatalError": "prism_eval.errors",
    "Image": "prism_eval.schema",
    "Item": "prism_eval.schema",
    "LengthTerm": "prism_eval.rewards.length",
    "Outcome": "prism_eval.schema",
    "PermanentError": "prism_eval.errors",
    "PrismError": "prism_eval.errors",
    "RateLimited": "prism_eval.errors",
    "Reasoner": "prism_eval.reasoners.base",
    "Sampling": "prism_eval.schema",
    "Result": "prism_eval.report.evaluate",
    "Reward": "prism_eval.rewards.rollout",
    "Scorer": "prism_eval.scoring.base",
    "TransientError": "prism_eval.errors",
    "Verdict": "prism_eval.schema",
    "evaluate": "prism_eval.report.evaluate",
    "added": "prism_eval.plugins.identity",
    "runtime": "prism_eval.plugins.identity",
    "from_plan": "prism_eval.plugins.identity",
}

# Written out, and not made of the names above: type checkers and editors read this list, and do not run it.
__all__ = [
    "Answer",
    "CallError",
    "Caption",
    "CaptionReward",
    "Captioner",
    "Combinator",
    "Engine",
    "FatalError",
    "Image",
    "Item",
    "LengthTerm",
    "Outcome",
    "PermanentError",
    "PrismError",
    "RateLimited",
    "Reasoner",
    "Result",
    "Reward",
    "Sampling",
    "Scorer",
    "TransientError",
    "Verdict",
    "__version__",
    "added",
    "evaluate",
    "from_plan",
    "runtime",
]


# `import prism_eval` costs milliseconds: a script that wants one class does not wait for pandas.
def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'prism_eval' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
