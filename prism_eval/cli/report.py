"""``prism-eval report``: the leaderboard of a run folder, again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from prism_eval.cli import options as o
from prism_eval.files.folders import user_path

EPILOG = """Examples:

  prism-eval report runs/mine

  prism-eval report runs/mine --format markdown

  prism-eval report runs/mine --format latex --output table.tex
"""

Format = Annotated[
    Literal["markdown", "csv", "json", "latex", "parquet", "datasets", "inspect"] | None,
    typer.Option("--format", help="Export it in place of showing it: a text goes to standard output."),
]
Output = Annotated[
    Path | None,
    typer.Option(parser=user_path, metavar="PATH", help="Where --format writes. [default: standard output]"),
]


def report(run: o.Folder, *, as_format: Format = None, output: Output = None) -> None:
    """Print a run folder's leaderboard and write its page again.

    With --format it is exported instead.
    """
    from prism_eval.errors import UsageError
    from prism_eval.leaderboard import build
    from prism_eval.run import RunFolder
    from prism_eval.run.belonging import check_belonging

    if output and not as_format:
        raise UsageError("--output is where --format writes: name a format too")
    folder = RunFolder.open(run)
    # Verdicts of another plan would be ranked under a protocol that is not theirs.
    check_belonging(folder, "score", manifest=True)
    board = build(folder.path)
    if as_format:
        from prism_eval.report.exports import export

        # As bytes: a pipe gets what the file gets, whatever the screen's encoding is.
        typer.echo(export(board, as_format, output).encode(), nl=False)
        return
    from prism_eval.cli.screen import console
    from prism_eval.report.html import write_html
    from prism_eval.report.terminal import LeaderboardView

    console().print(LeaderboardView(board))
    typer.echo(f"Leaderboard: {write_html(folder.path, board)}")
