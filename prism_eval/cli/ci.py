"""A gate's words on their way to a CI system: standard output, annotations, a step's summary, a file of tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from prism_eval.cli.sheets import say
from prism_eval.errors import PrismError

if TYPE_CHECKING:
    from prism_eval.gate.output.told import Told


def tell(told: Told, as_format: str, junit: Path | None, *, place: str = "") -> None:
    """Say what a gate says.

    Args:
        told: What it says.
        as_format: How; ``auto`` looks where it is.
        junit: Where to write it as JUnit XML too.
        place: The file that annotations stand at.

    Raises:
        RunError: The file cannot be written.
    """
    from prism_eval.gate.output.junit import junit as as_junit

    if junit:
        from prism_eval.files.whole import write_whole

        write_whole(junit, as_junit(told))
    if as_format == "junit":
        typer.echo(as_junit(told).encode("utf-8", "replace"), nl=False)
    elif as_format == "github" or (as_format == "auto" and os.environ.get("GITHUB_ACTIONS") == "true"):
        _tell_github(told, place)
    else:
        say(told.sheet, told.document, "terminal" if as_format == "auto" else as_format)


@contextmanager
def told_in_junit(junit: Path | None) -> Iterator[None]:
    """Write what is wrong as an error of the file of tests too: one that is not there is taken for a pass."""
    try:
        yield
    except PrismError as error:
        if junit:
            from prism_eval.files.whole import write_whole
            from prism_eval.gate.output.junit import junit as as_junit
            from prism_eval.gate.output.sheet import Sheet
            from prism_eval.gate.output.told import Case, Told

            sheet = Sheet(answer=str(error), lines=(), grids=(), notes=())
            write_whole(junit, as_junit(Told(sheet, {}, [Case("gate", "gate", "error", "error", str(error))])))
        raise


def _tell_github(told: Told, place: str) -> None:
    from prism_eval.gate.output import github
    from prism_eval.gate.output.markdown import markdown

    typer.echo(github.unheard(markdown(told.sheet)).encode("utf-8", "replace"), nl=False)
    for line in github.commands(told, file=place):
        typer.echo(line)
    if not (summary := os.environ.get("GITHUB_STEP_SUMMARY")):
        return
    try:
        path = Path(summary)
        # What this step has written already counts.
        room = github.SUMMARY_LIMIT - (path.stat().st_size if path.exists() else 0)
        with path.open("a", encoding="utf-8", errors="replace") as file:
            file.write(github.summary(told, room=max(room, 0)))
    except OSError as error:
        # The decision stands, whoever can read of it.
        typer.echo(f"prism-eval: the step's summary cannot be written: {error.strerror or error}", err=True)
