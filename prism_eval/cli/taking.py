"""Verbs that take a group of flags as one object."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

Verb = Callable[..., int | None]


def taking(flags: type[Any], *, without: tuple[str, ...] = ()) -> Callable[[Verb], Verb]:
    """A verb that is given an object of a dataclass first takes each of its fields as a flag of its own.

    Args:
        flags: The dataclass; its fields are annotated as typer's options are.
        without: Fields that mean nothing to this verb.
    """

    def take(verb: Verb) -> Verb:
        # Evaluated: annotations are texts in these files, and typer needs what they say. The first is `flags` itself.
        own = list(inspect.signature(verb, eval_str=True).parameters.values())[1:]
        fields = inspect.signature(flags, eval_str=True).parameters
        taken = [parameter for name, parameter in fields.items() if name not in without]

        @functools.wraps(verb)
        def with_flags(**given: object) -> int | None:
            values = {parameter.name: given.pop(parameter.name) for parameter in taken}
            return verb(flags(**values), **given)

        # Typer makes flags from what a function's signature says.
        with_flags.__signature__ = inspect.Signature([*taken, *own])  # type: ignore[attr-defined]
        return with_flags

    return take
