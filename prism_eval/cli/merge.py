"""``prism-eval merge``: the shards of a run, joined."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from prism_eval.cli.screen import echo
from prism_eval.cli.values import folder_path
from prism_eval.files.folders import user_path

EPILOG = """Examples:

  prism-eval run -c ocr --data ~/benchmarks --shard 1/2 --out runs/shard-1

  prism-eval run -c ocr --data ~/benchmarks --shard 2/2 --out runs/shard-2

  prism-eval merge runs/shard-1 runs/shard-2 --out runs/whole
"""


def merge(
    shards: Annotated[list[Path], typer.Argument(parser=user_path, metavar="SHARD...", help="Folders of all shards.")],
    *,
    out: Annotated[Path, typer.Option("--out", "-o", parser=folder_path, metavar="DIR", help="The new run folder.")],
) -> None:
    """Join the shards of a run into one run folder.

    It is what one run would have written. The shards stay as they are; no model is called, and no data is read.
    """
    from prism_eval.cli.arrow import slim_arrow
    from prism_eval.cli.running import hear_schedulers
    from prism_eval.run.merging import merge as joined

    hear_schedulers()
    slim_arrow()
    folder = joined(shards, out)
    if folder.table("verdicts").exists():
        from prism_eval.cli.screen import console
        from prism_eval.leaderboard import build
        from prism_eval.report.html import write_html
        from prism_eval.report.terminal import LeaderboardView

        board = build(folder.path)
        console().print(LeaderboardView(board))
        echo(f"Leaderboard: {write_html(folder.path, board)}")
    else:
        from prism_eval.leaderboard.caveats import told_twice
        from prism_eval.run.reading import read_manifest

        # A leaderboard says it itself.
        for line in told_twice(read_manifest(folder.path)):
            echo(line, err=True)
    echo(f"Run folder: {folder.path}")
