"""Names to objects: what is installed, how a spec string names it, and what its identity is."""

from __future__ import annotations

from prism_eval.plugins.registry import (
    GROUPS,
    PluginInfo,
    construct,
    describe,
    entry_points,
    label,
    load,
    missing_packages,
    runtime_fields,
    settable,
)

__all__ = [
    "GROUPS",
    "PluginInfo",
    "construct",
    "describe",
    "entry_points",
    "label",
    "load",
    "missing_packages",
    "runtime_fields",
    "settable",
]
