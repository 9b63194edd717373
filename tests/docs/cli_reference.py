"""Writes docs/cli.md from what ``--help`` says: ``python -m tests.docs.cli_reference``, from the top of a clone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from prism_eval.cli.app import app

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"
# A terminal's own width would make the page depend on who wrote it.
WIDTH = 100
HEAD = """\
# The command line

<!-- Written by `python -m tests.docs.cli_reference` from `--help`; a test fails where the two differ. -->

Exit codes: 0, every item has a verdict; 1, some items failed or the run could not go on; 2, the command, the plan or
the data is wrong; 3, a gate cannot tell; 130, Ctrl-C. Whatever is wrong is said in one line on standard error.
"""


def reference() -> str:
    """The whole page: a section for every verb, and for every verb of a verb."""
    root = typer.main.get_command(app)
    return HEAD + "".join(f"\n## `{name}`\n\n```text\n{text}\n```\n" for name, text in helps(root, "prism-eval", None))


def helps(command: Any, name: str, parent: Any) -> Iterator[tuple[str, str]]:
    """A command's full name and its help, then those of its commands, in the order that ``--help`` lists them."""
    context = typer.Context(command, info_name=name, parent=parent, terminal_width=WIDTH, **command.context_settings)
    yield context.command_path, "\n".join(line.rstrip() for line in command.get_help(context).strip().splitlines())
    for word, one in getattr(command, "commands", {}).items():
        yield from helps(one, word, context)


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
