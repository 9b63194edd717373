"""Any server that speaks the OpenAI chat API: vLLM, SGLang, llama.cpp, Ollama, OpenAI itself."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import ClassVar, Literal, NoReturn

from prism_eval.engines.base import Engine
from prism_eval.engines.chat import body_of, completion_of, error_of, models_of
from prism_eval.engines.echo import echo_body, log_likelihoods_of
from prism_eval.engines.http import Reply, Server, Unreachable, base_url_of, retry_after_seconds
from prism_eval.errors import CallError, FatalError, PermanentError, RateLimited, TransientError, UsageError
from prism_eval.plugins.identity import runtime
from prism_eval.schema import Completion, Request

_CHECK_SECONDS = 10.0
_LISTED_MODELS = 5
_OUT_OF_CREDIT = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
_BROKEN = HTTPStatus.INTERNAL_SERVER_ERROR
_PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY})


@dataclass(kw_only=True)
class OpenAIEngine(Engine):
    """A model behind an OpenAI-compatible server.

    Attributes:
        model: The model's name on the server.
        revision: A tag of your own for the weights behind that name: change it when they change.
        base_url: Where the server is, up to and including ``/v1``.
        api_key_env: The environment variable that holds the key; without it no key is sent.
        timeout: Seconds one call may take.
        concurrency: Calls under way at once.
        check_model: Whether a model that the server does not list is refused before the first call.
        limit_name: What the server calls the bound on tokens; newer OpenAI models want ``max_completion_tokens``.
    """

    name: ClassVar[str] = "openai"

    revision: str | None = None
    base_url: str = runtime("https://api.openai.com/v1")
    api_key_env: str = runtime("OPENAI_API_KEY")
    timeout: float = runtime(120.0)
    concurrency: int | None = runtime(None)
    check_model: bool = runtime(True)
    limit_name: Literal["max_tokens", "max_completion_tokens"] = runtime("max_tokens")
    _server: Server | None = field(default=None, init=False, repr=False, compare=False)
    _first_check: asyncio.Task[str] | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self.base_url = base_url_of(self.base_url)
        if not self.model.strip():
            raise UsageError("the openai engine needs a model's name, as in openai:Qwen/Qwen2.5-VL-7B-Instruct")
        if not 0 < self.timeout < float("inf"):
            raise UsageError(f"timeout must be above 0 seconds, not {self.timeout}")
        if self.concurrency is not None and self.concurrency < 1:
            raise UsageError(f"concurrency must be 1 or more, not {self.concurrency}")

    @property
    def address(self) -> str:
        """The server's base URL."""
        return self.base_url

    async def generate(self, request: Request) -> Completion:
        """Ask the server once. The first call also checks that the server is there and serves the model."""
        server = self._connected()
        await self._checked()
        reply = await server.post("/chat/completions", body_of(request, model=self.model, limit_name=self.limit_name))
        if not reply.ok:
            await self._refused(server, reply)
        return completion_of(reply.body, where=self.base_url)

    async def log_likelihood(self, prompt: str, continuations: Sequence[str]) -> list[float]:
        """Let the server echo the prompt with each continuation, and sum the log-probabilities of what differs.

        All go in one request to ``/completions``, which vLLM and SGLang serve with ``echo`` and ``logprobs``; servers
        that number them wrongly, as llama.cpp's does, are refused.
        """
        server = self._connected()
        await self._checked()
        texts = [prompt + continuation for continuation in continuations]
        reply = await server.post("/completions", echo_body(texts, model=self.model))
        if not reply.ok:
            await self._refused(server, reply, served_for="completions")
        return log_likelihoods_of(reply.body, texts, where=self.base_url)

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
            return f"{self.base_url}: is there, but did not list its models"
        if reply.unauthorized or reply.redirect:
            await self._refused(server, reply)
        served = models_of(reply.body) if reply.ok else ()
        if not served:
            return f"{self.base_url}: is there, and keeps no list of its models"
        if self._is_among(served):
            return f"{self.base_url}: serves {self.model}"
        if not self.check_model:
            return f"{self.base_url}: does not list {self.model}"
        raise FatalError(
            f"{self.base_url}: does not list the model {self.model!r} but {self._listing(server, served)}; "
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

    def _connected(self) -> Server:
        if self._server is None or self._server.loop is not asyncio.get_running_loop():
            self._first_check = None
            self._server = Server(
                self.base_url, key=self._key(), timeout=self.timeout, concurrency=self.concurrency or 4096
            )
        return self._server

    async def _checked(self) -> None:
        if self._first_check is None:
            self._first_check = asyncio.ensure_future(self.check())
        try:
            # Shielded: the calls share one check, and one that is given up must not take it from the others.
            await asyncio.shield(self._first_check)
        except CallError:
            self._first_check = None
            raise

    def _key(self) -> str:
        key = os.environ.get(self.api_key_env, "").strip()
        if not (key.isascii() and key.isprintable()):
            raise FatalError(f"${self.api_key_env} holds characters that no API key has: set it again")
        return key

    async def _refused(self, server: Server, reply: Reply, *, served_for: str = "chat completions") -> NoReturn:
        message, code = error_of(reply.body)
        where, said = f"{self.base_url}: HTTP {reply.status}", server.quote(message) or "no reason given"
        if reply.redirect:
            target = server.quote(reply.headers.get("Location", "somewhere else"))
            raise FatalError(f"{where}: redirects to {target}; set base_url to where the server is")
        if reply.unauthorized:
            state = "was refused" if self._key() else "is not set"
            raise FatalError(f"{where}: the server wants a key, and ${self.api_key_env} {state}")
        if reply.status == HTTPStatus.PAYMENT_REQUIRED or code in _OUT_OF_CREDIT:
            raise FatalError(f"{where}: the account is out of credit: {said}")
        if reply.status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
            raise FatalError(await self._not_found(server, where, said, served_for))
        if reply.status == HTTPStatus.TOO_MANY_REQUESTS or (reply.status >= _BROKEN and "Retry-After" in reply.headers):
            wait = retry_after_seconds(reply.headers.get("Retry-After"))
            raise RateLimited(f"{where}: the server asks to slow down: {said}", retry_after=wait)
        if reply.status >= _BROKEN or reply.status in _PASSING:
            raise TransientError(f"{where}: {said}")
        raise PermanentError(f"{where}: {said}")

    async def _not_found(self, server: Server, where: str, said: str, served_for: str) -> str:
        try:
            served = models_of((await server.get("/models", seconds=_CHECK_SECONDS)).body)
        except CallError:
            served = ()
        if not served:
            return f"{where}: no model {self.model!r} here, or base_url does not end where the API begins (/v1): {said}"
        if self._is_among(served):
            return f"{where}: the model {self.model!r} is served, but not for {served_for}: {said}"
        return f"{where}: the model {self.model!r} is not served, but {self._listing(server, served)}"

    def _is_among(self, served: tuple[str, ...]) -> bool:
        # Gemini lists "models/NAME" and Ollama "NAME:latest" for what they serve as NAME.
        return bool({self.model, f"models/{self.model}", f"{self.model}:latest"} & set(served))

    def _listing(self, server: Server, served: tuple[str, ...]) -> str:
        names = ", ".join(sorted(served)[:_LISTED_MODELS])
        more = f" and {len(served) - _LISTED_MODELS} more" if len(served) > _LISTED_MODELS else ""
        return server.quote(names) + more
