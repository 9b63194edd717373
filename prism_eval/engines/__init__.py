"""Engines: where a model's tokens come from."""

from __future__ import annotations

from prism_eval.engines.base import Engine, OnEngine
from prism_eval.plugins import Kind

__all__ = ["ENGINE", "Engine", "OnEngine"]

ENGINE: Kind[Engine] = Kind("engine", Engine, coroutines=("generate", "log_likelihood", "check"))
"""The kind, for `prism_eval.plugins.build`."""
