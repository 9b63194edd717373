"""``prism-eval doctor``: why something does not work here."""

from __future__ import annotations

from typing import Annotated

import typer

from prism_eval.cli import options as o

_EPILOG = """Examples:

  prism-eval doctor

  prism-eval doctor 'openai:NAME?base_url=http://127.0.0.1:8000/v1' --data ~/benchmarks
"""


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(name="doctor", epilog=_EPILOG)(doctor)


def doctor(
    specs: Annotated[list[str] | None, typer.Argument(metavar="SPEC", help="Captioners or reasoners to try.")] = None,
    data: Annotated[str | None, typer.Option(metavar="DIR", help="Data to look at.")] = None,
    store: o.Store = None,
) -> int:
    """Say what works here, and what to do about the rest.

    Looks at Python, the extras, the store, the data, and whether a server is reachable and serves its model.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from prism_eval.run.health import examine

    # What is merely absent, such as an extra nobody asked for, is no mistake and leaves the exit code alone.
    marks = {True: "ok", False: "BAD", None: "-"}
    table = Table(box=None, pad_edge=False, show_header=False)
    bad = 0
    for finding in examine(specs=specs or [], data=data, store=store):
        table.add_row(marks[finding.good], Text(finding.what), Text(finding.say))
        bad += finding.good is False
    Console().print(table)
    return 1 if bad else 0
