"""``prism-eval caption``: the first stage alone."""

from __future__ import annotations

from prism_eval.cli import options as o
from prism_eval.cli.running import carry_out, say_how_it_ended
from prism_eval.cli.values import Display

EPILOG = """Examples:

  prism-eval caption -c ocr -b chartqa --data ~/benchmarks --out runs/mine

  prism-eval answer runs/mine && prism-eval score runs/mine
"""


# Questions are not reached, so neither how they are put nor how they are scored.
@o.plan_flags(without=("edition", "judge", "orders", "until_decided", "baseline", "margin"))
def caption(
    flags: o.PlanFlags,
    *,
    store: o.Store = None,
    out: o.Out = None,
    overwrite: o.Overwrite = False,
    progress: o.Progress = Display.AUTO,
    quiet: o.Quiet = False,
) -> int:
    """Caption every image once, into a run folder: captions.parquet."""
    result = carry_out(
        flags.plan(["caption"]),
        out=out,
        store=store,
        progress=progress,
        quiet=quiet,
        overwrite=overwrite,
        stages=["caption"],
    )
    return say_how_it_ended(result, ["caption"])
