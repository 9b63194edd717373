"""``prism-eval store``: look after the generation store."""

from __future__ import annotations

from typing import Annotated

import typer

from prism_eval.cli import options as o
from prism_eval.cli.table import show_table

app = typer.Typer(
    help="Look after the store, which remembers every model call.",
    no_args_is_help=True,
    epilog="Example:\n\n  prism-eval store stats",
)


@app.command(epilog="Example:\n\n  prism-eval store stats --store /data/store.sqlite")
def stats(store: o.Store = None) -> None:
    """Say what the store holds, by stage and source."""
    from prism_eval.calls import default_path
    from prism_eval.calls.upkeep import stats as count

    # By source, since that is what `prune --source` takes.
    path = store or default_path()
    rows = [(line.stage, line.source, line.generations, line.failures, line.characters) for line in count(path)]
    show_table(("stage", "source", "stored", "failed", "characters"), rows)
    typer.echo(f"{path} ({path.stat().st_size / 1e6:.1f} MB)")


@app.command(
    epilog="Examples:\n\n  prism-eval store prune --failures\n\n  prism-eval store prune --source ocr --older-than 30"
)
def prune(
    store: o.Store = None,
    older_than: Annotated[
        float | None, typer.Option(metavar="DAYS", min=0, help="Generations made longer ago than this.")
    ] = None,
    source: Annotated[
        str | None, typer.Option(metavar="SOURCE", help="Generations of one source, as `stats` names it.")
    ] = None,
    failures: Annotated[bool, typer.Option("--failures", help="The notes on failed calls.")] = False,
) -> None:
    """Delete what the flags name, and give the space back."""
    from prism_eval.calls import default_path
    from prism_eval.calls.upkeep import prune as delete
    from prism_eval.errors import UsageError

    # Without a flag everything would match, and months of calls would be gone.
    if older_than is None and source is None and not failures:
        raise UsageError("nothing to prune: name --older-than DAYS, --source SOURCE or --failures")
    count = delete(store or default_path(), older_than_days=older_than, source=source, failures=failures)
    typer.echo(f"{count} entries deleted.")


@app.command(epilog="Example:\n\n  prism-eval store verify")
def verify(store: o.Store = None) -> int:
    """Check the file and every text in it."""
    from prism_eval.calls import default_path
    from prism_eval.calls.upkeep import verify as check

    problems = check(store or default_path())
    for problem in problems:
        typer.echo(problem)
    typer.echo(f"{len(problems)} problems." if problems else "The store is sound.")
    return 1 if problems else 0
