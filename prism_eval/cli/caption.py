"""``prism-eval caption``: the first stage alone."""

from __future__ import annotations

import typer

from prism_eval.cli import options as o
from prism_eval.cli.running import carry_out, say_how_it_ended

_EPILOG = """Examples:

  prism-eval caption -c ocr -b chartqa --data ~/benchmarks --out runs/mine

  prism-eval answer runs/mine && prism-eval score runs/mine
"""


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(name="caption", epilog=_EPILOG)(caption)


def caption(
    captioner: o.Captioners = None,
    reasoner: o.Reasoner = None,
    benchmark: o.Benchmarks = None,
    data: o.Data = None,
    plan: o.PlanFile = None,
    protocol: o.Protocol = None,
    samples: o.Samples = None,
    limit: o.Limit = None,
    seed: o.Seed = None,
    concurrency: o.Concurrency = None,
    store: o.Store = None,
    out: o.Out = None,
    quiet: o.Quiet = False,
) -> int:
    """Caption every image once; write captions.parquet to a run folder."""
    made = o.plan_from(
        plan,
        {
            "captioners": captioner,
            "reasoner": reasoner,
            "benchmarks": benchmark,
            "data": data,
            "protocol": protocol,
            "samples": samples,
            "limit": limit,
            "seed": seed,
            "concurrency": concurrency,
        },
    )
    result = carry_out(made, out=out, store=store, quiet=quiet, stages=["caption"])
    return say_how_it_ended(result, ["caption"])
