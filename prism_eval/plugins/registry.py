"""Names to classes, through entry points. Built-ins come in by the same door as a stranger's package.

A misbehaving plugin can be kept out: ``PRISM_EVAL_PLUGINS`` lists the distributions that may add plugins
(comma-separated; empty for none). prism-eval's own are always there.
"""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import Any, get_type_hints

from prism_eval.errors import BrokenPlugin, MissingExtra, UnknownName, UsageError
from prism_eval.plugins.identity import is_runtime
from prism_eval.plugins.specs import Spec

GROUPS = {
    "captioner": "prism_eval.captioners",
    "reasoner": "prism_eval.reasoners",
    "engine": "prism_eval.engines",
    "benchmark": "prism_eval.benchmarks",
    "scorer": "prism_eval.scorers",
    "source": "prism_eval.sources",
    "column": "prism_eval.columns",
}
_OURS = "prism-eval"
_SERVED_BY_ENGINES = frozenset({"captioner", "reasoner"})


@dataclass(frozen=True)
class PluginInfo:
    """A row of ``prism-eval plugins``. ``problem`` is empty for a plugin that can be used."""

    name: str
    kind: str
    package: str
    version: str
    extra: str
    problem: str


@functools.cache
def entry_points(kind: str) -> Mapping[str, metadata.EntryPoint]:
    """The installed plugins of a kind, by name. Ours win over a stranger's of the same name."""
    found: dict[str, metadata.EntryPoint] = {}
    for entry_point in metadata.entry_points(group=GROUPS[kind]):
        package = _package(entry_point)
        if package == _OURS or (entry_point.name not in found and _allowed(package)):
            found[entry_point.name] = entry_point
    return found


def load(kind: str, name: str) -> Any:
    """The class (for benchmarks: the callable) that a name stands for.

    Raises:
        UnknownName: Nothing of that kind has the name.
        MissingExtra: The plugin needs an extra that is not installed.
        BrokenPlugin: The plugin's own code cannot be imported.
    """
    points = entry_points(kind)
    if name not in points:
        known = {*points, *(entry_points("engine") if kind in _SERVED_BY_ENGINES else ())}
        raise UnknownName(kind, name, known, hint="`prism-eval plugins` lists them all.")
    entry_point = points[name]
    try:
        plugin = entry_point.load()
    except (ImportError, AttributeError, SyntaxError, TypeError, ValueError, OSError, RuntimeError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise BrokenPlugin(
            f"the {kind} {name!r} of package {_package(entry_point)} cannot be imported: {reason}"
        ) from error
    missing = _missing(entry_point, getattr(plugin, "extra", ""))
    if missing:
        raise MissingExtra(f"the {kind} {name!r}", plugin.extra, package=_package(entry_point))
    return plugin


def describe() -> list[PluginInfo]:
    """Every plugin with its package and whether it can be used; a broken one is a row like the others."""
    return [_info(kind, name) for kind in GROUPS for name in sorted(entry_points(kind))]


def construct(cls: Any, what: str, options: Mapping[str, Any], offers: Mapping[str, Any]) -> Any:
    """Make a plugin from options that were typed and defaults that are offered.

    Args:
        cls: The plugin's class, a dataclass.
        what: What to call it in messages, such as ``captioner 'oracle'``.
        options: Field values as typed; strings are converted to the field's type. Unknown keys are errors.
        offers: Values for fields nobody set; those the plugin has no field for are passed over.

    Raises:
        UsageError: A key is unknown, a value does not convert, or a required field is missing.
    """
    fields = settable(cls)
    for key in options:
        if key not in fields:
            raise UnknownName(f"option of {what}", key, fields)
    hints = get_type_hints(cls)
    values = {key: value for key, value in offers.items() if key in fields}
    values |= {key: _convert(value, hints[key], key, what) for key, value in options.items()}
    missing = [name for name, field in fields.items() if name not in values and _required(field)]
    if missing:
        raise UsageError(f"{what} needs {', '.join(missing)}: {_how_to_set(what, missing[0])}")
    return cls(**values)


def settable(cls: Any) -> dict[str, dataclasses.Field[Any]]:
    """The fields of a plugin that can be set, by name."""
    return {field.name: field for field in dataclasses.fields(cls) if field.init}


def runtime_fields(cls: Any) -> set[str]:
    """The names of a plugin's fields that are no part of its identity."""
    return {name for name, field in settable(cls).items() if is_runtime(field)}


def label(spec: Spec, kind: str, parts: str) -> str:
    """A spec string without the options that are no part of the plugin's identity."""
    cls = load(kind if spec.name in entry_points(kind) else "engine", spec.name)
    hidden = runtime_fields(cls)
    options = "&".join(f"{key}={value}" for key, value in spec.options.items() if key not in hidden)
    model = f":{spec.model}" if spec.model else ""
    return f"{spec.name}{parts}{model}" + (f"?{options}" if options else "")


def _info(kind: str, name: str) -> PluginInfo:
    entry_point = entry_points(kind)[name]
    extra, problem = "", ""
    try:
        extra = getattr(load(kind, name), "extra", "")
    except MissingExtra as error:
        extra, problem = error.extra, str(error)
    except BrokenPlugin as error:
        problem = str(error)
    version = entry_point.dist.version if entry_point.dist else ""
    return PluginInfo(name, kind, _package(entry_point), version, extra, problem)


def _package(entry_point: metadata.EntryPoint) -> str:
    return entry_point.dist.name if entry_point.dist else "unknown"


def _allowed(package: str) -> bool:
    allowed = os.environ.get("PRISM_EVAL_PLUGINS")
    return allowed is None or package in {name.strip() for name in allowed.split(",")}


def _missing(entry_point: metadata.EntryPoint, extra: str) -> list[str]:
    return missing_packages(_package(entry_point), extra) if extra else []


@functools.cache
def missing_packages(package: str, extra: str) -> list[str]:
    """The packages that an extra of a distribution names and that are not installed."""
    from packaging.requirements import Requirement

    missing = []
    for line in metadata.requires(package) or []:
        requirement = Requirement(line)
        marker = requirement.marker
        wanted = marker is not None and marker.evaluate({"extra": extra}) and not marker.evaluate({"extra": ""})
        if wanted and not _installed(requirement.name):
            missing.append(requirement.name)
    return missing


def _installed(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _convert(value: Any, hint: Any, key: str, what: str) -> Any:
    from pydantic import ConfigDict, TypeAdapter, ValidationError

    try:
        if isinstance(hint, type) and not isinstance(value, str):
            return value
        return TypeAdapter(hint, config=ConfigDict(arbitrary_types_allowed=True)).validate_python(value)
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise UsageError(f"{what}: {key}={value!r} will not do: {reason}") from error


def _required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _how_to_set(what: str, name: str) -> str:
    plugin = what.rpartition(" ")[2].strip("'")
    if name == "model":
        return f"write {plugin}:MODEL"
    if name == "parts":
        return f"write {plugin}(CAPTIONER)"
    return f"write {plugin}?{name}=..."
