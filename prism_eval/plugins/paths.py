"""Spec strings made to mean the same from every folder and in every environment."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import get_args, get_type_hints

from prism_eval.files.folders import user_path
from prism_eval.plugins.build import settable
from prism_eval.plugins.identity import environment_name
from prism_eval.plugins.registry import entry_points, load
from prism_eval.plugins.specs import Spec


def settled(kind: str, spec: Spec) -> Spec:
    """The spec with every path in it absolute, and with what its plugins would read from the environment; parts too.

    Paths are the values of fields that a plugin declares as `Path`, and of `Annotated[str, Path]` those that lead
    somewhere.

    Raises:
        UsageError: A plugin that the spec names does not exist or cannot be imported.
    """
    engine = spec.name not in entry_points(kind) and spec.name in entry_points("engine")
    cls = load("engine" if engine else kind, spec.name)
    # By the field's type: `model` is a file to one plugin, a name on a server to another, either to a third.
    hints = get_type_hints(cls, include_extras=True)
    named = {name for name, hint in hints.items() if hint is Path or Path in get_args(hint)}
    either = {name for name in named if str in get_args(hints[name])}

    def place(key: str, value: str) -> str:
        return absolute(value, if_there=key in either) if key in named else value

    variables = {name: os.environ.get(environment_name(field), "").strip() for name, field in settable(cls).items()}
    return replace(
        spec,
        model=place("model", spec.model) if spec.model else spec.model,
        options={key: value for key, value in variables.items() if value}
        | {key: place(key, value) for key, value in spec.options.items()},
        parts=tuple(settled(kind, part) for part in spec.parts),
    )


def absolute(path: str, *, if_there: bool = False) -> str:
    """The path from the root, ``~`` replaced. Links stay: where they lead may change, and that is their purpose.

    Args:
        path: The path.
        if_there: Whether what leads nowhere stays as it is: it may be a name, and no path.
    """
    place = user_path(path)
    return path if if_there and not place.exists() else str(place.absolute())
