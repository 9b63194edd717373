"""``prism-eval plugins``: what can be named."""

from __future__ import annotations

import typer

_EPILOG = """Examples:

  prism-eval plugins

  PRISM_EVAL_PLUGINS= prism-eval plugins     (only prism-eval's own)
"""


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(name="plugins", epilog=_EPILOG)(plugins)


def plugins() -> None:
    """List every plugin, and whether it can be used.

    Beside it stand its kind, package and version. An engine's name serves as a captioner and as a reasoner.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from prism_eval.plugins.registry import describe

    found = describe()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("name", "kind", "package", "version", "extra", "state"):
        table.add_column(column, no_wrap=column != "state")
    for info in found:
        state = "not installed" if info.problem and info.extra else "broken" if info.problem else "ready"
        table.add_row(*(Text(cell) for cell in (info.name, info.kind, info.package, info.version, info.extra, state)))
    Console().print(table)
    # Below the table, since a reason is often longer than a row; on standard error, since the list is the answer.
    for info in found:
        if info.problem:
            typer.echo(f"{info.name}: {info.problem}", err=True)
