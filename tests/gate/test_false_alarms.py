"""A captioner that is asked again says other things: held up to itself, the gate is not to cry wolf."""

from collections import Counter
from itertools import pairwise

import pytest

from prism_eval.gate import decide
from prism_eval.gate.side import side_of_run
from prism_eval.plan import make_plan
from prism_eval.run.execute import run_plan

REPLAYS = 200


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """One captioner, which states seven of ten facts, drawn again in every entry."""
    home = tmp_path_factory.mktemp("replays")
    entries = [f"oracle?recall=0.7&seed={seed}&label=draw {seed}" for seed in range(REPLAYS + 1)]
    values = {"captioners": entries, "benchmarks": ["chartqa", "infovqa"], "data": "synthetic", "thumbnails": False}
    # No page of two hundred entries: nobody looks at it.
    return run_plan(make_plan(values), out=home / "run", store=home / "s.sqlite").folder.path


def test_two_hundred_replays_at_a_temperature(run):
    draws = [side_of_run(run, f"draw {seed}") for seed in range(REPLAYS + 1)]
    # Each is the baseline of the next: one that happened to be good would be the yardstick of all.
    found = Counter(decide(*pair).outcome for pair in pairwise(draws))
    print(f"\n{REPLAYS} replays on {draws[0].items.num_rows} questions: {dict(found)}")
    assert found["FAIL"] <= 0.05 * REPLAYS
    # They do differ: else there would be nothing to be alarmed by.
    assert len({tuple(draw.items["score"].to_pylist()) for draw in draws}) > REPLAYS / 2
