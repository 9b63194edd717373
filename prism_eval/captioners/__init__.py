"""Captioners: from a spec string, or a class of your own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prism_eval import plugins
from prism_eval.captioners.base import Captioner, Combinator
from prism_eval.engines import build_prompted
from prism_eval.errors import UsageError
from prism_eval.plugins.specs import Spec

__all__ = ["Captioner", "Combinator", "build_captioner", "captioner_label"]


def build_captioner(spec: Spec, offers: Mapping[str, Any]) -> Captioner:
    """Make a captioner, its parts included. An engine's name makes a captioner that prompts the engine's model.

    Args:
        spec: The parsed spec string.
        offers: Values for fields nobody set: the protocol's prompt and sampling, the plan's seed and concurrency.

    Raises:
        UsageError: A name or an option is wrong, or an extra is missing.
    """
    what = f"captioner {spec.name!r}"
    known = plugins.entry_points("captioner")
    if spec.name in known or spec.name not in plugins.entry_points("engine"):
        cls = plugins.load("captioner", spec.name)
        options = dict(spec.options) | ({"model": spec.model} if spec.model is not None else {})
        if spec.parts and not issubclass(cls, Combinator):
            raise UsageError(f"{what} takes no parts: {spec.text!r}")
        built = {"parts": tuple(build_captioner(part, offers) for part in spec.parts)} if spec.parts else {}
        return plugins.construct(cls, what, {**options, **built}, offers)  # type: ignore[no-any-return]
    from prism_eval.captioners.prompted import PromptedCaptioner

    return build_prompted(PromptedCaptioner, spec, what, offers)  # type: ignore[no-any-return]


def captioner_label(spec: Spec) -> str:
    """How tables name a captioner: its ``label``, or the spec string less the options that change no caption."""
    if spec.label:
        return spec.label
    parts = f"({', '.join(captioner_label(part) for part in spec.parts)})" if spec.parts else ""
    return plugins.label(spec, "captioner", parts)
