"""Models that are loaded, shared, let go of, and those that are none."""

from __future__ import annotations

import asyncio
import gc
import json
import shutil
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest

from prism_eval.engines.probe import trial_of
from prism_eval.engines.transformers.engine import TransformersEngine
from prism_eval.engines.transformers.resident import Resident
from prism_eval.errors import FatalError
from prism_eval.schema import FinishReason, Sampling
from tests.engines.transformers.conftest import Make, asked, picture, several

Models = Callable[[str], Path]


async def refused(engine: TransformersEngine, *parts: object) -> str:
    with pytest.raises(FatalError) as caught:
        await engine.generate(asked(*(parts or ("Describe",))))
    await engine.close()
    assert "\n" not in str(caught.value)
    return str(caught.value)


async def test_a_model_says_what_it_is(make: Make) -> None:
    trial = trial_of(Sampling(), sees=True)
    text, qwen = await make("text").probe(trial), await make("qwen").probe(trial)
    assert text.note == "text: on cpu in float32"
    assert (text.images, text.context, text.log_probabilities) == (False, 512, True)
    assert (qwen.images, qwen.context, qwen.log_probabilities) == (True, 1024, True)
    assert "in bfloat16" in (await make("llava", dtype="bfloat16").probe(trial)).note


async def test_nothing_is_loaded_to_say_what_a_model_is(make: Make) -> None:
    for name, sees in (("text", False), ("qwen", True), ("llava", True)):
        engine = make(name)
        assert (await engine.probe()).images is sees
        assert engine._resident is None


async def test_other_precisions_write_too(make: Make) -> None:
    for name in ("text", "qwen"):
        exact, short = make(name), make(name, dtype="bfloat16")
        requests = several(4, eyes=name != "text")
        one = [await exact.generate(request) for request in requests]
        two = [await short.generate(request) for request in requests]
        assert [said.prompt_tokens for said in one] == [said.prompt_tokens for said in two]
        assert sum(a.text[:4] == b.text[:4] for a, b in zip(one, two, strict=True)) >= 2


async def test_engines_of_one_model_share_it_until_the_last_is_closed(make: Make) -> None:
    one, two, other = make("text"), make("text"), make("text", dtype="bfloat16")
    for engine in (one, two, other):
        await engine._ready()
    assert one._resident is two._resident
    assert one._resident is not other._resident
    assert one.lane == two.lane
    assert one.lane != other.lane
    await one.close()
    said = await two.generate(asked("Describe"))
    await two.close()
    assert one._resident is two._resident is None
    assert await one.generate(asked("Describe")) == said, "closed, it loads its model anew"


def test_a_batch_has_others_waiting(models: Models) -> None:
    folder = str(models("text"))
    usual, wide, bounded = (
        TransformersEngine(model=folder, **options)
        for options in ({}, {"batch_size": 64}, {"batch_size": 64, "concurrency": 9})
    )
    assert [one.concurrency for one in (usual, wide, bounded)] == [None, 256, 9]
    assert usual.lane != wide.lane == bounded.lane, "another batch size is another model in memory"
    assert usual.identity == wide.identity


async def test_closing_frees_the_memory(make: Make) -> None:
    for name in ("text", "qwen"):
        engine = make(name, batch_size=11)
        await asyncio.gather(*map(engine.generate, several(4, eyes=name != "text")))
        await engine.log_likelihood("Which?", [" red", " blue"])
        assert engine._resident is not None
        model = weakref.ref(engine._resident._loaded.result().model)
        assert model() is not None
        await engine.close()
        gc.collect()
        assert model() is None
    assert not [wanted for wanted in Resident._all if wanted.batch_size == 11]


