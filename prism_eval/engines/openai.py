"""Any server that speaks the OpenAI chat API: vLLM, SGLang, llama.cpp, Ollama, OpenAI itself."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import ClassVar, Literal

from prism_eval.engines.address import base_url_of
from prism_eval.engines.base import Engine
from prism_eval.engines.body import Body
from prism_eval.engines.chat import body_of, completion_of
from prism_eval.engines.context import overrun, ran_out
from prism_eval.engines.echo import echo_body, log_likelihoods_of
from prism_eval.engines.http import Reply, Server, Unreachable
from prism_eval.engines.models import Models
from prism_eval.engines.moderation import filtered_side
from prism_eval.engines.refusal import refusal
from prism_eval.engines.replies import error_of, status_meant
from prism_eval.errors import (
    CallError,
    ContextExceeded,
    FatalError,
    PermanentError,
    RequestFiltered,
    TransientError,
    UsageError,
)
from prism_eval.plugins.identity import runtime
from prism_eval.schema import Completion, Request

# A list is short and costs no model anything: who takes longer is busy, and the check passes.
_CHECK_SECONDS = 10.0
# Whatever is said with these is about the key, the address or the load.
_NEVER_OF_THE_ITEM = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND, HTTPStatus.TOO_MANY_REQUESTS})


@dataclass(kw_only=True)
class OpenAIEngine(Engine):
    """A model behind an OpenAI-compatible server.

    Attributes:
        model: The model's name on the server.
        revision: A tag of your own for the weights behind that name: change it when they change.
        base_url: Where the server is, up to and including ``/v1``.
        api_key_env: The environment variable that holds the key; without it no key is sent.
        timeout: Seconds one call may take.
        check_model: Whether a model that the server does not list is refused before the first call.
        limit_name: What the server calls the bound on tokens; newer OpenAI models want ``max_completion_tokens``.
    """

    name: ClassVar[str] = "openai"

    revision: str | None = None
    base_url: str = runtime("https://api.openai.com/v1")
    api_key_env: str = runtime("OPENAI_API_KEY")
    timeout: float = runtime(120.0)
    check_model: bool = runtime(True)
    limit_name: Literal["max_tokens", "max_completion_tokens"] = runtime("max_tokens")
    _server: Server | None = field(default=None, init=False, repr=False, compare=False)
    _first_check: asyncio.Task[str] | None = field(default=None, init=False, repr=False, compare=False)
    _root: str | None = field(default=None, init=False, repr=False, compare=False)
    _context: int | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.base_url = base_url_of(self.base_url)
        if not self.model.strip():
            raise UsageError("the openai engine needs a model's name, as in openai:Qwen/Qwen2.5-VL-7B-Instruct")
        if not 0 < self.timeout < float("inf"):
            raise UsageError(f"timeout must be above 0 seconds, not {self.timeout}")

    @property
    def address(self) -> str:
        """The base URL."""
        return self.base_url

    @property
    def root(self) -> str | None:
        """What ``/models`` says the model's ``root`` is, as vLLM and SGLang do; see `Engine.root`."""
        return self._root

    async def generate(self, request: Request) -> Completion:
        """Ask the server once. The first call also checks that the server is there and serves the model."""
        asked = request.sampling.max_tokens
        body = body_of(request, model=self.model, limit_name=self.limit_name)
        reply = await self._post("/chat/completions", body, asked=asked)
        return completion_of(reply, where=self.base_url, asked=asked, context=self._context)

    async def log_likelihood(self, prompt: str, continuations: Sequence[str]) -> list[float]:
        """Let the server echo the prompt with each continuation, and sum the log-probabilities of what differs.

        All go in one request to ``/completions``, which vLLM and SGLang serve with ``echo`` and ``logprobs``; servers
        that number them wrongly, as llama.cpp's does, are refused.
        """
        texts = [prompt + continuation for continuation in continuations]
        reply = await self._post("/completions", echo_body(texts, model=self.model))
        return log_likelihoods_of(reply, texts, where=self.base_url)

    async def check(self) -> str:
        """Ask ``GET /models`` whether the server is there, takes the key and serves the model.

        A server that is slow, busy or keeps no list passes: only the calls themselves can tell.

        Raises:
            FatalError: It cannot be reached, refuses the key, or lists other models only.
        """
        server = self._connected()
        try:
            reply = await server.get("/models", seconds=_CHECK_SECONDS)
        except Unreachable as error:
            raise FatalError(str(error)) from None
        except (TransientError, PermanentError):
            # Calls are tried again and this is not: one stumble here must not end a run.
            return f"{self.base_url}: is there, but did not list its models"
        if reply.unauthorized or reply.redirect:
            raise await self._refusal(server, reply, "/models")
        served = Models.read(reply.body) if reply.ok else Models()
        if not served.roots:
            return f"{self.base_url}: is there, and keeps no list of its models"
        name = served.name_of(self.model)
        if name is not None:
            root = served.roots[name]
            self._root = server.quote(root) if root else None
            self._context = served.contexts.get(name)
            room = f", context {self._context} tokens" if self._context else ""
            return f"{self.base_url}: serves {self.model}{room}"
        if not self.check_model:
            return f"{self.base_url}: does not list {self.model}"
        raise FatalError(
            f"{self.base_url}: does not list the model {self.model!r} but {server.quote(str(served))}; "
            "if it serves it all the same, add check_model=false"
        )

    async def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        server, self._server = self._server, None
        task, self._first_check = self._first_check, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        if server is not None:
            await server.close()

    async def context(self) -> int | None:
        """What ``/models`` says of the model's context; see `Engine.context`."""
        self._connected()
        await self._checked()
        return self._context

    async def _post(self, path: str, body: Body, *, asked: int = 1) -> bytes:
        server = self._connected()
        await self._checked()
        if self._context and asked >= self._context:
            raise self._no_room(asked, self._context)
        reply = await server.post(path, body)
        status = status_meant(reply.body) if reply.ok else reply.status
        if status is None:
            return reply.body
        reply = replace(reply, status=status)
        raise self._outcome(server, reply, asked) or await self._refusal(server, reply, path)

    def _connected(self) -> Server:
        # Connections belong to an event loop; a notebook runs one after another.
        if self._server is None or self._server.loop is not asyncio.get_running_loop():
            self._first_check = None
            self._server = Server(self.base_url, key=self._key(), timeout=self.timeout)
        return self._server

    async def _checked(self) -> None:
        if self._first_check is None:
            self._first_check = asyncio.ensure_future(self.check())
        try:
            # Shielded: the calls share one check, and one that is given up must not take it from the others.
            await asyncio.shield(self._first_check)
        except CallError:
            # Forgotten, so that the next try finds a server that has come up since.
            self._first_check = None
            raise

    def _key(self) -> str:
        # Read when it is needed and kept in no field, so that no repr, identity or plan can hold it.
        key = os.environ.get(self.api_key_env, "").strip()
        if not (key.isascii() and key.isprintable()):
            raise FatalError(f"${self.api_key_env} holds characters that no API key has: set it again")
        return key

    def _outcome(self, server: Server, reply: Reply, asked: int) -> CallError | None:
        """The error that is an outcome of the item, and no fault of the server or the key; ``None`` for every other."""
        message, code = error_of(reply.body)
        said = server.quote(message) or code
        if reply.status in _NEVER_OF_THE_ITEM:
            return None
        if side := filtered_side(message, code):
            return RequestFiltered(f"the {side} was filtered: {said}")
        over = overrun(message, code)
        if over is None:
            return None
        size = over.size or self._context
        # Then no request fits, however short.
        return self._no_room(asked, size) if size and asked >= size else ContextExceeded(ran_out(size))

    def _no_room(self, asked: int, size: int) -> FatalError:
        return FatalError(
            f"{self.base_url}: replies may have {asked} tokens, and the server's context of {size} tokens must hold "
            "what they reply to as well: give a smaller max_tokens (in the spec, as in ?max_tokens=512, or in a "
            "protocol file), or start the server with a larger context"
        )

    async def _refusal(self, server: Server, reply: Reply, path: str) -> CallError:
        message, code = error_of(reply.body)
        where, said = f"{self.base_url}: HTTP {reply.status}", server.quote(message) or "no reason given"
        if reply.redirect:
            target = server.quote(reply.headers.get("Location", "somewhere else"))
            return FatalError(f"{where}: redirects to {target}; set base_url to where the server is")
        if reply.unauthorized:
            state = "was refused" if self._key() else "is not set"
            return FatalError(f"{where}: the server wants a key, and ${self.api_key_env} {state}")
        if reply.status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
            return FatalError(f"{where}: {await self._not_found(server, said, path)}")
        return refusal(reply, code=code, where=where, said=said)

    async def _not_found(self, server: Server, said: str, path: str) -> str:
        # A 404 has three causes that want different remedies: a wrong path, a wrong model, a model of another kind.
        try:
            served = Models.read((await server.get("/models", seconds=_CHECK_SECONDS)).body)
        except CallError:
            served = Models()
        if not served.roots:
            return f"no model {self.model!r} here, or base_url does not end where the API begins (/v1): {said}"
        if served.name_of(self.model) is not None:
            return f"the model {self.model!r} is served, but not for {path.strip('/').replace('/', ' ')}: {said}"
        return f"the model {self.model!r} is not served, but {server.quote(str(served))}"
