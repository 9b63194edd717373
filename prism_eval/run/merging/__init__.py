"""The shards of a run joined into the run: its folder as one run would have written it."""

from __future__ import annotations

from prism_eval.run.merging.writing import merge

__all__ = ["merge"]
