"""One model behind several servers, asked by the engine alone."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from prism_eval.engines.openai import OpenAIEngine
from prism_eval.errors import CallError, FatalError, Unavailable, UsageError
from prism_eval.plugins import Spec, build
from prism_eval.plugins.build import label_of
from prism_eval.reasoners import REASONER
from prism_eval.schema import Message, Request, Sampling
from tests.server.threaded import ThreadedServer

Make = Callable[..., OpenAIEngine]
Serve = Callable[..., ThreadedServer]


def ask(caption: str = "A bar.", question: str = "How many?") -> Request:
    return Request(messages=(Message("user", (f"{caption}\n\n{question}",)),), sampling=Sampling(max_tokens=9))


@pytest.fixture
async def engine(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Make]:
    """Make engines that are closed after the test."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    made = []

    def make(*servers: ThreadedServer, **options: Any) -> OpenAIEngine:
        made.append(
            OpenAIEngine(**{"model": "model", "base_url": [one.url for one in servers], "timeout": 5.0, **options})
        )
        return made[-1]

    yield make
    for one in made:
        await one.close()


def answered(server: ThreadedServer) -> int:
    return sum(event.outcome == "ok" for event in server.server.events)


@pytest.mark.parametrize(
    "given",
    [
        "http://a:1/v1,http://b:2/v1",
        " http://a:1/v1 , http://B:2/",
        '["http://a:1/v1", "http://b:2/v1"]',
        ["http://a:1/v1", "http://b:2/v1"],
        ("http://a:1", "http://b:2"),
    ],
)
def test_several_addresses_are_a_text_or_a_list(given: Any) -> None:
    engine = OpenAIEngine(model="m", base_url=given)
    assert engine.addresses == ("http://a:1/v1", "http://b:2/v1")
    assert engine.address == "http://a:1/v1, http://b:2/v1"
    assert engine.replicas == 2


def test_the_environment_may_name_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://a:1/v1,http://b:2/v1")
    assert OpenAIEngine(model="m").addresses == ("http://a:1/v1", "http://b:2/v1")


@pytest.mark.parametrize(
    "given", ["http://a:1,b:2", "http://a:1,http://a:1/v1", '["http://a:1"', '["http://a:1", 2]', "[]", ","]
)
def test_what_is_no_list_of_addresses_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(UsageError, match="base_url"):
        OpenAIEngine(model="m", base_url=given)


def test_addresses_are_no_part_of_who_it_is() -> None:
    texts = ("http://a:1", "http://a:1,http://b:2", '["http://b:2","http://c:3"]')
    specs = [Spec.parse(f"openai:m?base_url={text}") for text in texts]
    prompts = {
        "choice_prompt": "{caption}\n\n{question}\n{options}",
        "short_prompt": "{caption}\n\n{question}",
        "rank_prompt": "{caption}\n\n{question}",
        "prior_prompt": "{question}",
    }
    assert len({build(REASONER, spec, prompts).identity_digest for spec in specs}) == 1
    assert {label_of(REASONER, spec) for spec in specs} == {"openai:m"}


async def test_the_least_busy_is_asked(serve: Serve, engine: Make) -> None:
    servers = [serve(latency=0.3) for _ in range(3)]
    asking = engine(*servers)
    await asyncio.gather(*(asking.generate(ask(f"caption {number}")) for number in range(12)))
    assert [answered(server) for server in servers] == [4, 4, 4]


async def test_questions_on_one_caption_meet_one_server(serve: Serve, engine: Make) -> None:
    servers = [serve(caches=True) for _ in range(4)]
    asking = engine(*servers)
    for caption in range(24):
        text = " ".join(f"word{caption}-{number}" for number in range(64))
        for question in range(4):
            await asking.generate(ask(text, f"Question {question}?"))
    hits, blocks = (sum(getattr(one.server.cache, name) for one in servers) for name in ("hits", "blocks"))
    assert hits == blocks * 3 / 4, "all but the first question on each caption"
    assert all(answered(server) for server in servers)


