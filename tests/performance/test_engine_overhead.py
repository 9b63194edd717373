"""What the openai engine costs over a bare client on the same server. Run with ``-m performance -s``."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import random
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence

import aiohttp
import pytest

from prism_eval.engines.openai import OpenAIEngine
from prism_eval.schema import Image, Message, Request, Sampling
from tests.server.plugin import ServerProcess

pytestmark = pytest.mark.performance
_IN_FLIGHT, _ROUNDS = 16, 7
_PROMPT = "Describe the image in detail."
_BEFORE = b'{"model": "model", "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "'
_AFTER = b'"}}, {"type": "text", "text": "Describe the image in detail."}]}], "max_tokens": 1024}'

Call = Callable[[bytes], Awaitable[object]]


def pictures_of(size: int, count: int) -> list[bytes]:
    """So many images of so many bytes, all different; nobody decodes them."""
    rng = random.Random(0)
    return [b"\xff\xd8\xff" + rng.randbytes(size - 3) for _ in range(count)]


async def timed(call: Call, pictures: Sequence[bytes]) -> tuple[float, float]:
    """Wall and processor milliseconds a picture, sixteen in flight."""
    waiting = iter(pictures)

    async def work() -> None:
        for picture in waiting:
            await call(picture)

    wall, processor = time.perf_counter(), time.process_time()
    await asyncio.gather(*(work() for _ in range(_IN_FLIGHT)))
    spent = time.perf_counter() - wall, time.process_time() - processor
    return spent[0] * 1000 / len(pictures), spent[1] * 1000 / len(pictures)


def clients(session: aiohttp.ClientSession, engine: OpenAIEngine) -> dict[str, Call]:
    """The engine, and beside it a loop that does nothing but the request: put together by hand, or by an encoder."""

    async def post(body: bytes) -> object:
        headers = {"Content-Type": "application/json"}
        data = io.BytesIO(body) if len(body) > 2**20 else body
        async with session.post(f"{engine.base_url}/chat/completions", data=data, headers=headers) as response:
            return json.loads(await response.read())["choices"][0]["message"]["content"]

    async def bare(picture: bytes) -> object:
        return await post(_BEFORE + b"data:image/jpeg;base64," + base64.b64encode(picture) + _AFTER)

    async def encoder(picture: bytes) -> object:
        url = f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}"
        parts = [{"type": "image_url", "image_url": {"url": url}}, {"type": "text", "text": _PROMPT}]
        body = {"model": "model", "messages": [{"role": "user", "content": parts}], "max_tokens": 1024}
        return await post(json.dumps(body).encode())

    async def ours(picture: bytes) -> object:
        message = Message("user", (Image(picture), _PROMPT))
        return await engine.generate(Request(messages=(message,), sampling=Sampling()))

    return {"bare": bare, "encoder": encoder, "engine": ours}


@pytest.mark.parametrize(
    ("kilobytes", "calls", "over_bare", "over_encoder"),
    [(20, 400, 1.6, 1.4), (200, 200, 1.5, 0.85), (3000, 24, 1.3, 0.6)],
)
async def test_engine_is_nearly_as_fast_as_a_bare_client(
    kilobytes: int, calls: int, over_bare: float, over_encoder: float, spawn_server: Callable[..., ServerProcess]
) -> None:
    pictures = pictures_of(kilobytes * 1000, calls)
    engine = OpenAIEngine(model="model", base_url=spawn_server(text="A chart.").url)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        ways = clients(session, engine)
        for call in ways.values():
            await timed(call, pictures[:_IN_FLIGHT])
        rounds = [{name: await timed(call, pictures) for name, call in ways.items()} for _ in range(_ROUNDS)]
    await engine.close()
    wall, processor = (
        {name: statistics.median(spent[name][which] for spent in rounds) for name in ways} for which in (0, 1)
    )
    throughput = statistics.median(spent["bare"][0] / spent["engine"][0] for spent in rounds)
    to = {name: statistics.median(spent["engine"][1] / spent[name][1] for spent in rounds) for name in ways}
    print(
        f"\nengine, images of {kilobytes} kB: {1000 / wall['engine']:.0f} requests/s, {throughput:.2f} of a bare loop; "
        f"processor {processor['engine']:.2f} ms a request, {to['bare']:.2f} of a bare client's "
        f"({processor['bare']:.2f} ms) and {to['encoder']:.2f} of one through a JSON encoder "
        f"({processor['encoder']:.2f} ms)"
    )
    assert throughput > 0.7
    assert to["bare"] < over_bare
    assert to["encoder"] < over_encoder
