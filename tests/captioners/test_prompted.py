"""The prompted captioner, over the real engine and a real server."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from prism_eval.captioners import CAPTIONER
from prism_eval.captioners.prompted import PromptedCaptioner
from prism_eval.engines.openai import OpenAIEngine
from prism_eval.errors import UsageError
from prism_eval.plugins import Spec, build
from prism_eval.schema import NEUTRAL, Caption, FinishReason, Image, Sampling
from tests.server.threaded import ThreadedServer

Make = Callable[..., PromptedCaptioner]
ONE, TWO = Image(b"\x89PNG one"), Image(b"\xff\xd8\xff two")


@pytest.fixture
def server(serve: Callable[..., ThreadedServer]) -> ThreadedServer:
    return serve()


@pytest.fixture
async def captioner(server: ThreadedServer) -> AsyncIterator[Make]:
    """Make captioners that are closed after the test."""
    made = []

    def make(**options: Any) -> PromptedCaptioner:
        engine = OpenAIEngine(model="model", base_url=server.url)
        made.append(PromptedCaptioner(**{"engine": engine, "prompt": "Describe {this}.", **options}))
        return made[-1]

    yield make
    for one in made:
        await one.close()


async def test_images_come_first_and_the_prompt_as_it_is(server: ThreadedServer, captioner: Make) -> None:
    caption = await captioner().caption([ONE, TWO], sample=0, question="never sent")
    digests = [hashlib.sha256(image.data).hexdigest()[:16] for image in (ONE, TWO)]
    assert caption == Caption(f"caption of {digests[0]} {digests[1]}", FinishReason.STOP, 7, 4)
    (body,) = server.server.bodies
    (message,) = body["messages"]
    assert message["role"] == "user"
    assert [part["type"] for part in message["content"]] == ["image_url", "image_url", "text"]
    assert message["content"][-1]["text"] == "Describe {this}."


@pytest.mark.parametrize(
    ("options", "seeds"),
    [
        ({"sampling": Sampling(temperature=1.0, seed=40)}, [40, 41, 42]),
        ({"sampling": Sampling(temperature=0.0, seed=40)}, [40, 40, 40]),
        ({"sampling": Sampling(temperature=1.0)}, [None, None, None]),
    ],
)
async def test_each_sample_has_its_own_seed_where_chance_plays(
    options: dict[str, Any], seeds: list[int | None], server: ThreadedServer, captioner: Make
) -> None:
    describing = captioner(**options)
    for sample in range(3):
        await describing.caption([ONE], sample=sample)
    assert [body.get("seed") for body in server.server.bodies] == seeds


def test_identity_holds_engine_prompt_and_sampling() -> None:
    engine = OpenAIEngine(model="m", revision="r", timeout=3)
    sampling = Sampling(temperature=1.0, top_p=0.5, max_tokens=9, seed=2)
    captioner = PromptedCaptioner(engine=engine, prompt="p", sampling=sampling)
    assert captioner.identity == {
        "plugin": "prompted",
        "version": "1",
        "engine": dict(engine.identity),
        "prompt": "p",
        "sampling": {"temperature": 1.0, "top_p": 0.5, "max_tokens": 9, "seed": 2} | dict.fromkeys(NEUTRAL),
    }


@pytest.mark.parametrize(
    "options",
    [
        *({"temperature": -0.1}, {"temperature": float("nan")}, {"top_p": 0.0}, {"top_p": 1.1}, {"max_tokens": 0}),
        *({"repetition_penalty": 0.0}, {"top_k": -2}, {"min_p": 1.5}, {"min_p": float("nan")}),
    ],
)
def test_sampling_that_cannot_be_is_a_usage_error(options: dict[str, Any]) -> None:
    (name,) = options
    (value,) = options.values()
    with pytest.raises(ValueError, match=name):
        Sampling(**options)
    with pytest.raises(UsageError, match=name):
        build(CAPTIONER, Spec.parse(f"openai:m?{name}={value}"), {"prompt": "p"})
