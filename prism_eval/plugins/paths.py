"""Spec strings made to mean the same from every folder and in every environment."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import get_args, get_type_hints

from prism_eval.files.folders import user_path
from prism_eval.plugins.build import settable
from prism_eval.plugins.identity import environment_name
from prism_eval.plugins.layers import Layer, layers_of
from prism_eval.plugins.registry import entry_points, load
from prism_eval.plugins.specs import Spec


def settled(kind: str, spec: Spec) -> Spec:
    """The spec with every path in it absolute, and with what its plugins would read from the environment; parts too.

    Paths are the values of fields that a plugin declares as `Path`, and of `Annotated[str, Path]` those that lead
    somewhere.

    Raises:
        UsageError: A plugin that the spec names does not exist or cannot be imported.
    """
    if spec.name in entry_points(kind) or spec.name not in entry_points("engine"):
        layers = [Layer(spec.name, load(kind, spec.name), spec.model, spec.options)]
    else:
        layers = layers_of(spec)
    *_, innermost = layers
    model = placed(innermost.cls, "model", innermost.model) if innermost.model else innermost.model
    for layer in reversed(layers[1:]):
        model = f"{layer.name}:{model}" if model else layer.name
    return replace(
        spec,
        model=model,
        options={key: value for layer in layers for key, value in _settled_options(layer).items()},
        parts=tuple(settled(kind, part) for part in spec.parts),
    )


def placed(cls: type, name: str, value: str) -> str:
    """The value of a plugin's option, with a path from the root if it is one."""
    # By the field's type: `model` is a file to one plugin, a name on a server to another, either to a third.
    hint = get_type_hints(cls, include_extras=True).get(name)
    if hint is not Path and Path not in get_args(hint):
        return value
    return absolute(value, if_there=str in get_args(hint))


def _settled_options(layer: Layer) -> dict[str, str]:
    fields = settable(layer.cls).items()
    said = {name: os.environ.get(environment_name(field), "").strip() for name, field in fields}
    given = {key: placed(layer.cls, key, value) for key, value in layer.options.items()}
    return {key: value for key, value in said.items() if value} | given


def absolute(path: str, *, if_there: bool = False) -> str:
    """The path from the root, ``~`` replaced. Links stay: where they lead may change, and that is their purpose.

    Args:
        path: The path.
        if_there: Whether what leads nowhere stays as it is: it may be a name, and no path.
    """
    place = user_path(path)
    return path if if_there and not place.exists() else str(place.absolute())
