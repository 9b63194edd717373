"""Our four-dimensional metric of We-Math beside lmms-eval's, over the benchmark's 525 groups with drawn verdicts."""

from __future__ import annotations

import random

import pytest

from prism_eval.schema import Item, ItemKind, Outcome, Verdict
from prism_eval.scoring.choice import WeMath

pytestmark = [pytest.mark.lmms, pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("lmms_eval")]

GROUPS = {2: 360, 3: 165}


def drawn(skill: float, seed: int) -> list[tuple[str, str, bool]]:
    """ID, key and whether the answer was right, for every item of the benchmark, in no order."""
    rng = random.Random(seed)
    items = [
        (f"{steps}steps_{group}", f"{steps}steps_{part}", rng.random() < skill)
        for steps, groups in GROUPS.items()
        for group in range(groups)
        for part in (*range(1, steps + 1), "multi")
    ]
    rng.shuffle(items)
    return items


def ours(items: list[tuple[str, str, bool]]) -> dict[str, str]:
    aggregation = WeMath().aggregation()
    for group, key, right in items:
        extra = {"ID": group, "key": key}
        item = Item(
            benchmark="wemath",
            id=f"{group}/{key}",
            kind=ItemKind.CHOICE,
            question="",
            images=(),
            golds=("A",),
            cluster="",
            columns=extra,
        )
        aggregation.add(item, Verdict(Outcome.CORRECT, 1.0) if right else Verdict(Outcome.WRONG, 0.0))
    found = aggregation.metrics()
    assert (found.pop("groups"), found.pop("incomplete groups")) == (525, 0)
    return {metric: f"{value:.2f}%" for metric, value in found.items()}


def theirs(items: list[tuple[str, str, bool]]) -> dict[str, str]:
    import pandas as pd
    from lmms_eval.tasks.wemath import wemath_utils as utils

    data = pd.DataFrame([{"ID": group, "key": key, "joker": right} for group, key, right in items])
    merged = [utils.process_steps_data(data[data["key"].str.startswith(f"{steps}steps")], steps) for steps in GROUPS]
    counts, rates = utils.compute_final_scores(utils.calculate_metrics(*merged), total_count=525)
    row = utils.update_main_results_df(counts, rates)
    return {
        "strict": row["Score (Strict)"],
        "loose": row["Score (Loose)"],
        "IK": rates["InsufficientKnowledge_rate"],
        "IG": rates["InadequateGeneralization_rate"],
        "CM strict": rates["CompleteMastery_strict_rate"],
        "RM strict": rates["RoteMemorization_strict_rate"],
        "CM loose": rates["CompleteMastery_loose_rate"],
        "RM loose": rates["RoteMemorization_loose_rate"],
    }


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("skill", [0.1, 0.5, 0.8, 1.0])
def test_every_number_is_lmms_evals(skill, seed):
    items = drawn(skill, seed)
    assert ours(items) == theirs(items)
