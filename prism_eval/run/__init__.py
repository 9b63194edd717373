"""A plan carried out: assembled, streamed through the stages, written to a folder, replayed."""

from __future__ import annotations

from prism_eval.run.folder import RunFolder

__all__ = ["RunFolder"]
