"""``prism-eval store``: look after the generation store."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from prism_eval.cli import options as o
from prism_eval.cli.screen import echo
from prism_eval.cli.table import show_table
from prism_eval.cli.verbs import Verbs, help_without_a_word

app = Verbs(
    help="Look after the store, which remembers every model call.",
    invoke_without_command=True,
    epilog="Example:\n\n  prism-eval store stats",
)
app.callback()(help_without_a_word)


@app.command(epilog="Example:\n\n  prism-eval store stats --store /data/store.sqlite")
def stats(store: o.Store = None) -> None:
    """Say what the store holds, by stage and source."""
    from prism_eval.calls.upkeep import stats as count

    # By source, since that is what `prune --source` takes.
    path = _existing(store)
    rows = [
        (line.stage, line.source, line.generations, line.imported, line.failures, line.characters)
        for line in count(path)
    ]
    show_table(("stage", "source", "stored", "imported", "failed", "characters"), rows)
    echo(f"{path} ({path.stat().st_size / 1e6:.1f} MB)")


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
    imported: Annotated[bool, typer.Option("--imported", help="Generations imported from run folders.")] = False,
    failures: Annotated[bool, typer.Option("--failures", help="The notes on failed calls.")] = False,
) -> None:
    """Delete what the flags name, and give the space back."""
    from prism_eval.calls.upkeep import prune as delete
    from prism_eval.calls.upkeep import stats as count
    from prism_eval.errors import UnknownName, UsageError
    from prism_eval.leaderboard.writing import counted

    # Without a flag everything would match, and months of calls would be gone.
    if older_than is None and source is None and not (imported or failures):
        raise UsageError("nothing to prune: name --older-than DAYS, --source SOURCE, --imported or --failures")
    path = _existing(store)
    if source is not None and source not in (known := {line.source for line in count(path)}):
        raise UnknownName("source", source, known, hint="`prism-eval store stats` lists them.")
    deleted = delete(path, older_than_days=older_than, source=source, imported=imported, failures=failures)
    echo(f"{counted(deleted, 'entry', 'entries')} deleted.")


@app.command("import", epilog="Example:\n\n  prism-eval store import runs/theirs")
def take_in(run: o.Folder, store: o.Store = None) -> None:
    """Take in a run folder's captions and answers.

    Later runs find them, and say where they came from. Only from whom you trust: they count as what the models of their
    plan wrote. What the store had already stays.
    """
    from prism_eval.calls import default_path
    from prism_eval.leaderboard.writing import counted
    from prism_eval.run.replay import import_calls

    count = import_calls(run, store or default_path())
    echo(f"{counted(count, 'result')} of {run} imported: prism-eval store prune --imported undoes it.")


@app.command(epilog="Example:\n\n  prism-eval store verify")
def verify(store: o.Store = None) -> int:
    """Check the file and every text in it."""
    from prism_eval.calls.upkeep import verify as check
    from prism_eval.leaderboard.writing import counted

    problems = check(_existing(store))
    for problem in problems:
        echo(problem)
    echo(f"{counted(len(problems), 'problem')}." if problems else "The store is sound.")
    return 1 if problems else 0


def _existing(store: Path | None) -> Path:
    """The store that is meant.

    Raises:
        UsageError: There is none.
    """
    from prism_eval.calls import default_path
    from prism_eval.errors import UsageError

    path = store or default_path()
    if not path.exists():
        raise UsageError(f"there is no store at {path}: the first run makes it; name another with --store")
    return path
