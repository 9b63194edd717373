"""The whole road with real models: two trained captioners, and a small language model that reads what they write."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from prism_eval.leaderboard import build
from tests.engines.llamacpp.conftest import needs_smollm2
from tests.engines.road.conftest import BENCHMARK, prism_eval
from tests.engines.road.training import PROMPT

pytest.importorskip("xllamacpp", reason="the extra [llamacpp] is not installed: tox run -e engines")


# Training takes 40 s of a core and the run as many; on a busy machine several times that.
@pytest.mark.timeout(1800)
def test_the_leaderboard_orders_strong_above_weak_above_blind(
    captioners: Mapping[str, Path], data: Path, tmp_path: Path
) -> None:
    needs_smollm2()
    out = tmp_path / "run"
    asked = f"device=cpu&max_tokens=64&prompt={PROMPT}"
    done = prism_eval(
        *("run", "-c", f"transformers:{captioners['weak']}?{asked}&label=weak"),
        *("-c", f"transformers:{captioners['strong']}?{asked}&label=strong", "-c", "oracle", "-c", "blind"),
        *("-r", "llamacpp:smollm2?by=rank&max_tokens=64&max_context=512"),
        *("-b", BENCHMARK, "--data", data, "--out", out, "--store", tmp_path / "store"),
    )
    assert done.returncode == 0, done.stderr
    print(done.stdout)
    made = build(out)
    means = {row.captioner: row.mean for row in made.everyone}
    assert [row.captioner for row in made.everyone if row.captioner != "oracle"] == ["strong", "weak", "blind"]
    assert means["oracle"].value >= means["strong"].value > means["weak"].high
    # Without a caption it gives one answer to each question, which is right of one picture in four.
    assert means["weak"].low > means["blind"].value == 0.25
