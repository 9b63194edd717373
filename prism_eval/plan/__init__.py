"""What is asked for: the plan of a run, its protocol, and the orders of options."""

from __future__ import annotations

from prism_eval.plan.plan import Plan, make_plan, read_plan

__all__ = ["Plan", "make_plan", "read_plan"]
