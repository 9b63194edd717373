"""``prism-eval report``: the leaderboard of run folders, again or together."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from prism_eval.cli import options as o

EPILOG = """Examples:

  prism-eval report runs/mine

  prism-eval report runs/3b runs/72b --baseline 72B --margin 1.5
"""


def report(
    runs: Annotated[list[Path], typer.Argument(parser=o.user_path, metavar="RUN...", help="Run folders.")],
    *,
    baseline: Annotated[
        str | None,
        typer.Option(
            metavar="LABEL",
            help="The entry that the others are compared with: its label or a part of it. [default: the largest model]",
        ),
    ] = None,
    margin: Annotated[
        float | None,
        typer.Option(metavar="X", help="Points that count as no difference. [default: 1, of one benchmark 3]"),
    ] = None,
    notes: Annotated[bool, typer.Option("--notes", help="Tell the notes on the scores in full.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            parser=o.folder_path, metavar="DIR", help="Where the page goes. [default: the run folder; of several, here]"
        ),
    ] = None,
) -> None:
    """Print the leaderboard of one run, or of several that can be compared, and write its page."""
    from prism_eval.cli.screen import console
    from prism_eval.files.folders import user_path
    from prism_eval.leaderboard import build
    from prism_eval.report.html import write_html
    from prism_eval.report.terminal import LeaderboardView
    from prism_eval.run import RunFolder
    from prism_eval.run.belonging import check_belonging

    for run in runs:
        # Verdicts of another plan would be ranked under a protocol that is not theirs.
        check_belonging(RunFolder.open(run), "score", manifest=True)
    board = build(runs, baseline=baseline, margin=margin)
    console().print(LeaderboardView(board, notes=notes))
    home = out or (board.folders[0] if len(runs) == 1 else user_path("."))
    home.mkdir(parents=True, exist_ok=True)
    typer.echo(f"Leaderboard: {write_html(home, board)}")