@pytest.mark.parametrize("name", ["text", "qwen"])
async def test_requests_that_were_given_up_do_not_hold_the_model(name: str, make: Make) -> None:
    engine = make(name, batch_size=12)
    await engine._ready()
    assert engine._resident is not None
    model = weakref.ref(engine._resident._loaded.result().model)
    tasks = [asyncio.create_task(engine.generate(one)) for one in several(4, eyes=name != "text", max_tokens=300)]
    await asyncio.sleep(0.05)
    for task in tasks:
        task.cancel()
    # Kept, as whoever waits for them keeps them: their frames are those of the engine.
    said = await asyncio.gather(*tasks, return_exceptions=True)
    assert any(isinstance(one, asyncio.CancelledError) for one in said)
    await engine.close()
    gc.collect()
    assert model() is None


async def test_a_template_that_only_the_tokenizer_has_serves_a_vision_model(
    make: Make, models: Models, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(models("qwen"), tmp_path / "older"))
    words = json.loads((folder / "tokenizer_config.json").read_text())
    words["chat_template"] = (folder / "chat_template.jinja").read_text()
    (folder / "chat_template.jinja").unlink()
    (folder / "tokenizer_config.json").write_text(json.dumps(words))
    older = TransformersEngine(model=str(folder), device="cpu")
    request = asked(picture(1), "Describe")
    assert await older.generate(request) == await make("qwen").generate(request)
    await older.close()


async def test_closing_does_not_wait_for_long_texts(make: Make) -> None:
    engine = make("qwen", batch_size=9)
    await engine._ready()
    tasks = [
        asyncio.create_task(engine.generate(asked(picture(number), "Describe", max_tokens=900, temperature=1.0)))
        for number in range(4)
    ]
    await asyncio.sleep(0.3)
    resident = engine._resident
    await asyncio.wait_for(engine.close(), 5)
    assert resident is not None
    resident._thread.join(1)
    assert not resident._thread.is_alive()
    for said in await asyncio.gather(*tasks, return_exceptions=True):
        assert isinstance(said, BaseException) or said.finish_reason is FinishReason.STOP, (
            "no half text for a whole one"
        )


async def test_what_cannot_serve_is_said_in_one_line(make: Make, models: Models, tmp_path: Path) -> None:
    assert await refused(make("text"), picture(1), "Describe") == "text: the model takes no images"
    assert "has no chat template" in await refused(make("base"))
    assert "by=rank" in await refused(make("base"))
    said = await refused(TransformersEngine(model=str(models("text")), device="cuda:7"))
    assert said == "device=cuda:7: torch finds none here, but cpu"
    said = await refused(TransformersEngine(model=str(models("text")), device="gpu"))
    assert said.startswith("device=gpu: torch knows no such device; take cpu, cuda")


async def test_a_folder_with_something_else_in_it_is_told_from_a_model(models: Models, tmp_path: Path) -> None:
    for change, words in {
        "unknown": "cannot be loaded: The checkpoint you are trying to load has model type `nonesuch`",
        "encoder": "its files lack 44 weights, as bert.embeddings.LayerNorm.bias",
        "speaker": "its model_type 'wav2vec2' reads and writes no text",
        "weightless": "cannot be loaded: Error no file named",
        "broken": "cannot be loaded: ",
        "remote": "it wants code of its own to be run",
    }.items():
        folder = Path(shutil.copytree(models("text"), tmp_path / change))
        config = json.loads((folder / "config.json").read_text())
        if change == "unknown":
            config["model_type"] = "nonesuch"
        elif change == "encoder":
            config["model_type"] = "bert"
        elif change == "speaker":
            config["model_type"] = "wav2vec2"
        elif change == "weightless":
            (folder / "model.safetensors").unlink()
        elif change == "broken":
            (folder / "model.safetensors").write_bytes(b"\xff" * 64)
        else:
            config["model_type"] = "nonesuch"
            config["auto_map"] = {"AutoConfig": "own.Config", "AutoModelForCausalLM": "own.Model"}
        (folder / "config.json").write_text(json.dumps(config))
        assert words in await refused(TransformersEngine(model=str(folder), device="cpu"))


async def test_a_repository_that_is_not_here_is_said_so(monkeypatch: pytest.MonkeyPatch, models: Models) -> None:
    models("text")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert "cannot be loaded" in await refused(TransformersEngine(model="nobody/nothing-at-all", device="cpu"))
