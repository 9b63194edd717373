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


@o.plan_flags(without=("edition", "concurrency"))
def plan(flags: o.PlanFlags, *, store: o.Store = None) -> None:
    """Say what a run would do, without calling any model.

    Items and images, the calls to make and those the store holds, and an estimate of the tokens.
    """
    import asyncio

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from prism_eval.run.forecast import forecast

    result = asyncio.run(forecast(flags.plan(), store))
    console = Console()
    sizes = Table("benchmark", "items", "images", box=None, pad_edge=False, header_style="bold")
    for name, items in result.items.items():
        sizes.add_row(Text(name), f"{items:,}", f"{result.images[name]:,}")
    console.print(sizes, "")
    calls = Table(
        "captioner", "captions", "stored", "answers", "stored", "image tokens", "text tokens",
        box=None, pad_edge=False, header_style="bold",
    )  # fmt: skip
    for arm in result.arms:
        numbers = (
            arm.captions,
            arm.captions_stored,
            arm.answers,
            arm.answers_stored,
            arm.image_tokens,
            arm.text_tokens,
        )
        calls.add_row(Text(arm.label), *(f"{number:,}" for number in numbers))
    console.print(calls)
    requests = sum(arm.captions - arm.captions_stored + arm.answers - arm.answers_stored for arm in result.arms)
    typer.echo(f"\n{requests:,} calls to make. Tokens are estimates of what would be sent; an answer to a caption that")
    typer.echo("is not known yet counts its question only.")
