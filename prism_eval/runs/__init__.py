"""Run folders: the plan, the manifest and the tables of a run, written whole or not at all."""

from __future__ import annotations

from prism_eval.runs.folder import RunFolder

__all__ = ["RunFolder"]
