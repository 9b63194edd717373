"""lmms-eval's tasks as benchmarks here: found, opened, read, graded and aggregated by its own code."""

from prism_eval.lmms.tasks.benchmark import LmmsTasks

__all__ = ["LmmsTasks"]
