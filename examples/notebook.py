"""An evaluation, cell by cell.

    python examples/notebook.py

runs it whole; an editor that knows `# %%` runs a cell at a time.
"""

# %% A captioner may be written where it is used; in a package of its own it gets a name (captioner_plugin/).
from collections.abc import Sequence
from dataclasses import dataclass

from prism_eval import Caption, Captioner, Image, Outcome, evaluate


@dataclass(kw_only=True)
class FirstFact(Captioner):
    """States one of the facts that a twin's image carries. Real images carry none: there, ask a model."""

    async def caption(self, images: Sequence[Image], *, sample: int, question: str | None = None) -> Caption:
        facts = images[0].facts or ("Nothing is known of it.",)
        return Caption(facts[0])


# %% Captions, answers, verdicts. What was done before is taken from the store: this cell may be run again and again.
result = evaluate(
    {"all facts": "oracle", "half of them": "oracle?recall=0.5", "one": FirstFact(), "none": "blind"},
    benchmarks=["chartqa", "wemath"],
    data="synthetic",
    limit=20,
)

# %% The leaderboard: a score is a mean over items, from 0 to 1, and its interval knows that items share images.
board = result.leaderboard.to_pandas()
print(board[["captioner", "mean", "mean_low", "mean_high", "words_median"]].round(2).to_string(index=False))

# %% The verdicts behind it: a row per captioner, item and sample.
verdicts = result.to_pandas()
print(verdicts.pivot_table(index="captioner", columns="benchmark", values="score", aggfunc="mean").round(2).to_string())

# %% What could half of the facts not answer?
half = verdicts[(verdicts.captioner == "half of them") & (verdicts.outcome != Outcome.CORRECT)]
print(half[["benchmark", "item", "outcome"]].head().to_string(index=False))

# %% The same numbers as a page to send around.
print(result.html)
