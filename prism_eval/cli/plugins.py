"""``prism-eval plugins``: what can be named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from prism_eval.cli.screen import echo
from prism_eval.cli.table import show_table

if TYPE_CHECKING:
    from prism_eval.plugins import PluginInfo

EPILOG = """Examples:

  prism-eval plugins

  prism-eval plugins --check

  PRISM_EVAL_PLUGINS= prism-eval plugins     (only prism-eval's own)
"""


def plugins(
    *, check: Annotated[bool, typer.Option("--check", help="Import each, to say whether it can be used.")] = False
) -> None:
    """List every plugin: its kind, package and version.

    Nothing of it is run, unless --check asks for it. An engine's name serves as a captioner and as a reasoner.
    """
    from prism_eval.plugins.check import check as imported
    from prism_eval.plugins.registry import describe

    found = describe()
    if check:
        found = imported(found)
    good = "ready" if check else "installed"
    show_table(
        ("name", "kind", "package", "version", "state"),
        [(info.name, info.kind, info.package, info.version, _state(info, good)) for info in found],
    )
    # Below the table, since a reason is often longer than a row; on standard error, since the list is the answer.
    for info in found:
        if info.problem:
            echo(f"{info.name}: {info.problem}", err=True)


def _state(info: PluginInfo, good: str) -> str:
    if not info.problem:
        return good
    return f"needs [{info.extra}]" if info.extra else "broken"
