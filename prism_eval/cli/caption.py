"""``prism-eval caption``: the first stage alone, of benchmarks or of a data set of one's own."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prism_eval.cli import options as o
from prism_eval.cli.running import carry_out, going_on_again, say_how_it_ended
from prism_eval.cli.screen import echo
from prism_eval.cli.taking import taking
from prism_eval.cli.values import Display, folder_path
from prism_eval.data_sets.form import Form

if TYPE_CHECKING:
    from prism_eval.calls import Tally
    from prism_eval.data_sets.captioning import Captioned

EPILOG = """Examples:

  prism-eval caption -c ocr -b chartqa --data ~/benchmarks --out runs/mine

  prism-eval answer runs/mine && prism-eval score runs/mine

  prism-eval caption -c ocr --data-set ~/pictures --to captions
"""

_OF_BENCHMARKS = ("benchmarks", "data", "limit", "allow_missing", "thumbnails")
"""Flags of the plan that a data set of one's own has no use for."""


# Questions are not reached, so neither how they are put nor how they are scored.
@taking(o.PlanFlags, without=("edition", "judge", "orders", "until_decided", "baseline", "margin"))
def caption(
    flags: o.PlanFlags,
    *,
    data_set: Annotated[
        str | None,
        typer.Option(
            metavar="SOURCE", help="Caption this in place of benchmarks: pictures, tars, Parquet files, hub:OWNER/NAME."
        ),
    ] = None,
    to: Annotated[
        Path | None, typer.Option(parser=folder_path, metavar="DIR", help="Where a data set's captions go.")
    ] = None,
    form: Annotated[
        Form, typer.Option("--format", help="What of a data set is written: captions alone, or pictures too.")
    ] = Form.CAPTIONS,
    only_missing: Annotated[
        bool, typer.Option("--only-missing", help="Keep the captions that a data set has, and make the others.")
    ] = False,
    store: o.Store = None,
    out: o.Out = None,
    overwrite: o.Overwrite = False,
    progress: o.Progress = Display.AUTO,
    quiet: o.Quiet = False,
) -> int:
    """Caption every image once, into a run folder: captions.parquet.

    With --data-set a data set of your own, into shards under --to. What was
    captioned is not captioned again, whatever stopped the command before.
    """
    if data_set is not None or to is not None:
        if out or overwrite:
            raise typer.BadParameter("--out and --overwrite are a run's; a data set's captions go --to a folder")
        how = Display.NONE if quiet else progress
        return _caption_data_set(flags, data_set, to, form, store, how, only_missing=only_missing)
    if only_missing or form is not Form.CAPTIONS:
        raise typer.BadParameter("--only-missing and --format are about a data set: name it with --data-set")
    result = carry_out(
        flags.plan(["caption"]),
        out=out,
        store=store,
        progress=progress,
        quiet=quiet,
        overwrite=overwrite,
        stages=["caption"],
    )
    return say_how_it_ended(result, ["caption"])


def _caption_data_set(
    flags: o.PlanFlags,
    source: str | None,
    to: Path | None,
    form: Form,
    store: Path | None,
    how: Display,
    *,
    only_missing: bool,
) -> int:
    if source is None or to is None:
        raise typer.BadParameter("a data set is named by --data-set SOURCE, and the folder of its captions by --to DIR")
    given = {field.name: getattr(flags, field.name) for field in fields(flags)}
    if strays := [name for name in _OF_BENCHMARKS if given[name] is not None]:
        flag = {"benchmarks": "benchmark", "thumbnails": "images"}.get(strays[0], strays[0]).replace("_", "-")
        raise typer.BadParameter(f"--{flag} is about benchmarks, and --data-set captions something else")
    from prism_eval.cli.arrow import slim_arrow
    from prism_eval.cli.progress import watch
    from prism_eval.data_sets.captioning import caption_data_set
    from prism_eval.data_sets.opening import open_data_set

    slim_arrow()
    plan, parts = flags.plan(["caption"]), open_data_set(source)
    with going_on_again():
        done = caption_data_set(
            plan,
            parts,
            to,
            form=form,
            only_missing=only_missing,
            store=store,
            watch=lambda state: watch(state, how),
        )
    return _say(done, done.tallies["caption"])


def _say(done: Captioned, tally: Tally) -> int:
    """Print what came of a data set; returns the exit code."""
    from prism_eval.leaderboard.writing import counted

    statuses = [f"{count:,} {status}" for status, count in sorted(done.statuses.items())]
    echo(f"Pictures: {', '.join(statuses) or 'none to caption'}.")
    tokens = f"; {tally.prompt_tokens:,} tokens in, {tally.completion_tokens:,} out" if tally.completion_tokens else ""
    echo(f"Captions: {tally.made:,} made, {tally.hits:,} taken from the store, {tally.failed:,} failed{tokens}.")
    there = f", {done.there:,} there already" if done.there else ""
    echo(f"Shards: {done.written:,} written{there}, in {done.folder}")
    for name, why in done.unread.items():
        echo(f"prism-eval: of {name} no shard is written: {why}", err=True)
    if failed := done.statuses["failed"]:
        echo(f"{counted(failed, 'picture')} failed: give the same command again to ask for them once more.", err=True)
    return 1 if failed or done.unread or done.statuses["unreadable"] else 0