@pytest.mark.parametrize("mode", ["away", "503", "busy", "429", "reset", "502"])
async def test_another_takes_over_at_once(serve: Serve, engine: Make, mode: str) -> None:
    good, bad = serve(), serve(fail=1.0, modes=("503" if mode == "away" else mode,))
    if mode == "away":
        bad.go_away()
    asking = engine(bad, good)
    said = await asyncio.gather(*(asking.generate(ask(f"caption {number}")) for number in range(8)))
    assert len(said) == answered(good) == 8


async def test_where_none_is_there_it_is_as_with_one(serve: Serve, engine: Make) -> None:
    servers = serve(), serve()
    for server in servers:
        server.go_away()
    with pytest.raises(Unavailable, match=r"cannot connect \(connection refused\)"):
        await engine(*servers).generate(ask())


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ({"root": "/a"}, {"root": "/b"}, "root is /a and /b"),
        ({"root": "/a"}, {}, "root is /a and None"),
        (
            {"root": "/a", "context": 4096},
            {"root": "/a", "context": 8192},
            "max_model_len is",
        ),
        ({}, {"models": ("another",)}, "does not list the model 'model' but another"),
    ],
)
async def test_servers_of_other_weights_are_refused_in_one_line(
    serve: Serve, engine: Make, one: dict[str, Any], other: dict[str, Any], said: str
) -> None:
    first, second = serve(**one), serve(**other)
    for ask_it in (OpenAIEngine.probe, _many):
        with pytest.raises(FatalError) as caught:
            await ask_it(engine(first, second))
        message = str(caught.value)
        assert said in message.replace("8192 and 4096", "4096 and 8192").replace("/b and /a", "/a and /b").replace(
            "None and /a", "/a and None"
        )
        assert second.url in message
        assert "do not serve" not in message or first.url in message
        assert "\n" not in message


async def _many(asking: OpenAIEngine) -> None:
    for number in range(20):
        await asking.generate(ask(f"caption {number}"))


async def test_one_that_comes_back_with_other_weights_is_refused(serve: Serve, engine: Make) -> None:
    first, second = serve(root="/a"), serve(root="/a")
    asking = engine(first, second)
    await _many(asking)
    second.go_away()
    second.behaviour.root = "/b"
    second.come_back()
    assert await asking.is_there(second.url)
    with pytest.raises(FatalError, match=r"root is /a and /b"):
        await _many(asking)


@pytest.mark.parametrize(
    ("health", "models", "there"), [(200, ("model",), True), (503, ("model",), False), (0, (), True)]
)
async def test_health_says_whether_it_is_there(
    serve: Serve, engine: Make, health: int, models: tuple[str, ...], there: bool
) -> None:
    server = serve(health=health, models=models)
    assert await engine(server).is_there(server.url) is there
    assert server.server.looks == 1
    server.go_away()
    assert not await engine(server).is_there(server.url)


async def test_the_probe_tells_of_all(serve: Serve, engine: Make) -> None:
    servers = serve(root="/a", version="0.32.0"), serve(root="/a", version="0.32.0"), serve(root="/a")
    servers[2].go_away()
    found = await engine(*servers).probe(ask())
    assert (found.root, found.version, found.log_probabilities, found.several) == ("/a", "0.32.0", True, True)
    assert [server.url in found.note for server in servers] == [True, True, True]
    assert "connection refused" in found.note
    for server in servers[:2]:
        server.go_away()
    with pytest.raises(Unavailable):
        await engine(*servers).probe(ask())


async def test_a_key_that_one_server_refuses_ends_the_probe(serve: Serve, engine: Make) -> None:
    good, bad = serve(), serve(key="sk-x")
    with pytest.raises(CallError, match="wants a key"):
        await engine(good, bad).probe()


async def test_remarks_name_the_server(serve: Serve, engine: Make) -> None:
    narrow = serve(fields=("temperature", "top_p", "max_tokens", "seed"))
    asking = engine(serve(), narrow)
    sampling = Sampling(max_tokens=9, top_k=-1)
    for number in range(8):
        await asking.generate(Request(messages=(Message("user", (f"{number}",)),), sampling=sampling))
    (remark,) = asking.remarks
    assert remark.startswith(f"{narrow.url} does not take top_k")
    assert Counter(map(answered, [narrow])) != Counter([0])
