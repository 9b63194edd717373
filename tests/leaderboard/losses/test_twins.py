"""The rules beside the truth, on twins: oracles of which it is known what they leave out and what they get wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import prism_eval
from prism_eval.leaderboard.losses import LOSSES, Loss, losses_of
from prism_eval.leaderboard.verdicts import Verdicts
from prism_eval.reasoners.base import Reasoner
from prism_eval.schema import Answer, Caption, Item
from tests.leaderboard.losses.twin_truth import WHOLE, Told, Truth, told

DROPPING = ["oracle?recall=0.7", "oracle?recall=0.3"]
FALSIFYING = ["oracle?hallucination=0.4", "oracle?hallucination=1.0"]
BENCHMARKS = ["chartqa", "infovqa", "charxiv", "mathverse", "mmmu", "seedbench2plus"]

Table = Counter[tuple[Truth, Loss]]


class Lost(Reasoner):
    """Knows no answer: whatever the captions say, every answer is lost."""

    async def answer(self, caption: Caption, item: Item, *, sample: int) -> Answer:
        return Answer("Answer: cannot answer")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> prism_eval.Result:
    folder = tmp_path_factory.mktemp("twins")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PRISM_EVAL_CACHE", str(cache))
        return prism_eval.evaluate(
            [WHOLE, *DROPPING, *FALSIFYING], reasoner=Lost(), benchmarks=BENCHMARKS, seed=7,
            out=folder / "run", store=folder / "store",
        )  # fmt: skip


@pytest.fixture(scope="module")
def table(run: prism_eval.Result) -> Callable[..., Table]:
    rows = pq.read_table(run.folder.table("verdicts")).to_pylist()
    truths = list(told(rows, DROPPING, FALSIFYING))
    verdicts: Verdicts = run.leaderboard.verdicts

    def count(*controls: str) -> Table:
        found = losses_of(verdicts, controls=controls, lenient=["chartqa"]).loss.tolist()
        named = {(row["benchmark"], row["item"], row["captioner"]): loss for row, loss in zip(rows, found, strict=True)}
        return Counter((one.truth, LOSSES[loss]) for one in truths if (loss := named[_key(one)]) >= 0)

    return count


def _key(one: Told) -> tuple[str, str, str]:
    return one.benchmark, one.item, one.captioner


def share(table: Table, truth: Truth, *right: Loss) -> float:
    """How much of what rules decided they decided rightly."""
    decided = {loss: count for (known, loss), count in table.items() if known is truth and loss is not Loss.UNCLEAR}
    assert sum(decided.values()) >= 20, f"too little to go by: {decided}"
    return sum(decided.get(loss, 0) for loss in right) / sum(decided.values())


def test_what_is_stated_is_the_readers_fault(table: Callable[..., Table]) -> None:
    assert share(table(), Truth.STATED, Loss.READER) >= 0.99


def test_what_was_dropped_is_found_omitted(table: Callable[..., Table]) -> None:
    assert share(table(), Truth.DROPPED, Loss.OMITTED) >= 0.92


def test_what_was_falsified_is_found_contradicted(table: Callable[..., Table]) -> None:
    assert share(table(), Truth.FALSIFIED, Loss.CONTRADICTED) >= 0.95


def test_what_nobody_else_states_is_found_nobodys(table: Callable[..., Table]) -> None:
    # The oracle that states it all is not heard; whoever falsifies a fact does not state it, and may drop none.
    counts = table(WHOLE, *FALSIFYING, DROPPING[0])
    assert share(counts, Truth.DROPPED, Loss.NOBODY) >= 0.93


def test_rules_leave_few_open(table: Callable[..., Table]) -> None:
    counts = table()
    unclear = sum(count for (_, loss), count in counts.items() if loss is Loss.UNCLEAR)
    assert unclear <= 0.05 * counts.total()


def test_what_its_own_model_sees_and_the_caption_leaves_out_is_unsaid(tmp_path: Path, cache: Path) -> None:
    captioners = ["oracle?label=whole", "oracle?recall=0.3&label=third", "direct(oracle)"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PRISM_EVAL_CACHE", str(cache))
        found = prism_eval.evaluate(
            captioners, benchmarks=["chartqa", "infovqa"], out=tmp_path / "run", store=tmp_path / "store"
        ).leaderboard
    known = found.losses.of("third")
    without = losses_of(found.verdicts, controls=["direct(oracle)"], lenient=["chartqa"]).of("third")
    assert known is not None
    assert without is not None
    # The control is right on every question, and the whole caption says every fact.
    assert (
        known.points[Loss.UNSAID].value == without.points[Loss.OMITTED].value + without.points[Loss.NOBODY].value > 0.4
    )
    assert known.points[Loss.OMITTED].value == known.points[Loss.NOBODY].value == 0
    kept = (Loss.READER, Loss.UNREADABLE, Loss.CONTRADICTED, Loss.UNCLEAR)
    assert all(known.points[loss] == without.points[loss] for loss in kept)
