"""The command line: one file a verb, thin."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from typing import NoReturn

from prism_eval.cli import screen
from prism_eval.files.visible import visible
from prism_eval.run.collecting import seldom_collected

_STREAM = "prism_eval.benchmarks.sources.stream"
"""The module whose use leaves threads behind."""


def program() -> None:
    """`main`, with the process its own: nothing that goes on when all is said keeps it, or changes its exit code.

    A short run is mostly modules that are loaded, and thrown away at its end. Looking through them for cycles at the
    usual pace takes a tenth of it, and another tenth when Python ends, who is told to leave them where they are.
    """
    try:
        with seldom_collected():
            main()
    except SystemExit as ended:
        if _STREAM in sys.modules and isinstance(ended.code, int):
            _leave_at_once(ended.code)
        raise
    finally:
        gc.freeze()


def main() -> None:
    """Run the command line; exits with 0, 1 (a run that could not finish), 2 (usage), 3 (a gate) or 130 (Ctrl-C)."""
    screen.prepare()
    code = 1
    try:
        code = _obey()
        # Here and not when Python ends, which would complain in its own words.
        problem = screen.unwritable(sys.stdout)
    except OSError:
        problem = screen.unwritable(sys.stdout, "\n") or screen.unwritable(sys.stderr, "\n")
        # Any other one is nobody's plan, and is to be reported whole.
        if problem is None:
            raise
    if problem is not None:
        _say_why_not(problem, code)
    # Else Python tries once more at its end, and exits with a code of its own.
    if screen.unwritable(sys.stderr) is not None:
        _leave_at_once(code)
    sys.exit(code)


def _obey() -> int:
    """Do what the command says; returns the exit code."""
    import typer

    from prism_eval.cli.app import app
    from prism_eval.errors import Interrupted, PrismError

    # Typer outside its standalone mode raises what it would print, so that every error is one line of the same form.
    try:
        code = app(prog_name="prism-eval", standalone_mode=False)
    except typer.TyperException as error:
        _say(f"error: {error.format_message()}  (see {_help_of(error)})")
        code = error.exit_code
    except typer.Abort:
        code = Interrupted.exit_code
    except Interrupted as error:
        _say(str(error))
        _leave_at_once(Interrupted.exit_code)
    except PrismError as error:
        for line in error.lines or (str(error),):
            _say(f"error: {line}")
        code = error.exit_code
    # A verb returns its exit code, or None; --help and --version return what typer makes of them.
    return code if isinstance(code, int) else 0


def _help_of(error: object) -> str:
    """The command that explains the one at fault: that of the deepest verb that was understood."""
    context = getattr(error, "ctx", None)
    return f"{context.command_path if context else 'prism-eval'} --help"


def _say(text: str) -> None:
    """Write one line, though a message may quote a server's reply with its line breaks."""
    # Where standard error is full as well, nobody can be told anything: the exit code has to do.
    with contextlib.suppress(OSError):
        print(f"prism-eval: {visible(' '.join(text.split()))}", file=sys.stderr, flush=True)


def _say_why_not(problem: OSError, code: int) -> NoReturn:
    # Who closes a pipe early, as `head` does, has seen enough and is not to be told so; what was done stays done.
    if isinstance(problem, BrokenPipeError):
        _leave_at_once(code)
    _say(f"error: the output cannot be written: {problem.strerror}; what a run had finished is kept")
    _leave_at_once(code or 1)


def _leave_at_once(code: int) -> NoReturn:
    """Exit without waiting for threads: an image inside an OCR model cannot be called back."""
    # Whoever read our output may be gone, and flushing then raises once more.
    for stream in (sys.stdout, sys.stderr):
        screen.unwritable(stream)
    os._exit(code)
