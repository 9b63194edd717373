"""An OpenAI-compatible server that answers deterministically, misbehaves on demand and logs every call.

It serves chat completions, and completions that are echoed with log-probabilities (`echo`).

Runs inside a test (`threaded.ThreadedServer`) or as its own process (`alone`).

Whether a call fails, and how, depends only on the seed, the request and how often that request came before: the same
requests meet the same faults whatever the order they arrive in.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import random
import re
import socket
import struct
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from prism_eval.engines.echo import TRIAL
from tests.server.prefix_cache import PrefixCache
from tests.server.recorded import RECORDED

ECHOES = ("good", "beginning", "unlisted", "shifted", "renamed", "holed", "short", "none", "worn")
_IMAGE_TOKENS = 64
DEFAULT_MODES = ("429", "500", "reset", "cut")
_STATUS_MESSAGES = {
    "400": "this request is not valid",
    "401": "incorrect API key provided",
    "403": "forbidden",
    "404": "the model does not exist",
    "413": "request entity too large",
    "422": "unprocessable entity",
    "429": "too many requests",
    "500": "internal server error",
    "502": "bad gateway",
    "503": "loading the model",
    "529": "overloaded",
}
_BODIES = {
    "malformed": b'{"choices": [{"message": {"content": oops',
    "empty": b'{"id": "x", "choices": []}',
    "null": b'{"choices": [{"message": {"role": "assistant", "content": null}, "finish_reason": "stop"}]}',
    "filtered": b'{"choices": [{"message": {"content": null}, "finish_reason": "content_filter"}]}',
    "refusal": b'{"choices": [{"message": {"content": null, "refusal": "I cannot help."}, "finish_reason": "stop"}]}',
    "length": b'{"choices": [{"message": {"content": "The chart shows"}, "finish_reason": "length"}]}',
    "limited": b'{"error": {"message": "Rate limit exceeded", "code": 429}}',
    "html": b"<html><body>It works!</body></html>",
}
_EXHAUSTED = b'{"error": {"code": 429, "message": "Quota exceeded", "status": "RESOURCE_EXHAUSTED"}}'
_CREDIT = b'{"error": {"message": "you exceeded your current quota", "code": "insufficient_quota"}}'
_OTHERS = ("reset", "cut", "hang", "slow", "redirect", "huge", "credit", "exhausted", "busy")
MODES = (*_STATUS_MESSAGES, *_BODIES, *RECORDED, *_OTHERS)


@dataclass(kw_only=True)
class Behaviour:
    """What the server does. A test may change the fields between calls.

    Attributes:
        models: The names it serves; any other gets a 404. Empty: serves every name and has no list.
        fail: Share of calls that meet one of ``modes``.
        modes: The faults to draw from.
        latency: Seconds before every reply.
        slow: Seconds before a reply in the mode ``slow``.
        only: What a request's text must hold to meet faults; empty for any request.
        quota: Calls it answers in each ``window``; 0 for any number.
        window: Seconds.
        takes: Calls it works on at once, refusing any other at once; 0 for any number.
        over: What it plays beyond the quota, or beyond what it takes.
        slots: Calls it works on at once, the others waiting in a queue; 0 for any number.
        retry_after: The header sent with a 429; empty for none.
        headers: Further headers of a 429.
        key: The bearer token asked for; empty for none.
        faults_in_list: Whether ``GET /models`` meets the same faults.
        faults_in_probes: Whether requests that only find out what it is do.
        version: What it says that its version is; empty for nothing.
        several: Whether it gives as many completions as it is asked for.
        text: A fixed reply; empty for the deterministic ones.
        root: What the list says that each model's root is; empty for nothing.
        context: What the list says that each model's context is; 0 for nothing.
        refusal: The message of 4xx and 5xx replies; empty for the usual ones.
        blind: Whether its model reads text alone.
        refuses: A word that makes a request one that is not valid.
        fields: The fields of the sampling that it takes, any other being refused; empty for all.
        names_fields: Whether it says which field it does not take.
        field_status: What it says so with: 500 where it crashes on one.
        health: What ``GET /health`` says; 0 where there is no such page.
        owner: Who serves its models, as the list says; empty for nothing.
        names: What becomes of an image's ``uuid``: ``kept``, ``forgotten`` at once, ``unknown`` (a part without an
            image is not valid), or ``refused``.
        words: Words of a caption beside its usual ones.
        speed: Completion tokens a second, beside the latency; 0 for all at once.
        caches: Whether it has a prefix cache, and says in ``usage`` what it did not have to read again.
        echo: How completions are echoed: ``good``, with a mark of the ``beginning``, with the generated token
            ``unlisted``, or wrongly: always, or (``worn``) only texts that are not all ASCII.
        seed: Seed of the faults.
    """

    models: tuple[str, ...] = ("model",)
    fail: float = 0.0
    modes: tuple[str, ...] = DEFAULT_MODES
    latency: float = 0.0
    slow: float = 1.0
    only: str = ""
    quota: int = 0
    window: float = 1.0
    takes: int = 0
    over: str = "429"
    slots: int = 0
    retry_after: str = "0"
    headers: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
    faults_in_list: bool = False
    faults_in_probes: bool = False
    version: str = ""
    several: bool = True
    text: str = ""
    root: str = ""
    context: int = 0
    refusal: str = ""
    blind: bool = False
    refuses: str = ""
    fields: tuple[str, ...] = ()
    names_fields: bool = True
    field_status: int = 400
    health: int = 200
    owner: str = ""
    names: str = "kept"
    words: int = 0
    speed: float = 0.0
    caches: bool = False
    echo: str = "good"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.echo not in ECHOES:
            raise ValueError(f"unknown echo {self.echo!r}; known: {', '.join(ECHOES)}")
        for mode in {*self.modes, self.over} - set(MODES):
            raise ValueError(f"unknown mode {mode!r}; known: {', '.join(MODES)}")


@dataclass(frozen=True, kw_only=True)
class Event:
    """One line of the log: an arrival, or the moment its reply was ready and about to be sent.

    Attributes:
        event: ``arrive`` or ``finish``.
        call: Number of the call, from 0; its two events share it.
        fingerprint: SHA-256 of the request's body: equal requests have equal fingerprints.
        kind: ``caption`` if the request holds an image, ``rank`` if it wants an echo, else ``answer``.
        time: Seconds since the epoch.
        outcome: ``ok``, or the fault that was played; empty on arrival.
    """

    event: str
    call: int
    fingerprint: str
    kind: str
    time: float
    outcome: str = ""


class FaultServer:
    """The server's handlers, its log and its counts."""

    def __init__(self, behaviour: Behaviour, *, log: Path | None = None) -> None:
        self.behaviour = behaviour
        self.events: list[Event] = []
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.arrivals: Counter[str] = Counter()
        self.misses: list[str] = []
        self.pictures: dict[str, dict[str, str]] = {}
        self.lists = 0
        self.looks = 0
        self.cache = PrefixCache()
        self.probes: list[dict[str, Any]] = []
        self.under_way = 0
        self.most_under_way = 0
        self._log = log
        self._calls = 0
        self._stopping = asyncio.Event()
        self._window, self._served = 0, 0
        self._slots = asyncio.Semaphore(behaviour.slots) if behaviour.slots else nullcontext()

    def application(self) -> web.Application:
        """A fresh application around this server's state."""
        # aiohttp's own limit of 1 MiB would refuse images.
        app = web.Application(client_max_size=2**30)
        app.router.add_get("/v1/models", self._models)
        app.router.add_get("/version", self._version)
        app.router.add_get("/health", self._health)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_post("/v1/completions", self._chat)
        return app

    def stop_hanging(self) -> None:
        """Let the calls go that a ``hang`` holds."""
        self._stopping.set()

    async def _models(self, request: web.Request) -> web.StreamResponse:
        self.lists += 1
        now = self.behaviour
        if now.key and request.headers.get("Authorization") != f"Bearer {now.key}":
            return await self._fail("401", request)
        mode = self._fault("models", self.lists) if now.faults_in_list else ""
        if mode:
            return await self._fail(mode, request)
        if not now.models:
            return send(404, b'{"detail": "Not Found"}')
        root = {"root": now.root} if now.root else {}
        root |= {"max_model_len": now.context} if now.context else {}
        root |= {"owned_by": now.owner} if now.owner else {}
        listing = {"object": "list", "data": [{"id": name, "object": "model", **root} for name in now.models]}
        return send(200, json.dumps(listing).encode())

    async def _version(self, _: web.Request) -> web.StreamResponse:
        said = self.behaviour.version
        return send(200, json.dumps({"version": said}).encode()) if said else send(404, b'{"detail": "Not Found"}')

    async def _health(self, _: web.Request) -> web.StreamResponse:
        self.looks += 1
        return send(self.behaviour.health or 404, b"{}")

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        body = json.loads(raw)
        if said := self._named(body):
            self.misses.append(said)
            return send(400, json.dumps({"error": {"message": said, "code": 400}}).encode())
        # What only finds out what the server is: in no log of calls, and never unlucky.
        if is_probe(body):
            self.probes.append(body)
            mode = self._mode(request, body, "")
            return await self._fail(mode, request, body) if mode else self._answer(body)
        fingerprint = hashlib.sha256(raw).hexdigest()
        call, self._calls = self._calls, self._calls + 1
        self.arrivals[fingerprint] += 1
        kind = "caption" if _images(body) else "rank" if "prompt" in body else "answer"
        if self._log is None:
            # Kept for tests in this process to look at; a server of its own would fill the memory with images.
            self.bodies.append(body)
            self.headers.append(dict(request.headers))
        self._note(Event(event="arrive", call=call, fingerprint=fingerprint, kind=kind, time=time.time()))
        if 0 < self.behaviour.takes <= self.under_way:
            over = self.behaviour.over
            now = time.time()
            self._note(Event(event="finish", call=call, fingerprint=fingerprint, kind=kind, time=now, outcome=over))
            return await self._fail(over, request, body)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        mode = self._mode(request, body, fingerprint)
        try:
            async with self._slots:
                # What it has read is there for whoever comes next, as in a server that computes step by step.
                usage = self._read(body) if self.behaviour.caches and not mode else None
                seconds = self.behaviour.latency
                if self.behaviour.speed and not mode:
                    seconds += len(self._text(body).split()) / self.behaviour.speed
                if seconds:
                    await asyncio.sleep(seconds)
            response = await self._fail(mode, request, body) if mode else self._answer(body, usage)
        finally:
            self.under_way -= 1
        self._note(
            Event(event="finish", call=call, fingerprint=fingerprint, kind=kind, time=time.time(), outcome=mode or "ok")
        )
        return response

    def _read(self, body: dict[str, Any]) -> dict[str, Any]:
        """What ``usage`` says of a request that is read now."""
        tokens = tokens_of(body)
        images = sum(part["type"] == "image_url" for part in parts_of(body))
        details = {
            "cached_tokens": self.cache.read(tokens),
            "multimodal_tokens": {"image": _IMAGE_TOKENS * images} if images else None,
        }
        return {"prompt_tokens": len(tokens), "prompt_tokens_details": details}

    def _named(self, body: dict[str, Any]) -> str:
        """Put the images that a request names where they belong; why it cannot be done, empty if it can."""
        for part in parts_of(body):
            name = part.get("uuid")
            if name and self.behaviour.names == "refused":
                return "Extra inputs are not permitted: uuid"
            if part["type"] != "image_url" or not name:
                continue
            if part["image_url"]:
                self.pictures |= {name: part["image_url"]} if self.behaviour.names == "kept" else {}
            elif self.behaviour.names == "unknown":
                return "image_url should be a valid dictionary"
            elif name not in self.pictures:
                return "Cache miss for image at index 0 but data is not provided."
            else:
                part["image_url"] = self.pictures[name]
        return ""

    def _mode(self, request: web.Request, body: dict[str, Any], fingerprint: str) -> str:
        now = self.behaviour
        if now.key and request.headers.get("Authorization") != f"Bearer {now.key}":
            return "401"
        if now.models and body.get("model") not in now.models:
            return "404"
        if now.quota and not is_probe(body) and not self._within_quota():
            return now.over
        if now.refuses and now.refuses in text_of(body):
            return "400"
        if self._unknown(body):
            return "field"
        if now.blind and _images(body):
            return "blind"
        # Of what every call meets, a probe meets its share too.
        if is_probe(body) and now.fail < 1 and not now.faults_in_probes:
            return ""
        return self._fault(fingerprint, self.arrivals[fingerprint]) if now.only in text_of(body) else ""

    def _within_quota(self) -> bool:
        window = int(time.monotonic() / self.behaviour.window)
        if window != self._window:
            self._window, self._served = window, 0
        self._served += 1
        return self._served <= self.behaviour.quota

    def _unknown(self, body: dict[str, Any]) -> list[str]:
        taken = {"model", "messages", *self.behaviour.fields}
        return [name for name in body if name not in taken] if self.behaviour.fields else []

    def _fault(self, what: str, nth: int) -> str:
        # Seeded by text, whose hash is the same in every process.
        rng = random.Random(f"{self.behaviour.seed}/{what}/{nth}")
        return rng.choice(self.behaviour.modes) if rng.random() < self.behaviour.fail else ""

    def _answer(self, body: dict[str, Any], usage: dict[str, Any] | None = None) -> web.StreamResponse:
        if "prompt" in body:
            return send(200, json.dumps(echo(body["prompt"], self.behaviour.echo)).encode())
        several = body.get("n", 1) if self.behaviour.several else 1
        return send(200, _completion(self._text(body), several, usage))

    def _text(self, body: dict[str, Any]) -> str:
        text = self.behaviour.text or reply_to(body)
        if not (self.behaviour.words and _images(body)):
            return text
        name = text.rpartition(" ")[2]
        return " ".join([text, *(f"{name}-{number}" for number in range(self.behaviour.words))])

    async def _fail(self, mode: str, request: web.Request, body: dict[str, Any] | None = None) -> web.StreamResponse:
        if mode in _STATUS_MESSAGES:
            headers = dict(self.behaviour.headers) if mode == "429" else {}
            if mode == "429" and self.behaviour.retry_after:
                headers["Retry-After"] = self.behaviour.retry_after
            said = self.behaviour.refusal or _STATUS_MESSAGES[mode]
            message = {"error": {"message": said, "type": "x", "code": None}}
            return send(int(mode), json.dumps(message).encode(), headers)
        if mode in _BODIES:
            return send(200, _BODIES[mode])
        if mode in RECORDED:
            status, reply = RECORDED[mode]
            return send(status, json.dumps(reply).encode())
        match mode:
            case "reset":
                return _reset(request)
            case "cut":
                return await _cut(request, _completion(reply_to(body or {})))
            case "hang":
                await self._stopping.wait()
                return send(503, b"{}")
            case "slow":
                await asyncio.sleep(self.behaviour.slow)
                return self._answer(body or {})
            case "blind":
                return send(400, b'{"error": {"message": "model is not a multimodal model"}}')
            case "field":
                named = f": {self._unknown(body or {})[0]}" if self.behaviour.names_fields else ""
                message = {"error": {"message": f"unknown field{named}"}}
                return send(self.behaviour.field_status, json.dumps(message).encode())
            case "redirect":
                return send(307, b"", {"Location": "http://example.invalid/v1/chat/completions"})
            case "credit":
                return send(429, _CREDIT)
            case "busy":
                return send(503, b"Service Unavailable")
            case "exhausted":
                return send(429, _EXHAUSTED)
            case _:
                return send(200, _completion("x" * (17 * 2**20)))

    def _note(self, event: Event) -> None:
        self.events.append(event)
        if self._log is not None:
            with self._log.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(asdict(event)) + "\n")


