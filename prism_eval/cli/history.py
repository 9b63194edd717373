"""``prism-eval history``: scores over runs, and the first that fell."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from prism_eval.cli.sheets import Format, say
from prism_eval.cli.values import new_file
from prism_eval.files.folders import user_path

EPILOG = """Examples:

  prism-eval history runs/2026-11-*

  prism-eval history runs --entry 3B --figure history.svg
"""


def history(
    runs: Annotated[
        list[Path],
        typer.Argument(
            parser=user_path, metavar="DIR...", help="Run folders, or folders that hold them, in any order."
        ),
    ],
    *,
    entry: Annotated[
        str | None, typer.Option(metavar="LABEL", help="One entry: its label or a part of it. [default: every one]")
    ] = None,
    figure: Annotated[
        Path | None, typer.Option(parser=new_file, metavar="FILE", help="Draw it too: .svg, .png or .pdf.")
    ] = None,
    as_format: Format = "terminal",
) -> None:
    """Tell scores over runs, and the first that fell.

    Runs stand in the order in which they were made. Each is compared with the best before it, so that noise is called a
    fall in one history of twenty at most, however long it gets.
    """
    from prism_eval.cli.arrow import slim_arrow
    from prism_eval.gate.history import histories
    from prism_eval.gate.output.histories import document, shown, write_figure

    slim_arrow()
    found = histories(runs, entry)
    if figure:
        write_figure(found, figure)
    say(shown(found), document(found), as_format)
