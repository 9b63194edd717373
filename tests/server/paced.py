"""A server that takes the time a model takes, and keeps account of it.

A call waits for one of the slots, holds it while its prompt is read and its reply is written token by token, and is
answered. What the prefix cache holds is not read again. Captions are as long as captions are: many short ones and few
very long ones, drawn from the image's digest, so that every client meets the same lengths. Bodies are read as cheaply
as can be, for the client shall be the limit and not the server: an image's data are hashed and never decoded.

``GET /calls`` says what became of every call, as `Taken` holds it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import re
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import exp, log
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.server.fault_server import Behaviour, FaultServer, is_probe, parts_of, reply_to, send, text_of
from tests.server.prefix_cache import PrefixCache

_DATA, _END = b";base64,", b'"'
_CAPTION = re.compile(r"caption of ([0-9a-f]{16})")
_WORDS = [f"{syllable}{number}" for number in range(400) for syllable in ("ba", "ke", "li", "mo", "nu", "ra", "so")]


@dataclass(kw_only=True)
class Pace(Behaviour):
    """How fast the server is, and how much it writes; see `Behaviour` for the rest.

    Attributes:
        overhead: Seconds that a call holds its slot beside its tokens.
        prefill: Seconds to read one token.
        decode: Seconds to write one token.
        caption_tokens: Mean length of captions; they are log-normal.
        answer_tokens: Mean length of answers; likewise.
        spread: Standard deviation of the lengths' logarithms: at 0.6 one caption in a hundred is over three times the
            mean.
        image_tokens: Tokens of an image.
        remembers: Tokens for which its prefix cache has room; 0 for any number.
        keeps_account: Whether every call is remembered for ``/calls``.
    """

    overhead: float = 0.0
    prefill: float = 0.0
    decode: float = 0.0
    caption_tokens: int = 750
    answer_tokens: int = 40
    spread: float = 0.6
    image_tokens: int = 256
    remembers: int = 0
    keeps_account: bool = True


@dataclass(kw_only=True)
class Taken:
    """What one call took.

    Attributes:
        kind: ``caption`` or ``answer``.
        fingerprint: The digest of its body.
        image: The beginning of the image's digest, of a caption and of the answers that are read from it; empty where
            none of ours is.
        outcome: ``ok``, or the fault that was played.
        arrived: When it had arrived in full, in seconds since the epoch.
        began: When it had a slot.
        ended: When it gave the slot back.
        least: Seconds it would have taken if everything that was ever read before it were remembered.
        prompt: Tokens of its prompt.
        cached: Of those, what was not read again.
        written: Tokens of its reply.
    """

    kind: str
    fingerprint: str
    image: str
    outcome: str
    arrived: float
    began: float = 0.0
    ended: float = 0.0
    least: float = 0.0
    prompt: int = 0
    cached: int = 0
    written: int = 0


class PacedServer(FaultServer):
    """The server's handlers and its account."""

    def __init__(self, behaviour: Pace, *, log: Path | None = None) -> None:
        super().__init__(behaviour, log=log)
        self.pace = behaviour
        self.cache = PrefixCache(behaviour.remembers)
        self.calls: list[Taken] = []
        self._whole = PrefixCache()

    def application(self) -> web.Application:
        """The usual application, and the account."""
        app = super().application()
        app.router.add_get("/calls", self._account)
        return app

    async def _account(self, _: web.Request) -> web.StreamResponse:
        blocks = [block.hex() for block in self.cache.seen]
        return web.json_response(
            {"calls": [asdict(call) for call in self.calls], "blocks": blocks, "most": self.most_under_way}
        )

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        slim = without_data(await request.read())
        body = json.loads(slim)
        if is_probe(body):
            return send(200, _reply("Yes.", 1, 0, 1))
        fingerprint = hashlib.sha256(slim).hexdigest()
        image = _image_of(body)
        shown = any(part["type"] == "image_url" for part in parts_of(body))
        taken = Taken(
            kind="caption" if shown else "answer",
            fingerprint=fingerprint,
            image=image,
            outcome="",
            arrived=time.time(),
        )
        if self.pace.keeps_account:
            self.calls.append(taken)
        self.arrivals[fingerprint] += 1
        mode = self._mode(request, body, fingerprint)
        text = self._written(body, taken)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            async with self._slots:
                taken.began = time.time()
                seconds = self._seconds(body, taken)
                # A fault is found out at once: nothing is read or written for it.
                if seconds and not mode:
                    await asyncio.sleep(seconds)
                taken.ended = time.time()
        finally:
            self.under_way -= 1
        taken.outcome = mode or "ok"
        if mode:
            return await self._fail(mode, request, body)
        return send(200, _reply(text, taken.prompt, taken.cached, taken.written))

    def _written(self, body: Mapping[str, Any], taken: Taken) -> str:
        """The reply, as long as it is drawn to be, or as the request allows."""
        pace, captions = self.pace, taken.kind == "caption"
        rng = random.Random(f"{pace.seed}/{taken.image if captions else taken.fingerprint}")
        mean = pace.caption_tokens if captions else pace.answer_tokens
        # The mean of a log-normal variable is exp(mu + sigma**2 / 2).
        drawn = exp(log(mean) - pace.spread**2 / 2 + pace.spread * rng.gauss())
        said = f"caption of {taken.image}" if captions else reply_to(dict(body))
        taken.written = max(len(said.split()), min(round(drawn), body.get("max_tokens") or 2048))
        first = rng.randrange(len(_WORDS))
        more = [_WORDS[place % len(_WORDS)] for place in range(first, first + taken.written - len(said.split()))]
        return " ".join([said, *more] if captions else [*more, said])

    def _seconds(self, body: dict[str, Any], taken: Taken) -> float:
        """How long the call holds its slot; what it reads is known to whoever comes next."""
        pace = self.pace
        shown = [part["image_url"]["url"] for part in parts_of(body) if part["type"] == "image_url"]
        tokens = [url for url in shown for _ in range(pace.image_tokens)] + text_of(body).split()
        taken.prompt = len(tokens)
        writing = pace.overhead + pace.decode * taken.written
        if pace.caches:
            taken.cached = self.cache.read(tokens)
            taken.least = writing + pace.prefill * (taken.prompt - self._whole.read(tokens))
        return writing + pace.prefill * (taken.prompt - taken.cached)


def without_data(raw: bytes) -> bytes:
    """A body whose images' data are replaced by their digests; it can be read a hundred times faster."""
    pieces, start, view = [], 0, memoryview(raw)
    while (found := raw.find(_DATA, start)) >= 0:
        begin = found + len(_DATA)
        end = raw.index(_END, begin)
        pieces += [raw[start:begin], hashlib.sha256(view[begin:end]).hexdigest().encode()]
        start = end
    return b"".join([*pieces, raw[start:]])


def _image_of(body: Mapping[str, Any]) -> str:
    shown = [part["image_url"]["url"] for part in parts_of(body) if part["type"] == "image_url"]
    if shown:
        return hashlib.sha256(" ".join(shown).encode()).hexdigest()[:16]
    found = _CAPTION.search(text_of(body))
    return found[1] if found else ""


def _reply(text: str, prompt: int, cached: int, written: int) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    usage = {
        "prompt_tokens": prompt,
        "completion_tokens": written,
        "prompt_tokens_details": {"cached_tokens": cached},
    }
    return json.dumps({"id": "chatcmpl-1", "object": "chat.completion", "choices": [choice], "usage": usage}).encode()
