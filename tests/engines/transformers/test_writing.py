"""Captions and answers of tiny models, held against plain `generate()`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prism_eval.engines.transformers import generating
from prism_eval.errors import ContextExceeded, FatalError, PermanentError
from prism_eval.schema import Completion, FinishReason, Image, Message, Request, Sampling
from tests.engines.transformers.conftest import Make, asked, picture, several

NAMES = ["text", "qwen", "llava"]


def plain(folder: Path, request: Request) -> str:
    """What transformers itself writes, told in full to be greedy; one request, no batch, nothing of ours."""
    import transformers

    eyes = bool(request.images)
    kind = transformers.AutoModelForImageTextToText if eyes else transformers.AutoModelForCausalLM
    model = kind.from_pretrained(folder)
    words = transformers.AutoTokenizer.from_pretrained(folder)
    text = "".join(part for part in request.messages[0].parts if isinstance(part, str))
    said = [{"role": "user", "content": text}]
    if not eyes:
        inputs = words(words.apply_chat_template(said, add_generation_prompt=True, tokenize=False), return_tensors="pt")
        inputs = {"input_ids": inputs["input_ids"], "attention_mask": inputs["attention_mask"]}
    else:
        inputs = _seen(folder, request, text)
    out = model.generate(
        **inputs,
        max_new_tokens=request.sampling.max_tokens,
        do_sample=False,
        repetition_penalty=1.0,
        top_k=0,
        top_p=1.0,
    )
    return str(words.decode(out[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True))


def _seen(folder: Path, request: Request, text: str) -> Any:
    import io

    from PIL import Image as Pillow

    from prism_eval.engines.transformers.processors import processor_of
    from prism_eval.engines.weights import Weights

    kind = "qwen2_5_vl" if "qwen" in str(folder) else "llava"
    processor = processor_of(Weights.of(str(folder), None), kind)
    said = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": text}]}]
    prompt = processor.apply_chat_template(said, add_generation_prompt=True, tokenize=False)
    return processor(text=[prompt], images=[Pillow.open(io.BytesIO(request.images[0].data))], return_tensors="pt")


async def test_the_tokenizers_own_control_tokens_are_told_from_text(make: Make) -> None:
    found = await make("text").control_tokens("An <image> of <|im_end|>, [WORD], <nobody> and 3 < 4.")
    assert found == {"<image>", "<|im_end|>"}


@pytest.mark.parametrize("name", NAMES)
async def test_greedy_text_is_what_plain_generate_writes_in_a_batch_and_alone(
    name: str, make: Make, models: Callable[[str], Path]
) -> None:
    engine, requests = make(name, batch_size=8), several(8, eyes=name != "text")
    together = await asyncio.gather(*map(engine.generate, requests))
    assert len({one.text for one in together}) == len(requests), "a model that says one thing proves nothing"
    assert [one.text for one in together] == [plain(models(name), request) for request in requests]
    assert [await engine.generate(request) for request in requests] == together
    assert engine.remarks == ()


async def test_a_turn_that_was_begun_and_a_stored_prompt_are_gone_on_with(
    make: Make, models: Callable[[str], Path]
) -> None:
    import transformers

    asked, sampling = Message("user", ("Answer: which option is right?",)), Sampling(max_tokens=12)
    request = Request(messages=(asked, Message("assistant", ("the tallest is",))), sampling=sampling)
    model = transformers.AutoModelForCausalLM.from_pretrained(models("text"))
    words = transformers.AutoTokenizer.from_pretrained(models("text"))
    text = "<|im_start|>user\nAnswer: which option is right?<|im_end|>\n<|im_start|>assistant\nthe tallest is"
    ids = words(text, return_tensors="pt", add_special_tokens=False)["input_ids"]
    out = model.generate(ids, max_new_tokens=12, do_sample=False, repetition_penalty=1.0, top_k=0, top_p=1.0)
    expected = words.decode(out[0, ids.shape[1] :], skip_special_tokens=True)
    engine, stored = make("text"), Request(messages=(), raw=text, sampling=sampling)
    assert [one.text for one in await asyncio.gather(*map(engine.generate, (request, stored)))] == [expected] * 2


@pytest.mark.parametrize("name", NAMES)
async def test_the_models_own_file_changes_nothing(name: str, make: Make, models: Callable[[str], Path]) -> None:
    # It says: draw, at 0.7, of the 20 likeliest, with a penalty of 1.05.
    (request,) = several(1, eyes=name != "text", max_tokens=48)
    greedy = await make(name).generate(request)
    left_open = Request(messages=request.messages, sampling=Sampling(max_tokens=48, temperature=0.0))
    assert (await make(name).generate(left_open)).text != greedy.text, "what is not said is as the file has it"
    assert greedy.text == plain(models(name), request)


@pytest.mark.parametrize("name", NAMES)
async def test_a_seeded_draw_is_its_own_whatever_shares_its_batch(name: str, make: Make) -> None:
    engine = make(name, batch_size=8)
    request, *_ = several(1, eyes=name != "text")
    drawn = [
        Request(messages=request.messages, sampling=asked("", temperature=1.0, seed=seed).sampling) for seed in range(6)
    ]
    together = await asyncio.gather(*map(engine.generate, drawn))
    assert len({one.text for one in together}) == 6
    assert [await engine.generate(one) for one in reversed(drawn)] == together[::-1]
    unseeded = [Request(messages=request.messages, sampling=asked("", temperature=1.0).sampling)] * 2
    assert len({one.text for one in await asyncio.gather(*map(engine.generate, unseeded))}) == 2


async def test_draws_follow_the_models_own_probabilities() -> None:
    torch = pytest.importorskip("torch", reason="the extra [transformers] is not installed: tox run -e engines")
    from prism_eval.engines.transformers.rules import Rules

    logits = torch.tensor([2.0, 1.0, 0.0, -1.0, -9.0])
    rows = 4000
    rules = Rules(temperature=0.5, top_p=1.0, top_k=3, min_p=0.0, repetition_penalty=1.0)
    scores = logits.repeat(rows, 1)
    for step in rules.processors(list(range(rows))):
        scores = step(torch.zeros(rows, 1, dtype=torch.long), scores)
    counts = torch.bincount(scores.argmax(dim=1), minlength=5) / rows
    wanted = torch.tensor([4.0, 2.0, 0.0]).softmax(dim=0)
    assert torch.allclose(counts[:3], wanted, atol=0.03)
    assert counts[3:].sum() == 0


@pytest.mark.parametrize("name", NAMES)
async def test_how_it_ended_and_what_it_took_is_said(name: str, make: Make) -> None:
    engine = make(name)
    for request in several(6, eyes=name != "text", temperature=1.0, seed=1, max_tokens=300):
        said = await engine.generate(request)
        room = {"text": 512, "qwen": 1024, "llava": 512}[name] - (said.prompt_tokens or 0)
        assert said.completion_tokens is not None
        assert said.finish_reason is (FinishReason.STOP if said.completion_tokens < 300 else FinishReason.LENGTH)
        assert said.completion_tokens <= min(300, room)


@pytest.mark.parametrize("name", NAMES)
async def test_a_text_that_the_context_cuts_is_cut_and_one_that_fills_it_has_no_room(name: str, make: Make) -> None:
    engine = make(name, batch_size=4)
    size = (await engine.probe()).context
    assert size is not None
    eyes = [picture(1)] if name != "text" else []
    # Drawn evenly from all tokens, so that none of them ends early.
    long = asked(*eyes, "red circle " * (size // 4), max_tokens=size - 1)
    beyond = asked(*eyes, "red circle " * size)
    short = several(2, eyes=name != "text")
    cut, none, *fine = await asyncio.gather(*map(engine.generate, [long, beyond, *short]), return_exceptions=True)
    assert isinstance(cut, Completion)
    assert cut.prompt_tokens is not None
    if cut.finish_reason is not FinishReason.STOP:
        assert cut.finish_reason is FinishReason.CONTEXT
        assert cut.prompt_tokens + (cut.completion_tokens or 0) == size
    assert isinstance(none, ContextExceeded)
    assert f"the model's context of {size} tokens" in str(none)
    assert fine == [await engine.generate(request) for request in short], "the others of the batch are not touched"
    with pytest.raises(FatalError, match=f"replies may have {size} tokens"):
        await engine.generate(asked(*eyes, "Describe", max_tokens=size))


@pytest.mark.parametrize("name", ["qwen", "llava"])
async def test_what_is_asked_at_once_is_written_at_once(name: str, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    write = generating.write
    monkeypatch.setattr(
        "prism_eval.engines.transformers.working.write",
        lambda loaded, prompts, given_up: sizes.append(len(prompts)) or write(loaded, prompts, given_up),
    )
    engine = make(name, batch_size=6)
    await engine._ready()
    await asyncio.gather(*map(engine.generate, several(20, eyes=True)))
    assert sum(sizes) == 20
    assert max(sizes) == 6
    assert len(sizes) <= 6


async def test_small_and_large_pictures_go_in_batches_of_their_own(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    lengths: list[set[int]] = []
    write = generating.write
    monkeypatch.setattr(
        "prism_eval.engines.transformers.working.write",
        lambda loaded, prompts, given_up: (
            lengths.append({prompt.length for prompt in prompts}) or write(loaded, prompts, given_up)
        ),
    )
    engine = make("qwen", batch_size=4)
    await engine._ready()
    assert engine.concurrency is not None
    places = asyncio.Semaphore(engine.concurrency)

    async def one(number: int) -> Completion:
        # As a run asks: a new request when a reply has come.
        async with places:
            size = (400, 300) if number % 2 else (100, 80)
            return await engine.generate(asked(picture(number, *size), "Describe", max_tokens=4))

    await asyncio.gather(*map(one, range(40)))
    assert sum(len(batch) > 1 for batch in lengths) <= 1


async def test_one_that_is_given_up_leaves_the_others_alone(make: Make) -> None:
    for name in NAMES:
        engine, requests = make(name, batch_size=4), several(4, eyes=name != "text", max_tokens=200)
        wanted = [await engine.generate(request) for request in requests]
        tasks = [asyncio.create_task(engine.generate(request)) for request in requests]
        await asyncio.sleep(0.05)
        tasks[1].cancel()
        said = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(said.pop(1), asyncio.CancelledError)
        assert said == [one for number, one in enumerate(wanted) if number != 1]


async def test_a_broken_picture_fails_alone(make: Make) -> None:
    engine, requests = make("qwen", batch_size=4), several(3, eyes=True)
    whole = picture(1).data
    header = asked(Image(whole[: len(whole) // 2], "half.png"), "Describe")
    garbage = asked(Image(b"GIF8 no picture", "garbage.gif"), "Describe")
    thin = asked(picture(1, 3000, 10), "Describe")
    *fine, half, none, narrow = await asyncio.gather(
        *map(engine.generate, [*requests, header, garbage, thin]), return_exceptions=True
    )
    assert fine == [await engine.generate(request) for request in requests]
    assert isinstance(half, PermanentError)
    assert "image half.png cannot be decoded" in str(half)
    assert isinstance(none, PermanentError)
    assert "image garbage.gif cannot be decoded" in str(none)
    assert isinstance(narrow, PermanentError)
    assert "aspect ratio" in str(narrow)


async def test_a_conversation_with_a_system_message_and_several_pictures(make: Make) -> None:
    messages = (Message("system", ("Say yes.",)), Message("user", (picture(1), "and", picture(2), "Describe")))
    one = await make("qwen").generate(Request(messages=messages, sampling=asked("").sampling))
    two = await make("qwen").generate(Request(messages=messages[1:], sampling=asked("").sampling))
    assert one.text != two.text
    assert (one.prompt_tokens or 0) > (two.prompt_tokens or 0)


async def test_max_pixels_makes_a_picture_smaller(make: Make) -> None:
    large = await make("qwen").generate(asked(picture(1, 400, 300), "Describe"))
    small = await make("qwen", max_pixels=80 * 60).generate(asked(picture(1, 400, 300), "Describe"))
    assert (small.prompt_tokens or 0) < (large.prompt_tokens or 0)


async def test_a_gguf_file_writes_what_its_folder_would(make: Make, models: Callable[[str], Path]) -> None:
    pytest.importorskip("gguf", reason="the extra [transformers] is not installed: tox run -e engines")
    requests = several(4, eyes=False)
    engine = make("gguf", dtype="float32")
    said = await asyncio.gather(*map(engine.generate, requests))
    assert [one.text for one in said] == [plain(models("text"), request) for request in requests]
    assert engine.identity["model"] == "tiny-F32"
