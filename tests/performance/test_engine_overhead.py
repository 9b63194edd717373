"""What the openai engine costs over a bare client on the same server. Run with ``-m performance -s``."""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from io import BytesIO

import aiohttp
import pytest
from PIL import Image as Pillow

from prism_eval.engines.openai import OpenAIEngine
from prism_eval.schema import Image, Message, Request, Sampling
from tests.server.plugin import ServerProcess

pytestmark = pytest.mark.performance
_CALLS, _IN_FLIGHT, _ROUNDS = 400, 16, 5
_PROMPT = "Describe the image in detail."


def photographs(count: int) -> list[bytes]:
    """JPEGs of 256 x 256 pixels, about 20 kB each, all different."""
    rng = random.Random(0)
    pictures = []
    for _ in range(count):
        picture = Pillow.frombytes("RGB", (64, 64), rng.randbytes(64 * 64 * 3)).resize((256, 256))
        buffer = BytesIO()
        picture.save(buffer, "JPEG", quality=90)
        pictures.append(buffer.getvalue())
    return pictures


async def timed(call: Callable[[bytes], Awaitable[object]], pictures: Sequence[bytes]) -> tuple[float, float]:
    """Wall and processor seconds of one call a picture, sixteen in flight."""
    waiting = iter(pictures)

    async def work() -> None:
        for picture in waiting:
            await call(picture)

    wall, processor = time.perf_counter(), time.process_time()
    await asyncio.gather(*(work() for _ in range(_IN_FLIGHT)))
    return time.perf_counter() - wall, time.process_time() - processor


async def test_engine_is_nearly_as_fast_as_a_bare_client(spawn_server: Callable[..., ServerProcess]) -> None:
    server = spawn_server(log=False)
    pictures = photographs(_CALLS)
    engine = OpenAIEngine(model="model", base_url=server.url, concurrency=_IN_FLIGHT)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=_IN_FLIGHT)) as session:

        async def bare(picture: bytes) -> object:
            parts = [
                {"type": "image_url", "image_url": {"url": Image(picture).data_url}},
                {"type": "text", "text": _PROMPT},
            ]
            body = {"model": "model", "messages": [{"role": "user", "content": parts}], "max_tokens": 1024}
            async with session.post(f"{server.url}/chat/completions", json=body) as response:
                return json.loads(await response.read())["choices"][0]["message"]["content"]

        async def ours(picture: bytes) -> object:
            message = Message("user", (Image(picture), _PROMPT))
            return await engine.generate(Request(messages=(message,), sampling=Sampling()))

        for call in (bare, ours):
            await timed(call, pictures[:_IN_FLIGHT])
        rounds = [(await timed(bare, pictures), await timed(ours, pictures)) for _ in range(_ROUNDS)]
    await engine.close()
    throughput = statistics.median(base[0] / mine[0] for base, mine in rounds)
    bare_ms, our_ms = (statistics.median(pair[side][1] for pair in rounds) * 1000 / _CALLS for side in (0, 1))
    rate = statistics.median(_CALLS / mine[0] for _, mine in rounds)
    print(
        f"\nengine: {rate:.0f} requests/s, {throughput:.2f} of a bare aiohttp loop; "
        f"processor {our_ms:.2f} ms a request, bare {bare_ms:.2f} ms"
    )
    assert throughput > 0.7
    assert our_ms < bare_ms + 0.5
