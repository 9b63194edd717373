"""Standard output and standard error as they are: of any encoding and width, full, or gone."""

from __future__ import annotations

import codecs
import os
import sys
from typing import TYPE_CHECKING, TextIO

import typer

from prism_eval.files.visible import visible

if TYPE_CHECKING:
    from rich.console import Console

_WIDE = 100_000
"""Columns where nobody looks at a screen: a file and a pipe hold lines of any length, and are searched by line."""

_LIKE = str.maketrans("±…·×−–—─━│’‘“”→⟨⟩≥≤", "~~-x-----|''\"\"><>><")  # noqa: RUF001 - the marks themselves
"""Of our own marks what an older terminal can show; each one character wide, so that columns stay in line."""


def prepare() -> None:
    """Make both streams ready for any text; called before anything is written or opened."""
    # Without a standard stream the next file that is opened, such as the store, would get its number and its lines.
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    codecs.register_error("prism-eval", _replaced)
    for stream in (sys.stdout, sys.stderr):
        # Under a test or in another program it may be a stream of theirs, which takes what it takes.
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="prism-eval")


def console(*, stderr: bool = False) -> Console:
    """A console of the screen's width; of no width, so to speak, where there is no screen."""
    from rich.console import Console

    class Heard(Console):
        """Raises what a closed pipe raises: rich would exit with 1, which is a verdict where a gate speaks."""

        def on_broken_pipe(self) -> None:
            raise  # noqa: PLE0704 - rich calls it where it has just caught one

    stream = sys.stderr if stderr else sys.stdout
    on_screen = bool(stream and stream.isatty()) or "COLUMNS" in os.environ
    return Heard(stderr=stderr, width=None if on_screen else _WIDE)


def echo(line: str = "", *, err: bool = False) -> None:
    """Print one line for people. What a stranger has written in it is seen, and no terminal obeys it.

    Args:
        line: The line; a break in it is none of ours, or a stranger's words could begin one of their own.
        err: Whether on standard error.
    """
    print(visible(line).replace("\n", " "), file=sys.stderr if err else sys.stdout)


def hand_over(text: str) -> None:
    """Write a document to standard output: as it is into a pipe or a file, and as it can be seen onto a screen."""
    if sys.stdout.isatty():
        text = visible(text)
    # As bytes: a pipe gets what a file gets, whatever the screen's encoding is.
    typer.echo(text.encode("utf-8", "replace"), nl=False)


def unwritable(stream: TextIO | None, text: str = "") -> OSError | None:
    """Why a standard stream does not take what was written to it; ``None`` where it does, or there is none.

    Args:
        stream: Standard output or standard error.
        text: What to try it with, where what was written may be lost already.
    """
    try:
        if stream is not None:
            stream.write(text)
            stream.flush()
    except OSError as error:
        return error
    return None


def _replaced(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    wanted = error.object[error.start : error.end].translate(_LIKE)
    # A mark that has no likeness here either, and half a character from a damaged text, become a question mark.
    return "".join(one if one.isascii() else "?" for one in wanted), error.end
