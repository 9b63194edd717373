"""Engines: where a model's tokens come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prism_eval import plugins
from prism_eval.engines.base import Engine
from prism_eval.errors import UnknownName
from prism_eval.plugins.specs import Spec

__all__ = ["Engine", "build_prompted"]


def build_prompted(cls: Any, spec: Spec, what: str, offers: Mapping[str, Any]) -> Any:
    """Make a captioner or reasoner that is an engine plus a prompt.

    The options of the spec go to the engine or to ``cls``, by the fields each has.

    Raises:
        UsageError: A name or an option is wrong, or an extra is missing.
    """
    engine_class = plugins.load("engine", spec.name)
    engine_fields, own_fields = plugins.settable(engine_class), plugins.settable(cls)
    for key in spec.options:
        if key not in engine_fields and key not in own_fields:
            raise UnknownName(f"option of {what}", key, (engine_fields | own_fields).keys() - {"engine"})
    model = {"model": spec.model} if spec.model is not None else {}
    options = {key: value for key, value in spec.options.items() if key in engine_fields}
    engine = plugins.construct(engine_class, what, model | options, offers)
    own = {key: value for key, value in spec.options.items() if key not in engine_fields}
    return plugins.construct(cls, what, {"engine": engine, **own}, offers)
