"""What the verbs that run stages share: running with a display, and saying how it ended."""

from __future__ import annotations

import shlex
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

import typer

if TYPE_CHECKING:
    from prism_eval.plan.plan import Plan, Stage
    from prism_eval.run.result import RunResult

# A dead server gives one reason a thousand times; of many different ones, the commonest say what to look at first.
_REASONS_SHOWN = 3


class _Stages(TypedDict, total=False):
    """What a verb that is not a whole run says besides, as `run_plan` takes it."""

    overwrite: bool
    stages: Sequence[Stage]
    live: frozenset[Stage]


def carry_out(plan: Plan, *, out: Path | None, store: Path | None, quiet: bool, **stages: Unpack[_Stages]) -> RunResult:
    """Run a plan with a progress display.

    Raises:
        Interrupted: Ctrl-C or a termination signal; the message says how to go on.
    """
    from prism_eval.cli.progress import watch
    from prism_eval.errors import Interrupted
    from prism_eval.run.execute import run_plan

    # A scheduler that ends a job sends this: its finished calls are kept as after Ctrl-C.
    signal.signal(signal.SIGTERM, _as_interrupt)
    try:
        return run_plan(plan, out=out, store=store, watch=lambda state: watch(state, quiet=quiet), **stages)
    except Interrupted as error:
        # Quoted as a shell wants it: specs hold `?` and `&`, and pasted bare they would start a job of half a spec.
        again = shlex.join(["prism-eval", *sys.argv[1:]])
        raise Interrupted(f"{error}. To go on where it stopped, give the same command again: {again}") from None


def show_leaderboard(run: RunResult) -> int:
    """Print the leaderboard and what was written; returns the exit code."""
    from rich.console import Console

    from prism_eval.report.evaluate import published
    from prism_eval.report.terminal import LeaderboardView

    result = published(run)
    Console().print(LeaderboardView(result.leaderboard))
    typer.echo(f"Leaderboard: {result.html}")
    return say_how_it_ended(result, tuple(result.tallies))


def say_how_it_ended(result: RunResult, stages: Sequence[str]) -> int:
    """Print the calls that were made and the failures there were; returns the exit code."""
    for stage in stages:
        tally = result.tallies[stage]
        line = f"{stage.capitalize()}s: {tally.made} made, {tally.hits} taken from the store, {tally.failed} failed"
        tokens = f"; {tally.prompt_tokens} tokens in, {tally.completion_tokens} out" if tally.completion_tokens else ""
        typer.echo(f"{line}{tokens}.")
    for label, count in result.counts.empty_captions.items():
        if count:
            typer.echo(f"{label}: {count} {'captions are' if count > 1 else 'caption is'} empty.")
    # Said, since the key of a call does not name its server: the same name there may be another model.
    for one in result.elsewhere:
        typer.echo(f"{one.count} {one.stage}s from the store were made by {one.made_by}, not by {one.asked_now}.")
    typer.echo(f"Run folder: {result.folder.path}")
    if not result.failed:
        return 0
    typer.echo(
        f"{result.failed} items failed and are in no score. Give the same command again to retry just these.", err=True
    )
    for reason, count in result.counts.failures.most_common(_REASONS_SHOWN):
        # A plugin's fault has three lines; they stay together.
        first, *rest = reason.splitlines()
        typer.echo("\n    ".join([f"  {count} x {first}", *rest]), err=True)
    return 1


def _as_interrupt(*_: object) -> None:
    raise KeyboardInterrupt
