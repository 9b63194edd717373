"""Engines: where a model's tokens come from."""

from __future__ import annotations

from prism_eval.engines.base import Engine, OnEngine
from prism_eval.engines.probe import Probe
from prism_eval.plugins import Kind

__all__ = ["ENGINE", "Engine", "OnEngine", "Probe"]

ENGINE: Kind[Engine] = Kind("engine", Engine, coroutines=("generate", "log_likelihood", "probe"))
"""The kind, for `prism_eval.plugins.build`."""
