"""A gate's words on their way to a CI system: standard output, annotations, a step's summary, a file of tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from prism_eval.cli.screen import echo, hand_over
from prism_eval.cli.sheets import say
from prism_eval.errors import Interrupted, PrismError, UsageError

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
        hand_over(as_junit(told))
    elif _for_github(as_format):
        _tell_github(told, place)
    else:
        say(told.sheet, told.document, "terminal" if as_format == "auto" else as_format)


@contextmanager
def deciding(as_format: str, junit: Path | None) -> Iterator[None]:
    """Make sure that a gate which cannot decide is not taken for one that did.

    Whatever is wrong is told wherever the decision would have been, for a file of tests that is not there is taken for
    a pass; and the exit code is 2, for 1 is a FAIL.

    Args:
        as_format: How the decision would have been said.
        junit: Where it would have been written to.
    """
    try:
        yield
    except Interrupted:
        raise
    except PrismError as error:
        error.exit_code = UsageError.exit_code
        _tell_error(str(error), as_format, junit)
        raise
    # Standard output takes no more; `main` says so.
    except OSError as error:
        raise typer.Exit(UsageError.exit_code) from error


def _tell_error(problem: str, as_format: str, junit: Path | None) -> None:
    from prism_eval.files.whole import write_whole
    from prism_eval.gate.output import github
    from prism_eval.gate.output.junit import junit as as_junit
    from prism_eval.gate.output.told import went_wrong

    told = went_wrong(problem)
    # The first error is the one to tell: that its file cannot be written is no news beside it.
    with suppress(PrismError, OSError):
        if junit:
            write_whole(junit, as_junit(told))
        if as_format == "junit":
            hand_over(as_junit(told))
        if _for_github(as_format):
            for line in github.commands(told):
                echo(line)
            _summarize(told)


def _tell_github(told: Told, place: str) -> None:
    from prism_eval.gate.output import github
    from prism_eval.sheets.markdown import markdown

    hand_over(github.unheard(markdown(told.sheet)))
    for line in github.commands(told, file=place):
        echo(line)
    _summarize(told)


def _for_github(as_format: str) -> bool:
    return as_format == "github" or (as_format == "auto" and os.environ.get("GITHUB_ACTIONS") == "true")


def _summarize(told: Told) -> None:
    """Add it to the step's summary, where there is one."""
    from prism_eval.gate.output import github

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
        echo(f"prism-eval: the step's summary cannot be written: {error.strerror or error}", err=True)
