"""``prism-eval run``: the four stages in a stream."""

from __future__ import annotations

from prism_eval.cli import options as o
from prism_eval.cli.running import carry_out, show_leaderboard
from prism_eval.cli.taking import taking
from prism_eval.cli.values import Display

EPILOG = """Examples:

  prism-eval run -c ocr -c blind -c oracle --data synthetic

  prism-eval run -c ocr -c blind -b chartqa --data ~/benchmarks -r lexical

  prism-eval run -c 'openai:NAME?base_url=http://127.0.0.1:8000/v1' -r 'openai:NAME?base_url=http://127.0.0.1:8001/v1'
  -b chartqa,infovqa --data ~/benchmarks --limit 100

  prism-eval run --plan runs/chartqa-1a2b3c4d/plan.toml
"""


@taking(o.PlanFlags)
def run(
    flags: o.PlanFlags,
    *,
    store: o.Store = None,
    out: o.Out = None,
    overwrite: o.Overwrite = False,
    progress: o.Progress = Display.AUTO,
    quiet: o.Quiet = False,
) -> int:
    """Caption, answer and score; show a leaderboard.

    Model calls that the store already holds are not made again: after a stop, the same command goes on.
    """
    result = carry_out(flags.plan(), out=out, store=store, progress=progress, quiet=quiet, overwrite=overwrite)
    return show_leaderboard(result)
