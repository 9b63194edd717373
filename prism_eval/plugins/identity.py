"""What can change a plugin's output, as canonical JSON.

A plugin is a dataclass. Each of its fields is part of its identity unless it is declared with `runtime`:
a denylist, so that a field somebody forgets to class can cost a store hit but never return a stale result.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, runtime_checkable

_RUNTIME = "prism_eval.runtime"


@runtime_checkable
class Identified(Protocol):
    """Anything that can say what its output depends on."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """The canonical mapping of everything that can change the output."""
        ...


def runtime(default: Any = dataclasses.MISSING, *, default_factory: Any = dataclasses.MISSING) -> Any:
    """Declare a field that never changes a plugin's output: a timeout, an address, a concurrency."""
    if default_factory is not dataclasses.MISSING:
        return dataclasses.field(default_factory=default_factory, metadata={_RUNTIME: True})
    return dataclasses.field(default=default, metadata={_RUNTIME: True})


@dataclasses.dataclass(kw_only=True)
class Plugin:
    """What captioners, reasoners, engines and scorers have in common. Subclasses are dataclasses.

    Attributes:
        name: The plugin's name in identities; by default the class's name in lower case.
        version: Raise it when the same options would now give other output.
        extra: The extra, of the package the plugin comes from, that installs what it imports; empty for none.
    """

    name: ClassVar[str] = ""
    version: ClassVar[str] = "1"
    extra: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        if "name" not in cls.__dict__:
            cls.name = cls.__name__.lower()

    @property
    def identity(self) -> Mapping[str, Any]:
        """Everything that can change this plugin's output."""
        return identity_of(self)


def is_runtime(field: dataclasses.Field[Any]) -> bool:
    """Whether the field was declared with `runtime`."""
    return bool(field.metadata.get(_RUNTIME))


def identity_of(plugin: Any) -> dict[str, Any]:
    """The identity of a dataclass plugin: its name, its version and every field that is not runtime."""
    fields = {
        field.name: _plain(getattr(plugin, field.name))
        for field in dataclasses.fields(plugin)
        if field.init and not is_runtime(field)
    }
    return {"plugin": plugin.name, "version": plugin.version, **fields}


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces: equal values give equal text.

    Raises:
        ValueError: The value holds a NaN or an infinity.
        TypeError: The value holds something JSON cannot say.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest_of(value: Any) -> str:
    """SHA-256 of a value's canonical JSON, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical_json(value).encode("utf-8", "surrogatepass")).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Identified):
        return dict(value.identity)
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    return value
