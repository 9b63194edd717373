"""The openai engine against a real server on the loopback interface: one clear line for everything that goes wrong."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import dataclasses
import hashlib
import os
import socket
import sys
import tracemalloc
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from prism_eval.engines.http import Unanswered
from prism_eval.engines.openai import OpenAIEngine
from prism_eval.errors import (
    CallError,
    Denied,
    FatalError,
    PermanentError,
    PrismError,
    RateLimited,
    TransientError,
    Unavailable,
    UsageError,
)
from prism_eval.schema import FinishReason, Image, Message, Request, Sampling
from tests.server.plugin import ServerProcess
from tests.server.threaded import ThreadedServer

Make = Callable[..., OpenAIEngine]
Serve = Callable[..., ThreadedServer]
KEY = "sk-very-secret-0123456789"
PICTURE = Image(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
PICTURE_IN_BASE64 = base64.b64encode(PICTURE.data).decode()
ASK = Request(messages=(Message("user", ("How many bars?",)),), sampling=Sampling(max_tokens=9))


@pytest.fixture
async def engine(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Make]:
    """Make engines that are closed after the test."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    made = []

    def make(server: ThreadedServer | str, **options: Any) -> OpenAIEngine:
        url = server if isinstance(server, str) else server.url
        made.append(OpenAIEngine(**{"model": "model", "base_url": url, "timeout": 5.0, **options}))
        return made[-1]

    yield make
    for one in made:
        await one.close()


async def failure(call: Any) -> CallError:
    with pytest.raises(CallError) as caught:
        await call
    message = str(caught.value)
    assert message == " ".join(message.split()), "a message is one line"
    assert KEY not in message
    return caught.value


async def test_sends_images_and_text_in_order_and_sampling(serve: Serve, engine: Make) -> None:
    server = serve()
    request = Request(
        messages=(Message("system", ("Be brief.",)), Message("user", (PICTURE, "Describe it."))),
        sampling=Sampling(temperature=0.5, top_p=0.9, max_tokens=77, seed=3),
        sample=2,
    )
    said = await engine(server).generate(request)
    assert said.text == f"caption of {hashlib.sha256(PICTURE.data).hexdigest()[:16]}"
    assert (said.finish_reason, said.prompt_tokens, said.completion_tokens) == (FinishReason.STOP, 7, 3)
    (body,) = server.server.bodies
    assert body == {
        "model": "model",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {
                "role": "user",
                "content": [
                    {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PICTURE_IN_BASE64}"}},
                    {"type": "text", "text": "Describe it."},
                ],
            },
        ],
        "temperature": 0.5,
        "top_p": 0.9,
        "max_tokens": 77,
        "seed": 3,
    }


async def test_large_images_arrive_whole(serve: Serve, engine: Make) -> None:
    server = serve()
    image = Image(os.urandom(3 * 2**20))
    said = await engine(server).generate(Request(messages=(Message("user", (image, "?")),), sampling=Sampling()))
    assert said.text.endswith(hashlib.sha256(image.data).hexdigest()[:16])
    (headers,) = server.server.headers
    assert int(headers["Content-Length"]) > image_size_in_base64(image)
    assert headers["Content-Type"] == "application/json"
    assert "Transfer-Encoding" not in headers, "some servers refuse chunks"


def image_size_in_base64(image: Image) -> int:
    return len(base64.b64encode(image.data))


async def test_what_was_sent_can_be_sent_again_after_a_reset(serve: Serve, engine: Make) -> None:
    server = serve(fail=1.0, modes=("reset",))
    asking = engine(server)
    request = Request(messages=(Message("user", (Image(os.urandom(2**19)), "?")),), sampling=Sampling())
    await failure(asking.generate(request))
    server.behaviour.fail = 0.0
    await asking.generate(request)
    assert list(server.server.arrivals.values()) == [2], "both times the same bytes"


async def test_a_large_image_is_never_copied_whole(spawn_server: Callable[..., ServerProcess], engine: Make) -> None:
    asking = engine(spawn_server(text="a chart").url)
    await asking.generate(ASK)
    image = Image(bytes(8 * 2**20))
    request = Request(messages=(Message("user", (image, "?")),), sampling=Sampling())
    tracemalloc.start()
    try:
        await asyncio.gather(*(asking.generate(request) for _ in range(4)))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < len(image.data) / 2, "four copies in base64 would be five times the image"


