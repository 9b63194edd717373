"""``prism-eval plan``: what a run would do."""

from __future__ import annotations

import typer

from prism_eval.cli import options as o

_EPILOG = """Examples:

  prism-eval plan -c ocr -b chartqa --data ~/benchmarks

  prism-eval plan --plan plan.toml --limit 100
"""


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(name="plan", epilog=_EPILOG)(plan)


def plan(
    captioner: o.Captioners = None,
    reasoner: o.Reasoner = None,
    benchmark: o.Benchmarks = None,
    data: o.Data = None,
    plan: o.PlanFile = None,
    protocol: o.Protocol = None,
    samples: o.Samples = None,
    orders: o.Orders = None,
    limit: o.Limit = None,
    seed: o.Seed = None,
    store: o.Store = None,
) -> None:
    """Say what a run would do, without calling any model: items, images, store hits, requests, estimated tokens."""
    import asyncio

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from prism_eval.run.forecast import forecast

    made = o.plan_from(
        plan,
        {
            "captioners": captioner,
            "reasoner": reasoner,
            "benchmarks": benchmark,
            "data": data,
            "protocol": protocol,
            "samples": samples,
            "orders": orders,
            "limit": limit,
            "seed": seed,
        },
    )
    result = asyncio.run(forecast(made, store))
    console = Console()
    sizes = Table("benchmark", "items", "images", box=None, pad_edge=False, header_style="bold")
    for name, items in result.items.items():
        sizes.add_row(Text(name), f"{items:,}", f"{result.images[name]:,}")
    console.print(sizes, "")
    calls = Table(
        "captioner", "captions", "stored", "answers", "stored", "image tokens", "text tokens",
        box=None, pad_edge=False, header_style="bold",
    )  # fmt: skip
    for entry in result.entries:
        numbers = (
            entry.captions,
            entry.captions_stored,
            entry.answers,
            entry.answers_stored,
            entry.image_tokens,
            entry.text_tokens,
        )
        calls.add_row(Text(entry.label), *(f"{number:,}" for number in numbers))
    console.print(calls)
    requests = sum(
        entry.captions - entry.captions_stored + entry.answers - entry.answers_stored for entry in result.entries
    )
    typer.echo(f"\n{requests:,} calls to make. Tokens are estimates of what would be sent; an answer to a caption that")
    typer.echo("is not known yet counts its question only.")
