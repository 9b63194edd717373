"""The command line: one file a verb, thin."""

from __future__ import annotations

import os
import sys

from prism_eval.cli.printable import printable


def main() -> None:
    """Run the command line; exits with 0, 1 (a run that could not finish), 2 (usage) or 130 (Ctrl-C)."""
    import typer

    from prism_eval.cli.app import app
    from prism_eval.errors import Interrupted, PrismError

    # Typer outside its standalone mode raises what it would print, so that every error is one line of the same form.
    try:
        code = app(prog_name="prism-eval", standalone_mode=False)
    except typer.TyperException as error:
        _say(f"error: {error.format_message()}  (see {' '.join(['prism-eval', *sys.argv[1:2]])} --help)")
        code = error.exit_code
    except typer.Abort:
        code = Interrupted.exit_code
    except Interrupted as error:
        _say(str(error))
        _leave_at_once(Interrupted.exit_code)
    except PrismError as error:
        _say(f"error: {error}")
        code = error.exit_code
    except BrokenPipeError:  # whoever read our output, such as `head`, has gone
        _leave_at_once(1)
    # A verb returns its exit code, or None; --help and --version return what typer makes of them.
    sys.exit(code if isinstance(code, int) else 0)


def _say(text: str) -> None:
    """Write one line, though a message may quote a server's reply with its line breaks."""
    print(f"prism-eval: {printable(' '.join(text.split()))}", file=sys.stderr)


def _leave_at_once(code: int) -> None:
    """Exit without waiting for threads: an image inside an OCR model cannot be called back."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    # Whoever read our output may be gone, and flushing then raises once more.
    finally:
        os._exit(code)
