"""Engines around engines: ``ray:vllm:MODEL?replicas=8&seed=1`` names an engine that has another one inside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from prism_eval.errors import UnknownName, UsageError
from prism_eval.plugins.registry import entry_points, load
from prism_eval.plugins.specs import Spec

INSIDE = "engine"
"""The field of an engine that another one goes into, and of whatever asks an engine."""


@dataclass(frozen=True)
class Layer:
    """One of the engines that a spec names.

    Attributes:
        name: Its name.
        cls: Its class.
        model: What stands behind its colon: for an engine around another one, that one's spec.
        options: The spec's options that are its own. The innermost has all that are no outer one's, those of whoever
            asks it included.
    """

    name: str
    cls: Any
    model: str | None
    options: Mapping[str, str]


def layers_of(spec: Spec) -> list[Layer]:
    """The engines of a spec, the outermost first.

    Raises:
        UnknownName: There is no engine of the name.
        UsageError: An engine that goes around another is given none, or cannot be imported.
    """
    cls = load("engine", spec.name)
    own = _own_options(cls)
    if own is None:
        return [Layer(spec.name, cls, spec.model, spec.options)]
    name, _, model = (spec.model or "").partition(":")
    if not name:
        raise UsageError(f"{spec.name} needs an engine, and that one a model: write {spec.name}:ENGINE:MODEL")
    if name not in entry_points("engine"):
        raise UnknownName(f"engine in {spec.name}:{spec.model}", name, set(entry_points("engine")) - {spec.name})
    inner = {key: value for key, value in spec.options.items() if key not in own}
    outer = {key: value for key, value in spec.options.items() if key in own}
    below = layers_of(Spec(spec.text, name, model or None, spec.parts, inner, spec.label))
    return [Layer(spec.name, cls, spec.model, outer), *below]


def names_of(layer: Layer) -> set[str]:
    """The options that an engine around another one has beside those of the one inside."""
    return _own_options(layer.cls) or set()


def _own_options(cls: type) -> set[str] | None:
    """The options that a class declares itself, if an engine goes into it; those that every engine has are that one's.

    ``None`` for an engine that takes no other.
    """
    # A class that is no dataclass is told so later.
    names = {field.name for field in getattr(cls, "__dataclass_fields__", {}).values() if field.init}
    return names & set(vars(cls).get("__annotations__", {})) - {INSIDE} if INSIDE in names else None