async def test_the_queue_of_one_server_is_no_engines_time(serve: Serve, engine: Make) -> None:
    server = serve(slots=1, latency=0.15)
    captioner, reasoner = engine(server, timeout=0.6), engine(server, timeout=0.6)
    shown = Request(messages=(Message("user", (PICTURE, "?")),), sampling=Sampling())
    captions = [asyncio.create_task(captioner.generate(shown)) for _ in range(10)]
    await asyncio.sleep(0.05)
    assert (await reasoner.generate(ASK)).text
    await asyncio.gather(*captions)


async def test_who_hangs_up_is_started_again_where_any_engine_was_answered(serve: Serve, engine: Make) -> None:
    server = serve(fail=1.0, modes=("reset",))
    reasoner = engine(server)
    assert type(await failure(reasoner.generate(ASK))) is Unanswered
    server.behaviour.fail = 0.0
    await engine(server).generate(ASK)
    server.behaviour.fail = 1.0
    assert type(await failure(reasoner.generate(ASK))) is Unavailable


@pytest.mark.parametrize("mode", ["404", "502", "503"])
async def test_a_router_whose_server_is_gone_for_a_while_is_waited_for(mode: str, serve: Serve, engine: Make) -> None:
    server = serve()
    asking = engine(server)
    await asking.generate(ASK)
    server.behaviour = dataclasses.replace(server.behaviour, models=(), fail=1.0, modes=(mode,))
    server.server.behaviour = server.behaviour
    assert type(await failure(asking.generate(ASK))) is Unavailable
    assert type(await failure(engine(server).generate(ASK))) is (FatalError if mode == "404" else Unavailable)


async def test_no_seed_is_sent_without_one_and_the_limit_can_be_renamed(serve: Serve, engine: Make) -> None:
    server = serve()
    await engine(server, limit_name="max_completion_tokens").generate(ASK)
    (body,) = server.server.bodies
    assert body["max_completion_tokens"] == 9
    assert not {"seed", "max_tokens"} & body.keys()


@pytest.mark.parametrize(
    ("mode", "kind", "words"),
    [
        ("400", PermanentError, "this request is not valid"),
        ("401", Denied, "$OPENAI_API_KEY is not set: incorrect API key provided"),
        ("403", Denied, "refuses this request, or the key, and $OPENAI_API_KEY is not set: forbidden"),
        ("404", FatalError, "served, but not for chat completions"),
        ("413", PermanentError, "request entity too large"),
        ("422", PermanentError, "unprocessable entity"),
        ("429", RateLimited, "too many requests"),
        ("credit", RateLimited, "out of credit or asked too fast: you exceeded your current quota"),
        ("500", TransientError, "internal server error"),
        ("503", Unavailable, "loading the model"),
        ("reset", Unanswered, "closed the connection without a reply"),
        ("cut", TransientError, "cut its reply short"),
        ("malformed", TransientError, "not valid JSON"),
        ("html", TransientError, "not valid JSON"),
        ("empty", TransientError, "no choices"),
        ("null", TransientError, "first choice is empty"),
        ("huge", PermanentError, "longer than 16 MiB"),
        ("redirect", FatalError, "redirects to http://example.invalid"),
        ("hang", TransientError, "no complete reply within 0.3 s; where replies take longer, raise timeout="),
        ("slow", TransientError, "no complete reply within 0.3 s"),
    ],
)
async def test_each_fault_is_one_clear_line(
    mode: str, kind: type[CallError], words: str, serve: Serve, engine: Make
) -> None:
    server = serve(fail=1.0, modes=(mode,))
    timeout = 0.3 if mode in ("hang", "slow") else 5.0
    error = await failure(engine(server, timeout=timeout).generate(ASK))
    assert type(error) is kind
    assert words in str(error)
    assert server.url in str(error)
    assert sum(server.server.arrivals.values()) == 1, "one attempt a call"


@pytest.mark.parametrize(("header", "seconds"), [("1.5", 1.5), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0), ("soon", None)])
async def test_rate_limit_says_how_long(header: str, seconds: float | None, serve: Serve, engine: Make) -> None:
    error = await failure(engine(serve(fail=1.0, modes=("429",), retry_after=header)).generate(ASK))
    assert isinstance(error, RateLimited)
    assert error.retry_after == seconds


@pytest.mark.parametrize(
    ("mode", "text", "reason"),
    [
        ("filtered", "", FinishReason.FILTERED),
        ("refusal", "I cannot help.", FinishReason.FILTERED),
        ("length", "The chart shows", FinishReason.LENGTH),
    ],
)
async def test_reasons_to_stop(mode: str, text: str, reason: FinishReason, serve: Serve, engine: Make) -> None:
    said = await engine(serve(fail=1.0, modes=(mode,))).generate(ASK)
    assert (said.text, said.finish_reason) == (text, reason)


