"""``prism-eval plugins``: what can be named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from prism_eval.cli.table import show_table

if TYPE_CHECKING:
    from prism_eval.plugins import PluginInfo

EPILOG = """Examples:

  prism-eval plugins

  PRISM_EVAL_PLUGINS= prism-eval plugins     (only prism-eval's own)
"""


def plugins() -> None:
    """List every plugin, and whether it can be used.

    Beside it stand its kind, package and version. An engine's name serves as a captioner and as a reasoner.
    """
    from prism_eval.plugins.registry import describe

    found = describe()
    show_table(
        ("name", "kind", "package", "version", "state"),
        [(info.name, info.kind, info.package, info.version, _state(info)) for info in found],
    )
    # Below the table, since a reason is often longer than a row; on standard error, since the list is the answer.
    for info in found:
        if info.problem:
            typer.echo(f"{info.name}: {info.problem}", err=True)


def _state(info: PluginInfo) -> str:
    if not info.problem:
        return "ready"
    return f"needs [{info.extra}]" if info.extra else "broken"
