"""Log-likelihoods held against one full forward pass for each option."""

from __future__ import annotations

import asyncio
import itertools
import time
from typing import Any

import pytest

from prism_eval.engines.transformers.engine import TransformersEngine
from prism_eval.errors import ContextExceeded
from tests.engines.transformers.conftest import Make, asked, picture

PROMPT = "Description of an image:\nA red circle, top left.\n\nQuestion: which colour?\nAnswer:"
OPTIONS = [" red", " blue circle", " the tallest is blue", " 2021, with 42 percent", " red"]


def naive(engine: TransformersEngine, prompt: str, options: list[str]) -> list[float]:
    """The log-likelihood of each whole text, by a forward pass of its own."""
    import torch

    assert engine._resident is not None
    loaded = engine._resident._loaded.result()
    said = []
    for option in options:
        ids = torch.tensor([loaded.tokenizer.encode(prompt + option)])
        with torch.inference_mode():
            likely = loaded.model(input_ids=ids).logits[0, :-1].float().log_softmax(dim=-1)
        said.append(float(likely.gather(1, ids[0, 1:, None]).double().sum()))
    return said


def differences(values: list[float]) -> list[float]:
    return [value - values[0] for value in values]


async def counted(engine: TransformersEngine) -> list[int]:
    """The tokens of each forward pass from now on."""
    await engine._ready()
    assert engine._resident is not None
    model, sizes = engine._resident._loaded.result().model, []
    model.register_forward_pre_hook(
        lambda module, args, kwargs: sizes.append(kwargs["input_ids"].numel()), with_kwargs=True
    )
    return sizes


@pytest.mark.parametrize("name", ["text", "base", "qwen", "llava"])
async def test_it_equals_a_full_forward_for_each_option(name: str, make: Make) -> None:
    engine = make(name)
    got = await engine.log_likelihood(PROMPT, OPTIONS)
    assert differences(got) == pytest.approx(differences(naive(engine, PROMPT, OPTIONS)), abs=1e-4)
    assert got[0] == got[-1]
    # With a picture in between, whose places a vision model remembers.
    if name in ("qwen", "llava"):
        await engine.generate(asked(picture(3), "Describe"))
        assert await engine.log_likelihood(PROMPT, OPTIONS) == pytest.approx(got, abs=1e-4)


@pytest.mark.parametrize(
    ("prompt", "options"),
    [
        # The letters on both sides of the boundary are one token: " circ" + "le".
        ("A small red circ", ["le is at the top", "us", "", "le"]),
        ("A", [" red", " blue"]),
        ("red", ["", " circle"]),
        ("caf", ["\N{LATIN SMALL LETTER E WITH ACUTE} noir", "\N{LATIN SMALL LETTER E WITH GRAVE} noir", "e noir"]),
        ("Answer: \N{FACE WITH TEARS OF JOY}", ["\N{PILE OF POO}", "\N{SNOWMAN}", " none"]),
        ("Answer:", [" B", " A", " C", " D"]),
        ("Only one", [" way"]),
    ],
)
async def test_tokens_at_the_boundary_are_counted(prompt: str, options: list[str], make: Make) -> None:
    engine = make("text")
    got = await engine.log_likelihood(prompt, options)
    assert differences(got) == pytest.approx(differences(naive(engine, prompt, options)), abs=1e-4)


async def test_what_was_asked_before_changes_nothing(make: Make) -> None:
    captions = ["A red circle is at the top left. ", "The chart shows four bars. ", "", "A red circle. "]
    prompts = [f"{caption}Question: {word}?\nAnswer:" for caption in captions for word in ("which", "how many")]
    engine = make("text")
    together = await asyncio.gather(*(engine.log_likelihood(prompt, OPTIONS) for prompt in prompts))
    for prompt, got in zip(prompts, together, strict=True):
        assert differences(got) == pytest.approx(differences(naive(engine, prompt, OPTIONS)), abs=1e-4)


async def test_a_caption_is_read_once_for_all_its_options_and_questions(make: Make) -> None:
    engine = make("text")
    sizes = await counted(engine)
    caption = "A small red circle is at the top left of a white background. " * 12
    prompts = [f"{caption}\nQuestion: {word}?\nAnswer:" for word in ("which", "how many", "where", "who")]
    await asyncio.gather(*(engine.log_likelihood(prompt, OPTIONS) for prompt in prompts))
    assert engine._resident is not None
    words = engine._resident._loaded.result().tokenizer
    alone = sum(len(words.encode(prompt + option)) for prompt, option in itertools.product(prompts, OPTIONS))
    assert len(sizes) == 2 * len(prompts), "one pass for what is new of a prompt, one for all options"
    assert sum(sizes) < alone / 8


async def test_it_is_faster_than_an_option_at_a_time(make: Make) -> None:
    engine = make("wide")
    caption = "The chart shows four bars; the tallest is blue and stands for 2021. " * 40
    prompts = [f"{caption}\nQuestion: {number}?\nAnswer:" for number in range(6)]
    await engine.log_likelihood(prompts[0], OPTIONS)
    naive(engine, prompts[0], OPTIONS)
    begun = time.perf_counter()
    for prompt in prompts:
        await engine.log_likelihood(prompt, OPTIONS)
    ours = time.perf_counter() - begun
    begun = time.perf_counter()
    for prompt in prompts:
        naive(engine, prompt, OPTIONS)
    ratio = (time.perf_counter() - begun) / ours
    print(f"\nranking: {ratio:.1f} x as fast as a full forward pass for each option")
    assert ratio > 3


async def test_a_model_that_cannot_cut_its_memory_back_reads_all_again(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prism_eval.engines.transformers.ranking.Ranker._empty", lambda self: None)
    engine = make("text", batch_size=2)
    for _ in range(2):
        got = await engine.log_likelihood(PROMPT, OPTIONS)
        assert differences(got) == pytest.approx(differences(naive(engine, PROMPT, OPTIONS)), abs=1e-4)


async def test_what_does_not_fit_the_context_has_no_room(make: Make) -> None:
    engine: Any = make("text")
    with pytest.raises(ContextExceeded, match="the model's context of 512 tokens"):
        await engine.log_likelihood("red circle " * 400, OPTIONS)
    assert len(await engine.log_likelihood(PROMPT, OPTIONS)) == len(OPTIONS)
