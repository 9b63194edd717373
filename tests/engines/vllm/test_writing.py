"""Captions, answers and ranks of tiny models: in process, served, and as the transformers engine has them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from prism_eval.engines.transformers.engine import TransformersEngine
from prism_eval.engines.vllm.engine import VLLMEngine
from prism_eval.errors import ContextExceeded, FatalError, PermanentError
from prism_eval.schema import Completion, FinishReason, Image, Message, Request, Sampling
from tests.engines.transformers.conftest import asked, picture, several
from tests.engines.vllm.conftest import Make

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.filterwarnings("ignore")]
WAYS = {"in process": {}, "served": {"serve": True}}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def plain(models: Callable[[str], Path]) -> AsyncIterator[Callable[[str], TransformersEngine]]:
    """The transformers engine with the same weights."""
    made: dict[str, TransformersEngine] = {}

    def engine(name: str) -> TransformersEngine:
        return made.setdefault(name, TransformersEngine(model=str(models(name)), device="cpu", dtype="float32"))

    yield engine
    for one in made.values():
        await one.close()


def whole(said: Completion) -> Completion:
    """The same without the part of a character that a text of random weights may end in: vLLM leaves that out."""
    return replace(said, text=said.text.rstrip("\N{REPLACEMENT CHARACTER}"))


@pytest.fixture(params=WAYS.values(), ids=WAYS)
def engine(request: Any, make: Make) -> VLLMEngine:
    """The vision model, in process and served."""
    return make("qwen", **request.param)


async def test_greedy_captions_are_those_of_transformers(
    engine: VLLMEngine, plain: Callable[[str], TransformersEngine]
) -> None:
    # Of whole patches: what vLLM would scale by torchvision, the other engine scales by Pillow.
    requests = [asked(picture(number, 84 + 28 * (number % 4), 84), f"Describe {number}") for number in range(8)]
    told = await asyncio.gather(*map(engine.generate, requests))
    assert len({one.text for one in told}) == len(requests), "a model that says one thing proves nothing"
    assert list(map(whole, told)) == list(map(whole, await asyncio.gather(*map(plain("qwen").generate, requests))))
    assert [await engine.generate(request) for request in requests] == told


async def test_greedy_answers_are_those_of_transformers(make: Make, plain: Callable[[str], TransformersEngine]) -> None:
    requests = several(8, eyes=False)
    told = [await asyncio.gather(*map(one.generate, requests)) for one in (make("text"), plain("text"))]
    mine, theirs = (list(map(whole, one)) for one in told)
    assert mine == theirs
    assert len(set(mine)) == len(requests)


@pytest.mark.parametrize("how", WAYS.values(), ids=WAYS)
async def test_a_stored_prompt_and_a_turn_that_was_begun_are_gone_on_with(
    how: dict[str, bool], make: Make, plain: Callable[[str], TransformersEngine]
) -> None:
    question, begun = Message("user", ("Which option is right?",)), Message("assistant", ("the tallest is",))
    stored = f"<|im_start|>user\n{question.parts[0]}<|im_end|>\n<|im_start|>assistant\n{begun.parts[0]}"
    sampling = asked("", max_tokens=12).sampling
    told_raw = Request(messages=(), raw=stored, sampling=sampling)
    requests = [told_raw, Request(messages=(question, begun), sampling=sampling)]
    told = [await asyncio.gather(*map(one.generate, requests)) for one in (make("text", **how), plain("text"))]
    assert len({whole(one).text for pair in told for one in pair}) == 1


async def test_draws_are_the_same_in_process_and_served_and_whatever_shares_their_batch(make: Make) -> None:
    inside, served = (make("qwen", **how) for how in WAYS.values())
    requests = [asked(picture(1), "Describe this image.", temperature=1.0, seed=seed) for seed in range(5)]
    drawn = await asyncio.gather(*map(inside.generate, requests))
    assert len({one.text for one in drawn}) == 5
    assert await asyncio.gather(*map(served.generate, requests[::-1])) == drawn[::-1]
    assert [await inside.generate(one) for one in requests] == drawn


async def test_what_is_left_open_is_as_the_models_own_file_has_it_in_process_and_served(make: Make) -> None:
    # It says: at 0.7, of the 20 likeliest, with a penalty of 1.05.
    greedy = asked("Describe the chart in a few words.", max_tokens=48)
    sampling = Sampling(max_tokens=48, temperature=None, top_p=None, seed=5)
    left_open = Request(messages=greedy.messages, sampling=sampling)
    inside, served = [await make("qwen", **how).generate(left_open) for how in WAYS.values()]
    assert inside == served
    said = {"temperature": 0.7, "top_p": 0.8, "top_k": 20, "repetition_penalty": 1.05, "min_p": 0.0}
    assert await make("qwen").generate(replace(left_open, sampling=replace(sampling, **said))) == inside
    assert (await make("qwen").generate(greedy)).text != inside.text


async def test_how_it_ended_and_what_it_took_is_said(engine: VLLMEngine) -> None:
    for request in several(4, eyes=True, temperature=1.0, seed=1, max_tokens=300):
        said = await engine.generate(request)
        assert said.prompt_tokens
        assert said.completion_tokens
        assert said.finish_reason is (FinishReason.STOP if said.completion_tokens < 300 else FinishReason.LENGTH)


async def test_what_has_no_room_is_told_from_what_ran_out_of_it(engine: VLLMEngine) -> None:
    with pytest.raises(ContextExceeded, match="context of 1024 tokens"):
        await engine.generate(asked("chart " * 1100))
    # Random weights may end a text: some of these do not.
    cut = [await engine.generate(asked("chart " * 440, "x" * number, max_tokens=900)) for number in range(4)]
    ended = {one.finish_reason for one in cut}
    assert FinishReason.CONTEXT in ended
    assert ended <= {FinishReason.CONTEXT, FinishReason.STOP}
    assert all("context of 1024 tokens" in one.note for one in cut if one.finish_reason is FinishReason.CONTEXT)
    with pytest.raises(FatalError, match="give a smaller max_tokens"):
        await engine.generate(asked("a", max_tokens=1024))
    with pytest.raises(ContextExceeded):
        await engine.log_likelihood("chart " * 1100, [" one", " two"])


async def test_what_cannot_be_read_costs_its_own_request_alone(engine: VLLMEngine) -> None:
    broken = Image(picture(1).data[:200], "broken.png")
    good, bad = await asyncio.gather(
        engine.generate(asked(picture(2), "Describe")),
        engine.generate(asked(broken, "Describe")),
        return_exceptions=True,
    )
    assert type(bad) is PermanentError
    assert good == await engine.generate(asked(picture(2), "Describe"))


async def test_a_model_of_text_is_shown_no_images(make: Make) -> None:
    with pytest.raises(FatalError, match="takes no images"):
        await make("text").generate(asked(picture(1), "Describe"))


@pytest.mark.parametrize("prompt", ["One and", "Description: caf\u00e9 \ufffd \u2126 blue. Question: which?", ""])
async def test_options_are_ranked_as_by_transformers(
    prompt: str, make: Make, plain: Callable[[str], TransformersEngine]
) -> None:
    options = [" two", " three", " two three four", " A small red circle"]
    mine, theirs = [await one.log_likelihood(prompt, options) for one in (make("text"), plain("text"))]
    # Up to one constant.
    differences = [(one - mine[0]) - (other - theirs[0]) for one, other in zip(mine, theirs, strict=True)]
    assert differences == pytest.approx([0.0] * len(options), abs=2e-3)


async def test_served_it_ranks_as_in_process(make: Make) -> None:
    options = [" two", " three", " two three four"]
    inside, served = [await make("qwen", **how).log_likelihood("One and", options) for how in WAYS.values()]
    assert served == pytest.approx(inside, abs=1e-4)


async def test_what_prompts_begin_with_is_read_once(make: Make) -> None:
    engine = make("text")
    caption = "The chart shows four bars; the tallest is blue. " * 12
    await engine.generate(asked(caption + "Which is the tallest?"))
    before = engine._there().cached
    await engine.generate(asked(caption + "Which is the smallest?"))
    assert engine._there().cached - before > 100


async def test_one_that_is_given_up_is_written_no_further(make: Make) -> None:
    engine = make("text")
    task = asyncio.create_task(engine.generate(asked("a", max_tokens=400, temperature=1.0)))
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await engine.generate(asked("Say yes."))).text


async def test_a_system_message_and_several_pictures_are_told_apart(engine: VLLMEngine) -> None:
    turns = (
        Message("system", ("Be brief.",)),
        Message("user", (picture(1), "and", picture(2), "Which is red?")),
    )
    swapped = (turns[0], Message("user", (picture(2), "and", picture(1), "Which is red?")))
    one, other = [
        await engine.generate(Request(messages=said, sampling=asked("").sampling)) for said in (turns, swapped)
    ]
    assert one.prompt_tokens == other.prompt_tokens
    assert one.text != other.text


async def test_the_same_in_process_and_served_is_one_identity(make: Make) -> None:
    inside, served = (make("qwen", **how) for how in WAYS.values())
    assert inside.identity == served.identity
    assert "takes images, context 1024 tokens" in str(await inside.probe(asked("Say yes.")))
    assert "served by vLLM" in str(await served.probe(asked("Say yes.")))
