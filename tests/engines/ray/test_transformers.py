"""A real engine in replicas: a tiny model writes and ranks in a cluster what it does here."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from prism_eval.captioners import CAPTIONER
from prism_eval.engines.transformers.engine import TransformersEngine
from prism_eval.errors import FatalError
from prism_eval.plugins import Spec, build
from tests.engines.ray.conftest import Make, Nodes, ready
from tests.engines.transformers import tiny
from tests.engines.transformers.conftest import several

pytest.importorskip("transformers", reason="the extra [transformers] is not installed: tox run -e engines")
# The workers' as well: threads of torch that find no idle core wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.mark.parametrize("name", ["text", "qwen"])
async def test_texts_and_ranks_are_the_same(name: str, make: Make, nodes: Nodes, tmp_path: Path) -> None:
    folder = tmp_path / "weights"
    folder.mkdir()
    {"text": tiny.text_model, "qwen": tiny.qwen_vision_model}[name](folder)
    options = f"replicas=2&address={nodes.address}&device=cpu&batch_size=4"
    spec = Spec.parse(f"ray:transformers:{folder}?{options}")
    engine = build(CAPTIONER, spec, {"prompt": "Describe."}).engine
    alone = TransformersEngine(model=str(folder), device="cpu", batch_size=4)
    try:
        assert (engine.identity, engine.replicas, engine.concurrency) == (alone.identity, 2, alone.concurrency)
        assert "2 of 2 replicas ready on" in await ready(engine)
        for sampling in ({}, {"temperature": 1.0, "seed": 3}):
            requests = several(6, eyes=name == "qwen", **sampling)
            wanted = [await alone.generate(one) for one in requests]
            assert await asyncio.gather(*map(engine.generate, requests)) == wanted
            assert len({one.text for one in wanted}) == 6
        ranked = "A bar chart.\n\nQuestion: which?\nAnswer:", [" one", " two bars", " three"]
        assert await engine.log_likelihood(*ranked) == pytest.approx(await alone.log_likelihood(*ranked), abs=1e-5)
    finally:
        await asyncio.gather(engine.close(), alone.close())


async def test_other_weights_there_are_told(make: Make, tmp_path: Path) -> None:
    folder = tmp_path / "weights"
    folder.mkdir()
    tiny.text_model(folder)
    engine = make(TransformersEngine(model=str(folder), device="cpu"), replicas=1)
    _ = engine._wanted(), engine.identity
    with (folder / "config.json").open("a") as file:
        file.write("\n")
    with pytest.raises(FatalError, match=r"is another model here than where the run was started"):
        await ready(engine)
