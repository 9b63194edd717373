"""Names to objects: what is installed, how a spec string names it, what its identity is, and how it is made."""

from __future__ import annotations

from prism_eval.plugins.build import Kind, Settings, build, check_class, label_of, runtime_fields, settable
from prism_eval.plugins.identity import Plugin, added, from_plan, runtime
from prism_eval.plugins.registry import GROUPS, PluginInfo, describe, entry_points, load, missing_packages
from prism_eval.plugins.specs import Spec

__all__ = [
    "GROUPS",
    "Kind",
    "Plugin",
    "PluginInfo",
    "Settings",
    "Spec",
    "added",
    "build",
    "check_class",
    "describe",
    "entry_points",
    "from_plan",
    "label_of",
    "load",
    "missing_packages",
    "runtime",
    "runtime_fields",
    "settable",
]
