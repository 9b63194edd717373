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

    Paths are the values of fields that a plugin declares as `Path`.

    Raises:
        UsageError: A plugin that the spec names does not exist or cannot be imported.
    """
    engine = spec.name not in entry_points(kind) and spec.name in entry_points("engine")
    cls = load("engine" if engine else kind, spec.name)
    # By the field's type: `model` is a file to one plugin and a name on a server to another.
    named = {name for name, hint in get_type_hints(cls).items() if hint is Path or Path in get_args(hint)}
    variables = {name: os.environ.get(environment_name(field), "").strip() for name, field in settable(cls).items()}
    return replace(
        spec,
        model=absolute(spec.model) if spec.model and "model" in named else spec.model,
        options={key: value for key, value in variables.items() if value}
        | {key: absolute(value) if key in named else value for key, value in spec.options.items()},
        parts=tuple(settled(kind, part) for part in spec.parts),
    )


def absolute(path: str) -> str:
    """The path from the root, ``~`` replaced. Links stay: where they lead may change, and that is their purpose."""
    return str(user_path(path).absolute())