async def test_a_port_nobody_listens_on_may_be_a_server_that_is_being_started(serve: Serve, engine: Make) -> None:
    server = serve()
    server.stop()
    error = await failure(engine(server).generate(ASK))
    assert isinstance(error, Unavailable)
    assert error.unproven
    assert f"{server.url}: cannot connect (connection refused)" in str(error)


async def test_a_server_that_dies_later_is_worth_another_try(serve: Serve, engine: Make) -> None:
    server = serve()
    asking = engine(server)
    await asking.generate(ASK)
    server.stop()
    assert isinstance(await failure(asking.generate(ASK)), TransientError)


async def test_an_unknown_host_is_fatal(engine: Make) -> None:
    error = await failure(engine("http://no-such-host.invalid:1/v1").generate(ASK))
    assert type(error) is FatalError
    assert "cannot connect" in str(error)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse where Linux ignores")
async def test_a_host_that_never_accepts_is_absent(engine: Make) -> None:
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        error = await failure(engine(f"http://127.0.0.1:{full.getsockname()[1]}/v1", timeout=0.4).generate(ASK))
    assert isinstance(error, Unavailable)
    assert "cannot connect (no reply from the host)" in str(error)


async def test_https_to_a_plain_server_is_fatal(serve: Serve, engine: Make) -> None:
    error = await failure(engine(serve().url.replace("http:", "https:")).generate(ASK))
    assert type(error) is FatalError
    assert "TLS" in str(error)


