"""Clients that do nothing but the requests: what any client has to pay, and how busy any can keep a server."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Iterable, Sequence

import aiohttp

_PROMPT = "Describe the image in detail."
_BEFORE = b'{"model": "model", "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "'
_AFTER = b'"}}, {"type": "text", "text": "Describe the image in detail."}]}], "max_tokens": 2048}'


def spent(url: str, pictures: Sequence[bytes], questions: int, *, in_flight: int) -> float:
    """Seconds of processor time that captions of some pictures and so many answers to each take."""
    return asyncio.run(_spent(url, pictures, questions, in_flight))


async def _spent(url: str, pictures: Sequence[bytes], questions: int, in_flight: int) -> float:
    waiting = iter(pictures)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def post(body: bytes) -> str:
            headers = {"Content-Type": "application/json"}
            async with session.post(f"{url}/chat/completions", data=body, headers=headers) as response:
                said: str = json.loads(await response.read())["choices"][0]["message"]["content"]
                return said

        async def work() -> None:
            for picture in waiting:
                url = b"data:image/png;base64," + base64.b64encode(picture)
                caption = await post(_BEFORE + url + _AFTER)
                for number in range(questions):
                    asked = f"{caption}\n\nWhat is the value of bar {number}?"
                    message = {"role": "user", "content": asked}
                    body = {"model": "model", "messages": [message], "max_tokens": 1024}
                    await post(json.dumps(body).encode())

        began = time.process_time()
        await asyncio.gather(*(work() for _ in range(in_flight)))
        return time.process_time() - began


def took(url: str, bodies: Iterable[bytes], *, in_flight: int) -> float:
    """Seconds until a server has answered so many requests, so many of them in flight."""
    return asyncio.run(_took(url, bodies, in_flight))


async def _took(url: str, bodies: Iterable[bytes], in_flight: int) -> float:
    waiting = iter(bodies)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def work() -> None:
            for body in waiting:
                async with session.post(f"{url}/chat/completions", data=body) as response:
                    await response.read()

        began = time.monotonic()
        await asyncio.gather(*(work() for _ in range(in_flight)))
        return time.monotonic() - began
