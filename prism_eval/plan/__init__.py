"""What is asked for: the plan of a run, its protocol, and the orders of options."""

from __future__ import annotations

from prism_eval.plan.orders import (
    ONE_ORDER,
    Order,
    Orders,
    drawn_orders,
    gold_position,
    reorder,
    restore,
    rotations,
)
from prism_eval.plan.plan import STAGES, Memory, Plan, Stage, benchmark_names, make_plan, read_plan
from prism_eval.plan.protocol import Protocol, load_protocol, protocol_names
from prism_eval.plan.shard import Shard

__all__ = [
    "ONE_ORDER",
    "STAGES",
    "Memory",
    "Order",
    "Orders",
    "Plan",
    "Protocol",
    "Shard",
    "Stage",
    "benchmark_names",
    "drawn_orders",
    "gold_position",
    "load_protocol",
    "make_plan",
    "protocol_names",
    "read_plan",
    "reorder",
    "restore",
    "rotations",
]
