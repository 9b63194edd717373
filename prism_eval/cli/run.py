"""``prism-eval run``: the four stages in a stream."""

from __future__ import annotations

import typer

from prism_eval.cli import options as o
from prism_eval.cli.running import carry_out, show_leaderboard

_EPILOG = """Examples:

  prism-eval run -c ocr -c blind -c oracle --data synthetic

  prism-eval run -c ocr -c blind -b chartqa --data ~/benchmarks -r lexical

  prism-eval run -c 'openai:NAME?base_url=http://127.0.0.1:8000/v1' -r 'openai:NAME?base_url=http://127.0.0.1:8001/v1'
  -b chartqa,infovqa --data ~/benchmarks --limit 100

  prism-eval run --plan runs/chartqa-1a2b3c4d/plan.toml
"""


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(name="run", epilog=_EPILOG)(run)


def run(
    captioner: o.Captioners = None,
    reasoner: o.Reasoner = None,
    benchmark: o.Benchmarks = None,
    data: o.Data = None,
    plan: o.PlanFile = None,
    protocol: o.Protocol = None,
    edition: o.Edition = None,
    orders: o.Orders = None,
    limit: o.Limit = None,
    seed: o.Seed = None,
    concurrency: o.Concurrency = None,
    store: o.Store = None,
    out: o.Out = None,
    quiet: o.Quiet = False,
) -> int:
    """Caption, answer and score; show a leaderboard.

    Model calls that the store already holds are not made again: after a stop, the same command goes on.
    """
    made = o.plan_from(
        plan,
        {
            "captioners": captioner,
            "reasoner": reasoner,
            "benchmarks": benchmark,
            "data": data,
            "protocol": protocol,
            "edition": edition,
            "orders": orders,
            "limit": limit,
            "seed": seed,
            "concurrency": concurrency,
        },
    )
    result = carry_out(made, out=out, store=store, quiet=quiet)
    return show_leaderboard(result)
