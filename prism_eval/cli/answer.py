"""``prism-eval answer``: the second stage alone."""

from __future__ import annotations

from prism_eval.cli import options as o
from prism_eval.cli.running import carry_out, say_how_it_ended
from prism_eval.cli.values import Display

EPILOG = """Examples:

  prism-eval answer runs/mine

  prism-eval answer runs/mine -r 'openai:NAME?base_url=http://127.0.0.1:8001/v1'
"""


def answer(
    run: o.Folder,
    reasoner: o.Reasoner = None,
    concurrency: o.Concurrency = None,
    patience: o.Patience = None,
    store: o.Store = None,
    trust: o.Trust = False,
    progress: o.Progress = Display.AUTO,
    quiet: o.Quiet = False,
) -> int:
    """Answer from a run folder's captions: answers.parquet."""
    from prism_eval.run.replay import reopen
    from prism_eval.run.trust import check_trust

    plan = reopen(run, ["caption"], reasoner=reasoner or None, concurrency=concurrency, patience=patience)
    typed = reasoner or []
    check_trust(plan, typed=typed, stages=["answer"], trust=trust, where=str(run))
    # Captions are those of the run folder: one that is missing there is a failed row, not a call.
    result = carry_out(
        plan, out=run, store=store, progress=progress, quiet=quiet, stages=["answer"], live=frozenset({"answer"})
    )
    return say_how_it_ended(result, ["answer"])
