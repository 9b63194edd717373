"""What can change a plugin's output, as canonical JSON.

A plugin is a dataclass. Each of its fields is part of its identity unless it is declared with `runtime`:
a denylist, so that a field somebody forgets to class can cost a store hit but never return a stale result.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Hashable, Mapping
from functools import cached_property
from typing import Any, ClassVar, Protocol, runtime_checkable

_RUNTIME = "prism_eval.runtime"
_ADDED = "prism_eval.added"
_FROM_PLAN = "prism_eval.from_plan"
_ENVIRONMENT = "prism_eval.environment"


@runtime_checkable
class Identified(Protocol):
    """Anything that can say what its output depends on."""

    @property
    def identity(self) -> Mapping[str, object]:
        """The canonical mapping of everything that can change the output."""
        ...


# The three declarations below return Any, as dataclasses.field does, so that a field may have whatever type it says.


def runtime(
    default: Any = dataclasses.MISSING, *, default_factory: Any = dataclasses.MISSING, environment: str = ""
) -> Any:
    """Declare a field that never changes a plugin's output: a timeout, an address, a concurrency.

    Args:
        default: The value where nothing sets it.
        default_factory: Makes that value.
        environment: A variable that sets it where a spec string does not. A run's plan holds what it said: done again,
            the run does not depend on it.
    """
    return _field(default, default_factory, {_RUNTIME: True, _ENVIRONMENT: environment})


def added(default: Any) -> Any:
    """Declare a field that a plugin got after texts of it were stored.

    It is part of the identity only where it is not at its default, which does what was done before there was a choice:
    what was stored then is found again.
    """
    return _field(default, dataclasses.MISSING, {_ADDED: True})


def from_plan(
    name: str,
    *,
    default: Any = dataclasses.MISSING,
    default_factory: Any = dataclasses.MISSING,
    runtime: bool = False,
    added: bool = False,
) -> Any:
    """Declare a field that takes a value of the plan or its protocol where the spec string does not set it.

    Args:
        name: Which value. Captioners are offered ``prompt``, ``sampling`` and ``seed``, and for what they answer
            themselves ``direct_choice_prompt``, ``direct_short_prompt``, ``direct_system``, ``answer_sampling`` and
            ``abstain``, as ``reader`` the plan's first reasoner, and how it is sampled when it says what to look at as
            ``instruction_sampling``; reasoners the protocol's answer prompts by their
            names there, ``marker``, ``sampling`` and ``seed``; judges ``sampling`` and ``seed``; all three, and their
            engines, ``run_folder``, ``None`` where there is none; scorers ``math_limit``, ``math_workers`` and
            ``reading``.
        default: The value where the plugin is made without a plan.
        default_factory: Makes that value.
        runtime: Whether the field is no part of the identity, as with `runtime`.
        added: Whether it is part of the identity only where it is not at its default, as with `added`.
    """
    return _field(default, default_factory, {_FROM_PLAN: name, _RUNTIME: runtime, _ADDED: added})


def _field(default: Any, default_factory: Any, metadata: Mapping[str, object]) -> Any:
    if default_factory is not dataclasses.MISSING:
        return dataclasses.field(default_factory=default_factory, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def is_runtime(field: dataclasses.Field[Any]) -> bool:
    """Whether the field was declared as no part of the identity."""
    return bool(field.metadata.get(_RUNTIME))


def _counts(field: dataclasses.Field[Any], value: object) -> bool:
    return field.init and not is_runtime(field) and not (field.metadata.get(_ADDED) and value == field.default)


def environment_name(field: dataclasses.Field[Any]) -> str:
    """The environment variable that sets a field, as `runtime` was told; empty for none."""
    name: str = field.metadata.get(_ENVIRONMENT, "")
    return name


def plan_name(field: dataclasses.Field[Any]) -> str | None:
    """The value of the plan that a field asks for with `from_plan`."""
    name: str | None = field.metadata.get(_FROM_PLAN)
    return name


@dataclasses.dataclass(kw_only=True)
class Plugin:
    """What captioners, reasoners, judges, engines and scorers have in common. Subclasses are dataclasses.

    Attributes:
        name: The plugin's name in identities; by default the class's name in lower case.
        version: Raise it when the same options would now give other output.
        extra: The extra, of the package the plugin comes from, that installs what it imports; empty for none.
    """

    name: ClassVar[str] = ""
    version: ClassVar[str] = "1"
    extra: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        # Of the class itself: an inherited name would give two plugins one identity.
        if "name" not in cls.__dict__:
            cls.name = cls.__name__.lower()

    @property
    def identity(self) -> Mapping[str, Any]:
        """Everything that can change this plugin's output."""
        return identity_of(self)

    @cached_property
    def identity_digest(self) -> str:
        """SHA-256 of the identity, worked out once: what stands for the plugin in the store's keys."""
        return digest_of(self.identity)

    @property
    def source(self) -> str:
        """Who it is, for people who look into the store: its name, or its engine's with the model."""
        return self.name

    @property
    def address(self) -> str:
        """The server that its calls go to, or all of them in one line; empty where they go to none."""
        return ""

    @property
    def addresses(self) -> tuple[str, ...]:
        """Each of the servers that share its calls: `address` alone, as a rule."""
        return (self.address,) if self.address else ()

    async def is_there(self, address: str) -> bool:
        """Whether one of several servers, which was away, can be asked again; where nobody knows, a call will tell."""
        return True

    @property
    def root(self) -> str | None:
        """What the server says it really serves under the model's name; ``None`` where it does not say."""
        return None

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader of its results should know that only asking could tell, one sentence each."""
        return ()

    @property
    def replicas(self) -> int:
        """How many copies of its model share its calls: so many times the usual limit may be under way at once."""
        return 1

    @property
    def lane(self) -> Hashable | None:
        """What its calls share a limit with: everything that has an equal lane. ``None`` for no limit.

        A server's address; in process, the plugin itself.
        """
        return self.address or id(self)

    @property
    def holds(self) -> str | None:
        """The device whose memory it fills while it is there, such as ``cuda:0``; ``None`` for none that is scarce.

        Of plugins that hold one device, one is there at a time: `close` gives the memory back, and a later call takes
        it again.
        """
        return None


def identity_of(plugin: Any) -> dict[str, Any]:
    """The identity of a dataclass plugin: its name, its version and the fields that count.

    All do but those declared with `runtime`, and those with `added` that are at their defaults.
    """
    fields = {
        field.name: _as_json(value)
        for field in dataclasses.fields(plugin)
        if _counts(field, value := getattr(plugin, field.name))
    }
    return {"plugin": plugin.name, "version": plugin.version, **fields}


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical_json(value: object) -> str:
    """JSON with sorted keys and no spaces: equal values give equal text.

    Raises:
        ValueError: The value holds a NaN or an infinity.
        TypeError: The value holds something JSON cannot say.
    """
    return _CANONICAL.encode(value)


def digest_of(value: object) -> str:
    """SHA-256 of a value's canonical JSON, as 64 hexadecimal digits."""
    # Questions from damaged files hold half surrogate pairs; they must not end a run over a key.
    return hashlib.sha256(canonical_json(value).encode("utf-8", "surrogatepass")).hexdigest()


def _as_json(value: object) -> object:
    # Before dataclasses: an engine inside a captioner leaves its runtime fields out.
    if isinstance(value, Identified):
        return dict(value.identity)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _as_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple | list):
        return [_as_json(part) for part in value]
    return value