def reply_to(body: dict[str, Any]) -> str:
    """The deterministic reply: a caption naming the images' digests, or an answer drawn from the text's hash."""
    images = _images(body)
    if images:
        return "caption of " + " ".join(hashlib.sha256(image).hexdigest()[:16] for image in images)
    text = text_of(body)
    rng = random.Random(text)
    letters = re.findall(r"^([A-Z])\. ", text, flags=re.MULTILINE)
    return f"Answer: {rng.choice(letters) if letters else rng.randrange(100)}"


def tokens_of(body: dict[str, Any]) -> list[str]:
    """A request's tokens: its words, and before them so many for each image, whatever it shows."""
    images = [hashlib.sha256(image).hexdigest() for image in _images(body)]
    return [image for image in images for _ in range(_IMAGE_TOKENS)] + text_of(body).split()


def log_probabilities(text: str) -> list[tuple[str, float | None]]:
    """The text's tokens, words with the blank before them, each with a made-up log-probability.

    A word that was said before is likely, any other as its hash has it; nothing stands before the first.
    """
    tokens = re.findall(r"\s?\w+|\s?[^\w\s]|\s", text)
    said: set[str] = set()
    echoed: list[tuple[str, float | None]] = []
    for token in tokens:
        word = token.strip().lower()
        value = -0.25 if word in said else -2 - random.Random(word).random()
        echoed.append((token, value if echoed else None))
        said.add(word)
    return echoed


