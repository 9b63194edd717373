"""``prism-eval score``: the third stage alone."""

from __future__ import annotations

from prism_eval.cli import options as o
from prism_eval.cli.running import carry_out, show_leaderboard
from prism_eval.cli.values import Display

EPILOG = """Examples:

  prism-eval score runs/mine

  prism-eval score runs/mine --edition strict
"""


def score(
    run: o.Folder,
    edition: o.Edition = None,
    judge: o.Judge = None,
    patience: o.Patience = None,
    store: o.Store = None,
    trust: o.Trust = False,
    progress: o.Progress = Display.AUTO,
    quiet: o.Quiet = False,
) -> int:
    """Score a run folder's answers: verdicts.parquet, leaderboard.

    No model is called but the judge, where the plan names one.
    """
    from prism_eval.run.replay import reopen
    from prism_eval.run.trust import check_trust

    plan = reopen(run, ["caption", "answer"], edition=edition, judge=judge, patience=patience)
    typed = [judge] if judge else []
    check_trust(plan, typed=typed, stages=["score"], trust=trust, where=str(run))
    # Of the plugins only the judge may be called; captions and answers are those of the run folder.
    result = carry_out(
        plan, out=run, store=store, progress=progress, quiet=quiet, stages=["score"], live=frozenset({"score"})
    )
    return show_leaderboard(result)
