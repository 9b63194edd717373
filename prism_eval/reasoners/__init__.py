"""Reasoners: from a spec string, or a class of your own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from prism_eval import plugins
from prism_eval.calls import Calls
from prism_eval.engines import build_prompted
from prism_eval.errors import UnknownName, UsageError
from prism_eval.plugins.specs import Spec
from prism_eval.reasoners.base import Reasoner
from prism_eval.reasoners.remembered import Remembered

__all__ = ["Reasoner", "build_reasoner", "reasoner_label", "remember"]


def build_reasoner(spec: Spec, offers: Mapping[str, Any]) -> Reasoner:
    """Make a reasoner. An engine's name makes a reasoner that prompts the engine's model.

    With an engine, the option ``by`` chooses the way of answering: ``generate`` lets the model write, ``rank`` ranks
    the options' texts by their log-likelihood.

    Args:
        spec: The parsed spec string.
        offers: Values for fields nobody set: the protocol's prompts and sampling, the plan's seed and concurrency.

    Raises:
        UsageError: A name or an option is wrong, or an extra is missing.
    """
    what = f"reasoner {spec.name!r}"
    if spec.parts:
        raise UsageError(f"{what} takes no parts: {spec.text!r}")
    if spec.name in plugins.entry_points("reasoner") or spec.name not in plugins.entry_points("engine"):
        cls = plugins.load("reasoner", spec.name)
        options = dict(spec.options) | ({"model": spec.model} if spec.model is not None else {})
        return plugins.construct(cls, what, options, offers)  # type: ignore[no-any-return]
    from prism_eval.reasoners.prompted import PromptedReasoner
    from prism_eval.reasoners.ranking import RankingReasoner

    ways = {"generate": PromptedReasoner, "rank": RankingReasoner}
    options = dict(spec.options)
    way = options.pop("by", "generate")
    if way not in ways:
        raise UnknownName(f"way of answering of {what}", way, ways)
    return build_prompted(ways[way], replace(spec, options=options), what, offers)  # type: ignore[no-any-return]


def remember(reasoner: Reasoner, calls_of: Callable[[str], Calls]) -> Remembered:
    """Make a reasoner's answers remembered, and what it asks besides.

    Args:
        reasoner: The reasoner.
        calls_of: Makes the calls of a stage: ``answer``, or ``prior`` where options are ranked.
    """
    from prism_eval.reasoners.ranking import RankingReasoner

    if isinstance(reasoner, RankingReasoner) and reasoner.prior:
        reasoner.remember_priors(calls_of("prior"))
    return Remembered(inner=reasoner, calls=calls_of("answer"))


def reasoner_label(spec: Spec) -> str:
    """How tables name a reasoner: its ``label``, or the spec string less the options that change no answer."""
    return spec.label or plugins.label(spec, "reasoner", "")