def echo(prompts: Sequence[str], kind: str) -> dict[str, Any]:
    """A completion of one token for each prompt, echoed with log-probabilities; see `Behaviour.echo`."""
    choices, count = [], 0
    for index, prompt in enumerate(prompts):
        pairs = log_probabilities(prompt)
        if kind == "beginning":
            pairs = [("<s>", None), (pairs[0][0], -1.0), *pairs[1:]]
        count += len(pairs)
        pairs = pairs if kind == "unlisted" else [*pairs, (" the", -1.0)]
        tokens, values = [token for token, _ in pairs], [value for _, value in pairs]
        match kind:
            case "shifted":
                values = [*values[1:], -1.0]
            case "worn" if not prompt.isascii():
                tokens = [token.swapcase() for token in tokens]
            case "renamed":
                tokens = [*tokens[1:], " the"]
            case "holed":
                values = [None if place % 3 == 0 else value for place, value in enumerate(values)]
            case "short":
                tokens, values = tokens[-1:], values[-1:]
        logprobs = None if kind == "none" else {"tokens": tokens, "token_logprobs": values}
        choices.append({"index": index, "text": prompt + " the", "logprobs": logprobs, "finish_reason": "length"})
    usage = {"prompt_tokens": count, "completion_tokens": len(choices)}
    return {"object": "text_completion", "choices": choices[::-1], "usage": usage}


