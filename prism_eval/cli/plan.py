"""``prism-eval plan``: what a run would do."""

from __future__ import annotations

import typer

from prism_eval.cli import options as o
from prism_eval.cli.running import say_unread
from prism_eval.cli.table import show_table

EPILOG = """Examples:

  prism-eval plan -c ocr -b chartqa --data ~/benchmarks

  prism-eval plan --plan plan.toml --limit 100
"""


# Neither the scoring edition nor how calls are made changes how many there are, and nobody can tell how many answers a
# judge will be asked about.
@o.plan_flags(without=("edition", "judge", "concurrency", "patience", "memory", "allow_missing", "thumbnails"))
def plan(flags: o.PlanFlags, *, store: o.Store = None) -> None:
    """Say what a run would do, without calling any model.

    Items and images, the calls to make and those the store holds, and an estimate of the tokens.
    """
    import asyncio

    from prism_eval.leaderboard.writing import counted
    from prism_eval.run.forecast import forecast

    asked = flags.plan()
    result = asyncio.run(forecast(asked, store))
    say_unread(result.unread)
    show_table(
        ("benchmark", "items", "images"),
        [(name, items, result.images[name]) for name, items in result.items.items()],
    )
    typer.echo()
    show_table(
        ("captioner", "captions", "stored", "answers", "stored", "image tokens", "text tokens"),
        [
            (
                one.label,
                one.captions,
                one.captions_stored,
                one.answers,
                one.answers_stored,
                one.image_tokens,
                one.text_tokens,
            )
            for one in result.entries
        ],
    )
    calls = sum(one.captions - one.captions_stored + one.answers - one.answers_stored for one in result.entries)
    typer.echo(f"\n{counted(calls, 'call')} to make. Tokens are estimates of what would be sent; an answer to a")
    typer.echo("caption that is not known yet counts its question only.")
    if asked.until_decided:
        typer.echo("These are the most: the run ends at the first look that decides.")