async def test_a_port_that_speaks_something_else(engine: Make) -> None:
    async def mutter(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.6\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(mutter, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        error = await failure(engine(f"http://127.0.0.1:{port}/v1").generate(ASK))
    assert type(error) is TransientError
    assert "not HTTP" in str(error)


async def test_a_model_that_is_not_served_is_fatal_before_any_call(serve: Serve, engine: Make) -> None:
    server = serve(models=("tiny", "large"))
    error = await failure(engine(server).generate(ASK))
    assert type(error) is FatalError
    assert "does not list the model 'model' but large, tiny" in str(error)
    assert not server.server.arrivals


async def test_a_model_that_goes_away_later_is_fatal(serve: Serve, engine: Make) -> None:
    server = serve()
    asking = engine(server)
    await asking.generate(ASK)
    server.behaviour.models = ("other",)
    error = await failure(asking.generate(ASK))
    assert type(error) is FatalError
    assert "the model 'model' is not served, but other" in str(error)


async def test_an_unlisted_model_can_be_insisted_on(serve: Serve, engine: Make) -> None:
    asking = engine(serve(models=("tiny",)), check_model=False)
    assert "does not list model" in (await asking.probe()).note
    assert "'model' is not served, but tiny" in str(await failure(asking.generate(ASK)))


@pytest.mark.parametrize("listed", ["model", "models/model", "model:latest"])
async def test_names_are_listed_in_several_ways(listed: str, serve: Serve, engine: Make) -> None:
    server = serve(models=(listed,))
    assert (await engine(server).probe()).note == f"{server.url}: serves model"


async def test_a_server_without_a_list_passes(serve: Serve, engine: Make) -> None:
    asking = engine(serve(models=()))
    assert "keeps no list" in (await asking.probe()).note
    assert (await asking.generate(ASK)).text.startswith("Answer: ")


async def test_a_wrong_path_is_fatal_and_says_where_the_api_begins(serve: Serve, engine: Make) -> None:
    error = await failure(engine(serve().url + "/deeper").generate(ASK))
    assert type(error) is FatalError
    assert "base_url does not end where the API begins" in str(error)


@pytest.mark.parametrize("mode", ["429", "500", "503", "reset", "cut", "malformed", "hang", "html"])
async def test_a_check_that_stumbles_does_not_stop_the_calls(mode: str, serve: Serve, engine: Make) -> None:
    server = serve(fail=1.0, modes=(mode,), faults_in_list=True)
    asking = engine(server, timeout=0.3)
    assert (await asking.probe()).note
    server.behaviour.faults_in_list = False
    server.behaviour.fail = 0.0
    assert (await asking.generate(ASK)).text.startswith("Answer: ")


async def test_a_refused_list_is_a_refused_key_before_any_call(serve: Serve, engine: Make) -> None:
    server = serve(key=KEY)
    error = await failure(engine(server).generate(ASK))
    assert type(error) is FatalError
    assert "$OPENAI_API_KEY is not set" in str(error)
    assert not server.server.arrivals


async def test_a_404_is_clear_even_if_the_list_breaks_off(serve: Serve, engine: Make) -> None:
    server = serve(fail=1.0, modes=("404",))
    asking = engine(server)
    await failure(asking.generate(ASK))
    server.behaviour.modes, server.behaviour.faults_in_list, server.behaviour.models = ("reset",), True, ("other",)
    error = await failure(asking.generate(ASK))
    assert type(error) is FatalError
    assert "no model 'model' here" in str(error)


async def test_concurrent_calls_share_one_check_and_wait_for_nobody(serve: Serve, engine: Make) -> None:
    server = serve(latency=0.1)
    asking = engine(server, concurrency=3)
    await asyncio.gather(*(asking.generate(ASK) for _ in range(150)))
    assert server.server.lists == 1
    assert server.server.most_under_way > 100, "who calls keeps the limit, over all engines of one address"


async def test_the_address_is_the_servers_and_the_root_what_it_says(serve: Serve, engine: Make) -> None:
    server = serve(root="/data/qwen\n-72b-awq")
    asking = engine(server)
    assert (asking.address, asking.root) == (server.url, None)
    await asking.generate(ASK)
    assert asking.root == "/data/qwen -72b-awq"
    server.behaviour.root = ""
    await asking.probe()
    assert asking.root is None


async def test_a_call_given_up_does_not_take_the_check_from_the_others(serve: Serve, engine: Make) -> None:
    asking = engine(serve())
    first, second = asyncio.ensure_future(asking.generate(ASK)), asyncio.ensure_future(asking.generate(ASK))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).text.startswith("Answer: ")


async def test_a_server_that_comes_up_after_a_failed_check_is_found(serve: Serve, engine: Make) -> None:
    server = serve(models=("tiny",))
    asking = engine(server)
    await failure(asking.generate(ASK))
    server.behaviour.models = ("model",)
    assert (await asking.generate(ASK)).text.startswith("Answer: ")


def test_an_engine_serves_one_event_loop_after_another(serve: Serve) -> None:
    server = serve()
    asking = OpenAIEngine(model="model", base_url=server.url)

    async def once() -> str:
        try:
            return (await asking.generate(ASK)).text
        finally:
            await asking.close()

    assert asyncio.run(once()) == asyncio.run(once())


async def test_the_key_is_sent_and_never_shown(serve: Serve, engine: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTHER_KEY", f"{KEY}\n")
    server = serve(key=KEY)
    asking = engine(server, api_key_env="OTHER_KEY")
    await asking.generate(ASK)
    assert server.server.headers[0]["Authorization"] == f"Bearer {KEY}"
    assert KEY not in repr(asking) + str(asking.identity)
    server.behaviour.key = "another"
    error = await failure(asking.generate(ASK))
    assert "$OTHER_KEY was refused" in str(error)


async def test_a_server_that_repeats_the_key_is_not_quoted_with_it(
    serve: Serve, engine: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    server = serve(models=(f"your key is {KEY}",))
    assert "***" in str(await failure(engine(server).probe()))


async def test_a_key_that_cannot_be_one_is_fatal(serve: Serve, engine: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-a\nsk-b")
    assert "$OPENAI_API_KEY" in str(await failure(engine(serve()).generate(ASK)))


async def test_no_key_means_no_header(serve: Serve, engine: Make) -> None:
    server = serve()
    await engine(server).generate(ASK)
    assert "Authorization" not in server.server.headers[0]


def test_identity_is_the_weights_and_not_the_way_to_them() -> None:
    one = OpenAIEngine(model="m", revision="r", base_url="http://a/v1", timeout=1, concurrency=2, api_key_env="A")
    assert one.identity == {
        "plugin": "openai",
        "version": "1",
        "model": "m",
        "revision": "r",
        "extra_body": {},
        "limit_name": "max_tokens",
        "max_pixels": None,
        "image_format": None,
    }


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"model": " "}, "model"),
        ({"timeout": 0}, "timeout"),
        ({"timeout": float("nan")}, "timeout"),
        ({"concurrency": 0}, "concurrency"),
        ({"base_url": "localhost:8000/v1"}, "did you mean 'http://localhost:8000/v1'"),
    ],
)
def test_options_that_cannot_be_are_usage_errors(options: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        OpenAIEngine(**{"model": "m", **options})
    assert isinstance(caught.value, PrismError)
