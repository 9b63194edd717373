"""``prism-eval report``: the leaderboard of a run folder, again."""

from __future__ import annotations

import typer

from prism_eval.cli import options as o

EPILOG = """Examples:

  prism-eval report runs/mine
"""


def report(run: o.Folder) -> None:
    """Print a run folder's leaderboard and write its page again."""
    from prism_eval.cli.screen import console
    from prism_eval.leaderboard import build
    from prism_eval.report.html import write_html
    from prism_eval.report.terminal import LeaderboardView
    from prism_eval.run import RunFolder
    from prism_eval.run.belonging import check_belonging

    folder = RunFolder.open(run)
    # Verdicts of another plan would be ranked under a protocol that is not theirs.
    check_belonging(folder, "score", manifest=True)
    board = build(folder.path)
    console().print(LeaderboardView(board))
    typer.echo(f"Leaderboard: {write_html(folder.path, board)}")
