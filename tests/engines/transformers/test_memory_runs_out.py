"""A model whose forward pass runs out of memory above some size: the batch is halved, and no answer is made up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest

from prism_eval.engines.transformers.engine import TransformersEngine
from prism_eval.errors import FatalError, PermanentError
from prism_eval.schema import Completion
from tests.engines.transformers.conftest import Make, asked, several


async def cramped(engine: TransformersEngine, too_much: Callable[[Any], bool]) -> TransformersEngine:
    """The engine, its model loaded and short of memory for inputs of some kind."""
    import torch

    await engine._ready()
    assert engine._resident is not None
    model = engine._resident._loaded.result().model
    whole = model.forward

    def forward(*args: Any, **kwargs: Any) -> Any:
        ids = kwargs.get("input_ids", args[0] if args else None)
        if ids is not None and too_much(ids):
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return whole(*args, **kwargs)

    # The signature is read by transformers and by the ranker.
    forward.__signature__ = __import__("inspect").signature(whole)
    model.forward = forward
    return engine


@pytest.mark.parametrize("name", ["qwen", "llava"])
async def test_a_batch_that_is_too_large_is_halved(name: str, make: Make) -> None:
    requests = several(10, eyes=True)
    wanted = await asyncio.gather(*map(make(name).generate, requests))
    # A model of its own: another batch size is another resident.
    engine = await cramped(make(name, batch_size=10), lambda ids: ids.shape[0] > 3)
    assert await asyncio.gather(*map(engine.generate, requests)) == wanted
    assert any("memory ran out, and fewer than batch_size=10" in remark for remark in engine.remarks)
    await engine.close()
    assert any("memory ran out" in remark for remark in engine.remarks), "and it can be read when the run is over"


async def test_continuous_batching_begins_anew_with_half(make: Make) -> None:
    requests = several(12, eyes=False)
    wanted = await asyncio.gather(*map(make("text").generate, requests))
    # All requests in work are one row: decoding takes one token each, and reading them many.
    engine = await cramped(make("text", batch_size=12), lambda ids: ids.numel() > 130)
    assert await asyncio.gather(*map(engine.generate, requests)) == wanted
    assert any("memory ran out" in remark for remark in engine.remarks)
    assert not any("not run by continuous batching" in remark for remark in engine.remarks)


@pytest.mark.parametrize("name", ["text", "qwen"])
async def test_one_that_runs_out_alone_fails_and_the_others_do_not(
    name: str, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    eyes = name != "text"
    requests = several(4, eyes=eyes)
    wanted = await asyncio.gather(*map(make(name).generate, requests))
    huge = asked(*requests[0].images, "red circle " * 100)
    engine = await cramped(make(name, batch_size=4), lambda ids: ids.shape[1] > 150)
    logging.getLogger("ContinuousBatchingLogger").addHandler(caplog.handler)
    *fine, failed = await asyncio.gather(*map(engine.generate, [*requests, huge]), return_exceptions=True)
    assert isinstance(failed, PermanentError)
    assert str(failed).startswith(f"{name}: memory of cpu ran out with this request alone: CUDA out of memory.")
    assert fine == wanted
    logging.getLogger("ContinuousBatchingLogger").removeHandler(caplog.handler)
    assert caplog.records == [], "transformers prints no traceback of its own"


async def test_ranking_reads_fewer_options_at_once(make: Make) -> None:
    options = [" red", " blue circle", " a green square", " 2021", " yes"]
    wanted = await make("text").log_likelihood("Which? Answer:", options)
    engine = await cramped(make("text", batch_size=5), lambda ids: ids.shape[0] > 2)
    assert await engine.log_likelihood("Which? Answer:", options) == pytest.approx(wanted, abs=1e-4)
    assert any("memory ran out" in remark for remark in engine.remarks)
    hopeless = await cramped(make("text", batch_size=6), lambda ids: True)
    with pytest.raises(PermanentError, match="ran out with this request alone"):
        await hopeless.log_likelihood("Which? Answer:", options)


async def test_memory_that_comes_back_is_used_again(make: Make) -> None:
    short = [True]
    engine = await cramped(make("qwen", batch_size=4), lambda ids: short[0] and ids.shape[0] > 1)
    await asyncio.gather(*map(engine.generate, several(4, eyes=True)))
    assert engine._resident is not None
    assert engine._resident._room.now < 4
    short[0] = False
    for _ in range(4):
        await asyncio.gather(*map(engine.generate, several(4, eyes=True)))
    assert engine._resident._room.now == 4


async def test_what_continuous_batching_cannot_do_is_done_in_batches_and_said(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = several(5, eyes=False)
    wanted = await asyncio.gather(*map(make("text").generate, requests))
    engine = make("text", batch_size=7)
    await engine._ready()
    assert engine._resident is not None

    def refuses(*args: Any, **kwargs: Any) -> Any:
        raise ValueError("no paged attention for this one")

    engine._resident._loaded.result().model.init_continuous_batching = refuses
    assert await asyncio.gather(*map(engine.generate, requests)) == wanted
    (remark,) = engine.remarks
    assert remark == "text was not run by continuous batching but in batches: no paged attention for this one."


async def test_a_device_that_broke_ends_the_run(make: Make) -> None:
    class AcceleratorError(RuntimeError):
        """As torch calls it."""

    engine = make("qwen", batch_size=3)
    await engine._ready()
    assert engine._resident is not None

    def breaks(*args: Any, **kwargs: Any) -> Any:
        raise AcceleratorError("CUDA error: device-side assert triggered")

    engine._resident._loaded.result().model.generate = breaks
    with pytest.raises(FatalError, match="cpu failed: CUDA error"):
        await engine.generate(several(1, eyes=True)[0])


async def test_a_bug_costs_its_own_request_only(make: Make) -> None:
    engine = make("qwen", batch_size=5)
    await engine._ready()
    assert engine._resident is not None
    model = engine._resident._loaded.result().model
    whole = model.generate

    def picky(**kwargs: Any) -> Any:
        if 64 in kwargs["attention_mask"].sum(dim=1).tolist():
            raise KeyError("grid")
        return whole(**kwargs)

    model.generate = picky
    requests = several(5, eyes=True)
    lengths = [(await make("qwen").generate(request)).prompt_tokens for request in requests]
    assert 64 not in lengths
    said = await asyncio.gather(*map(engine.generate, requests), return_exceptions=True)
    assert all(isinstance(one, Completion) for one in said)
