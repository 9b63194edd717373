"""Options on a protocol's name, ``caprl?caption.prompt=...``: each replaces one key of its tables, by the dotted path.

Its last part is enough where no other key ends so: ``prism?prompt=cot``. Options are part of the name, and so of the
plan's identity and of what leaderboards show.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, get_type_hints

from pydantic import BaseModel

from prism_eval.errors import UnknownName, UsageError
from prism_eval.plugins.specs import read_options

# What tells protocols apart is no setting of theirs.
_NO_OPTIONS = {"name", "summary"}


def split_options(text: str) -> tuple[str, str]:
    """A protocol's name or path, and its options as they were written; empty if there are none."""
    name, _, query = text.partition("?")
    # A file may be called "what?.toml".
    return (name, query) if "=" in query else (text, "")


def is_path(name: str) -> bool:
    """Whether a name is a file's: by its ending, not by whether it exists, so that a misspelt path is told as one."""
    return name.endswith(".toml")


def override(values: dict[str, Any], text: str, model: type[BaseModel]) -> None:
    """Put the options of a name in place of the values of a protocol's file.

    Args:
        values: The file's tables, which are changed; what fits into them is for ``model`` to say.
        text: The name as it was given.
        model: What the values are to become.

    Raises:
        UnknownName: A key is none of the protocol's.
        UsageError: The options are not of the form ``key=value&key=value``, or one is given twice.
    """
    name, query = split_options(text)
    known = [key for key in _keys(model) if key not in _NO_OPTIONS]
    given = read_options(query, text)
    for key, value in given.items():
        # "prompt" is the last part of one key, "temperature" of two.
        meant = [key] if key in known else [full for full in known if full.endswith(f".{key}")]
        if len(meant) != 1:
            raise UnknownName(f"key of protocol {name!r}", key, meant or known)
        if meant[0] != key and meant[0] in given:
            raise UsageError(f"{meant[0]!r} is given twice in {text!r}")
        # As in spec strings: a sampling parameter that is none is not sent.
        absent = ".sampling." in meant[0] and value.strip().lower() == "none"
        _put(values, meant[0].split("."), None if absent else value)


def _put(table: object, path: list[str], value: str | None) -> None:
    # What stands in place of a table is for the validation to tell.
    if not isinstance(table, dict):
        return
    key, *rest = path
    if rest:
        _put(table.setdefault(key, {}), rest, value)
    else:
        table[key] = value


def _keys(cls: type[Any], prefix: str = "") -> Iterator[str]:
    """The dotted keys of a model's tables and of the dataclasses in them."""
    fields = cls.model_fields if issubclass(cls, BaseModel) else [field.name for field in dataclasses.fields(cls)]
    hints = get_type_hints(cls)
    for name in fields:
        hint = hints[name]
        is_table = isinstance(hint, type) and (issubclass(hint, BaseModel) or dataclasses.is_dataclass(hint))
        yield from _keys(hint, f"{prefix}{name}.") if is_table else [f"{prefix}{name}"]