async def start(
    behaviour: Behaviour, *, log: Path | None = None, port: int = 0, server: FaultServer | None = None
) -> tuple[web.AppRunner, FaultServer, int]:
    """Serve on the loopback interface; port 0 takes a free one. Returns the runner, the server and the port."""
    server = server or FaultServer(behaviour, log=log)
    runner = web.AppRunner(server.application(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    # A client may open hundreds of connections at once; the usual backlog of 128 would make some of them wait a second.
    site = web.TCPSite(runner, "127.0.0.1", port, backlog=1024)
    await site.start()
    return runner, server, runner.addresses[0][1]


def _images(body: dict[str, Any]) -> list[bytes]:
    urls = [part["image_url"]["url"] for part in parts_of(body) if part["type"] == "image_url"]
    return [base64.b64decode(url.partition(",")[2]) for url in urls]


def text_of(body: dict[str, Any]) -> str:
    return "\n".join(part["text"] for part in parts_of(body) if part["type"] == "text")


def parts_of(body: dict[str, Any]) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    for message in body.get("messages", []):
        content = message["content"]
        parts.extend([{"type": "text", "text": content}] if isinstance(content, str) else content)
    return parts


def is_probe(body: dict[str, Any]) -> bool:
    """Whether a request only finds out what the server is."""
    return text_of(body) == "Say yes." or body.get("prompt") == list(TRIAL)


def _completion(text: str, several: int = 1, usage: dict[str, Any] | None = None) -> bytes:
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    reply = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "choices": [{"index": index, **choice} for index in range(several)],
        "usage": {"prompt_tokens": 7, **(usage or {}), "completion_tokens": len(text.split())},
    }
    return json.dumps(reply).encode()


def send(status: int, body: bytes, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(status=status, body=body, headers=headers, content_type="application/json")


async def _cut(request: web.Request, body: bytes) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(body))})
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response


def _reset(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        connection = request.transport.get_extra_info("socket")
        # Closing with a linger time of zero makes the kernel send RST instead of FIN.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()
    return web.Response()
