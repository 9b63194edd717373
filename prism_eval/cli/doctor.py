"""``prism-eval doctor``: why something does not work here."""

from __future__ import annotations

from typing import Annotated

import typer

from prism_eval.cli import options as o
from prism_eval.cli.table import show_table

EPILOG = """Examples:

  prism-eval doctor

  prism-eval doctor 'openai:NAME?base_url=http://127.0.0.1:8000/v1' --data ~/benchmarks
"""


def doctor(
    specs: Annotated[list[str] | None, typer.Argument(metavar="SPEC", help="Captioners or reasoners to try.")] = None,
    data: Annotated[str | None, typer.Option(metavar="DIR", help="Data to look at.")] = None,
    store: o.Store = None,
) -> int:
    """Say what works here, and what to do about the rest.

    Looks at Python, the extras, the store, the data, and whether a server is reachable, serves its model, and takes
    images and every option: a few short requests.
    """
    from prism_eval.run.health import examine

    # What is merely absent, such as an extra nobody asked for, is no mistake and leaves the exit code alone.
    marks = {True: "ok", False: "BAD", None: "-"}
    findings = list(examine(specs=specs or [], data=data, store=store))
    show_table(("", "", ""), [(marks[finding.good], finding.what, finding.say) for finding in findings])
    return max((finding.code for finding in findings if finding.good is False), default=0)
