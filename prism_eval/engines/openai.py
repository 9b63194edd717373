"""Any server that speaks the OpenAI chat API: vLLM, SGLang, llama.cpp, Ollama, OpenAI itself."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar, Literal

from prism_eval.engines.address import VARIABLE, addresses_from
from prism_eval.engines.advice import option_against, takes_no_images
from prism_eval.engines.balance import beginning_of, shared_part
from prism_eval.engines.base import Engine
from prism_eval.engines.body import Body
from prism_eval.engines.chat import body_of, checked_extra, completion_of
from prism_eval.engines.context import no_room
from prism_eval.engines.echo import TRIAL, echo_body, log_likelihoods_of
from prism_eval.engines.fields import Fields, named_in
from prism_eval.engines.http import Reply, Server, Unreachable
from prism_eval.engines.models import Models
from prism_eval.engines.once import Once
from prism_eval.engines.outcome import outcome_of
from prism_eval.engines.pixels import ImageFormat, refitted
from prism_eval.engines.probe import Probe, text_alone
from prism_eval.engines.refusal import is_busy, refusal
from prism_eval.engines.replicas import Replicas
from prism_eval.engines.replies import error_of, object_of
from prism_eval.errors import (
    CallError,
    Denied,
    FatalError,
    PermanentError,
    TransientError,
    Unavailable,
    UsageError,
)
from prism_eval.plugins.identity import identity_of, runtime
from prism_eval.schema import NEUTRAL, Completion, FinishReason, Request

# A list is short and costs no model anything: who takes longer is busy, and the check passes.
_CHECK_SECONDS = 10.0
_CHAT, _COMPLETIONS = "/chat/completions", "/completions"


@dataclass(kw_only=True)
class OpenAIEngine(Engine):
    """A model behind an OpenAI-compatible server.

    Attributes:
        model: The model's name on the server.
        revision: A tag of your own for the weights behind that name: change it when they change.
        extra_body: Further fields of every chat request, as a JSON object.
        limit_name: What the server calls the bound on tokens; newer OpenAI models want ``max_completion_tokens``.
            ``none`` sends no bound.
        max_pixels: Pixels of an image beyond which it is scaled down; ``none`` for any number.
        image_format: What images are sent as, ``jpeg`` or ``png``; ``none`` for what they are.
        structured: ``choice`` holds the answers to multiple choice to one letter, where the server has
            ``structured_outputs`` as vLLM does; ``none`` lets the model write what it likes.
        base_url: Where the server is, up to and including ``/v1``; by default what ``OPENAI_BASE_URL`` says. Several
            addresses of one model, with commas between them, share its calls.
        api_key_env: The environment variable that holds the key; without it no key is sent.
        timeout: Seconds one call may take, counted anew while the server answers others; twice as many when it is asked
            again.
        check_model: Whether a model that the server does not list is refused before the first call.
    """

    name: ClassVar[str] = "openai"

    revision: str | None = None
    extra_body: Mapping[str, object] = field(default_factory=dict)
    limit_name: Literal["max_tokens", "max_completion_tokens"] | None = "max_tokens"
    max_pixels: int | None = None
    image_format: ImageFormat | None = None
    structured: Literal["choice"] | None = None
    base_url: str = runtime("", environment=VARIABLE)
    api_key_env: str = runtime("OPENAI_API_KEY")
    timeout: float = runtime(120.0)
    check_model: bool = runtime(True)
    _server: Server | None = field(default=None, init=False, repr=False, compare=False)
    _once: Once = field(default_factory=Once, init=False, repr=False, compare=False)
    _root: str | None = field(default=None, init=False, repr=False, compare=False)
    _context: int | None = field(default=None, init=False, repr=False, compare=False)
    _fields: Fields = field(default_factory=Fields, init=False, repr=False, compare=False)
    # What has passed once is no fault of the options: a later refusal is its own item's.
    _passed: bool = field(default=False, init=False, repr=False, compare=False)
    # An engine for each of several addresses.
    _engines: tuple[OpenAIEngine, ...] = field(default=(), init=False, repr=False, compare=False)
    _replicas: Replicas[OpenAIEngine] | None = field(default=None, init=False, repr=False, compare=False)
    _seen: bool = field(default=False, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.model.strip():
            raise UsageError("the openai engine needs a model's name, as in openai:Qwen/Qwen2.5-VL-7B-Instruct")
        addresses = addresses_from(self.base_url)
        self.base_url = ", ".join(addresses)
        self.extra_body = checked_extra(self.extra_body)
        if self.max_pixels is not None and self.max_pixels < 1:
            raise UsageError(f"max_pixels must be 1 or more, not {self.max_pixels}")
        if not 0 < self.timeout < float("inf"):
            raise UsageError(f"timeout must be above 0 seconds, not {self.timeout}")
        if len(addresses) > 1:
            self._engines = tuple(replace(self, base_url=address) for address in addresses)
            self._replicas = Replicas(self._engines)

    @property
    def identity(self) -> Mapping[str, Any]:
        """The options; of those that came later only what was asked for, so that older texts are found again."""
        said = identity_of(self)
        return said if self.structured else {name: value for name, value in said.items() if name != "structured"}

    @property
    def replicas(self) -> int:
        """How many addresses there are."""
        return len(self._engines) or 1

    @property
    def address(self) -> str:
        """The base URL, or several with commas between them."""
        return self.base_url

    @property
    def remarks(self) -> tuple[str, ...]:
        """Fields of the sampling that the server refused."""
        if self._engines:
            return tuple(remark for engine in self._engines for remark in engine.remarks)
        refused = ", ".join(name for name in NEUTRAL if name in self._fields.refused)
        words = f"{self.base_url} does not take {refused}: defaults of {self.model} may be at work."
        return (words,) if refused else ()

    @property
    def root(self) -> str | None:
        """What ``/models`` says the model's ``root`` is, as vLLM and SGLang do; see `Engine.root`."""
        return next((engine.root for engine in self._engines if engine.root), self._root)

    @property
    def room(self) -> int | None:
        """What ``/models`` says of the model's context; ``None`` where it has not been asked, or does not say."""
        return self._context

    async def probe(self, trial: Request | None = None) -> Probe:
        """What ``/models`` and ``/version`` say; what becomes of the trial, asked for twice at once, and of an echo.

        A server that is slow, busy or keeps no list passes: only the calls themselves can tell.
        """
        if self._replicas:
            return await self._replicas.probe(trial)
        note = await self._look()
        found = Probe(model=self.model) if trial is None else await self._trial_of_all(trial)
        # A reply without a bound takes what room is left.
        context = self._context if self.limit_name else None
        return replace(found, note=note, root=self._root, context=context, version=await self._version())

    async def _trial_of_all(self, trial: Request) -> Probe:
        found, (ranks, why_not) = await self._tried(await self._refitted(trial)), await self._ranked()
        sent = [field.name for field in fields(trial.sampling) if getattr(trial.sampling, field.name) is not None]
        return replace(
            found,
            log_probabilities=ranks,
            why_no_log_probabilities=why_not,
            takes=tuple(name for name in sent if name not in self._fields.refused),
            refuses=tuple(name for name in sent if name in self._fields.refused),
        )

    async def generate(self, request: Request) -> Completion:
        """Ask the server once. The first call also checks that the server is there and serves the model."""
        if self._replicas:
            return await self._replicas.ask(beginning_of(request), lambda one: one.generate(request))
        request = await self._refitted(request)
        left_out = self._fields.refused
        reply = await self._chat(request)
        if _is_about_request(reply) and left_out != await self._fields.refused_of(
            request.sampling, self._reply_to_trial, self._once
        ):
            reply = await self._chat(request)
        if not reply.ok:
            raise self._wrong_for_all(reply, request) or await self._refusal(self._connected(), reply, _CHAT)
        return self._completion(reply, request)

    def _completion(self, reply: Reply, request: Request) -> Completion:
        asked = self._bound(request)
        said = completion_of(reply.body, where=self.base_url, asked=asked, context=self._context)
        held = self._held_to(request) and said.finish_reason is FinishReason.STOP
        if held and said.text.strip() not in request.choices:
            raise FatalError(f"{self.base_url}: ignores structured_outputs: leave out structured=choice")
        self._passed, self._seen = True, self._seen or bool(request.images)
        return said

    async def log_likelihood(self, prompt: str, continuations: Sequence[str]) -> list[float]:
        """Let the server echo the prompt with each continuation, and sum the log-probabilities of what differs.

        All go in one request to ``/completions``, which vLLM and SGLang serve with ``echo`` and ``logprobs``. The first
        call tries the server with plain words: one that numbers them wrongly, as llama.cpp's does, is refused.
        """
        if self._replicas:
            return await self._replicas.ask(shared_part(prompt), lambda one: one.log_likelihood(prompt, continuations))
        await self._for_all(_COMPLETIONS, self._try_echo)
        return await self._echoed([prompt + continuation for continuation in continuations])

    async def _try_echo(self) -> None:
        try:
            await self._echoed(TRIAL)
        except PermanentError as error:
            raise FatalError(f"{error}: rank with another server, such as vLLM") from None

    async def _echoed(self, texts: Sequence[str]) -> list[float]:
        reply = await self._post(_COMPLETIONS, echo_body(texts, model=self.model))
        if not reply.ok:
            raise await self._refusal(self._connected(), reply, _COMPLETIONS)
        return log_likelihoods_of(reply.body, texts, where=self.base_url)

    async def _tried(self, trial: Request) -> Probe:
        reply, left_out = await self._chat(trial, several=2), self._fields.refused
        if reply.ok:
            self._completion(reply, trial)
            return Probe(model=self.model, images=True if trial.images else None, several=_choices(reply) > 1)
        message, _ = error_of(reply.body)
        if trial.images and takes_no_images(message):
            said = self._connected().quote(message)
            return replace(await self._tried(text_alone(trial)), images=False, why_no_images=said)
        about_it = _is_about_request(reply)
        if about_it and left_out != await self._fields.refused_of(trial.sampling, self._reply_to_trial, self._once):
            return await self._tried(trial)
        # What is wrong with it but the number of completions is told by asking as usual.
        found = await super()._tried(trial)
        # An image that is refused without such words may be the only one.
        images = None if found.images is False else found.images
        return replace(found, images=images, several=False if about_it else None)

    async def _try_ranking(self) -> None:
        await self._for_all(_COMPLETIONS, self._try_echo)

    async def _version(self) -> str:
        # As vLLM says it, beside the API and not within.
        try:
            reply = await self._connected().get("/../version", seconds=_CHECK_SECONDS)
        except CallError:
            return ""
        said = (object_of(reply.body) or {}).get("version") if reply.ok else None
        return self._connected().quote(said) if isinstance(said, str) else ""

    async def _look(self) -> str:
        """Ask ``GET /models`` whether the server is there, takes the key and serves the model; say so in a few words.

        Raises:
            Unavailable: It cannot be reached.
            FatalError: Its name leads nowhere, it refuses the key, or lists other models only.
        """
        server = self._connected()
        try:
            reply = await server.get("/models", seconds=_CHECK_SECONDS)
        except Unreachable:
            raise
        except (TransientError, PermanentError):
            # Calls are tried again and this is not: one stumble here must not end a run.
            return f"{self.base_url}: is there, but did not list its models"
        if reply.status == HTTPStatus.UNAUTHORIZED:
            raise FatalError(str(await self._refusal(server, reply, "/models")))
        if reply.redirect:
            raise await self._refusal(server, reply, "/models")
        served = Models.read(reply.body) if reply.ok else Models()
        if not served.roots:
            return f"{self.base_url}: is there, and keeps no list of its models"
        name = served.name_of(self.model)
        if name is not None:
            root = served.roots[name]
            self._root = server.quote(root) if root else None
            self._context = served.contexts.get(name)
            return f"{self.base_url}: serves {self.model}"
        if not self.check_model:
            return f"{self.base_url}: does not list {self.model}"
        raise FatalError(
            f"{self.base_url}: does not list the model {self.model!r} but {server.quote(str(served))}; "
            "if it serves it all the same, add check_model=false"
        )

    async def look(self) -> None:
        """See that the server is there again, after it was not: that it is well, as far as it says, and what it serves.

        Raises:
            CallError: It is not.
        """
        reply = await self._connected().get("/../health", seconds=_CHECK_SECONDS)
        # vLLM's and SGLang's; a server without one answers 404, and is there.
        if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Unavailable(f"{self.base_url}: HTTP {reply.status} from /health")
        await self._look()

    async def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        if self._replicas:
            await self._replicas.close()
            await asyncio.gather(*(engine.close() for engine in self._engines))
        server, self._server = self._server, None
        await self._once.close()
        if server is not None:
            await server.close()

    async def _refitted(self, request: Request) -> Request:
        if (self.max_pixels is None and self.image_format is None) or not request.images:
            return request
        fit = partial(refitted, max_pixels=self.max_pixels, image_format=self.image_format)
        return await asyncio.to_thread(request.with_images, fit)

    async def _chat(self, request: Request, without: Collection[str] = (), *, several: int = 1) -> Reply:
        refused = {*without, *self._fields.refused}
        extra = {**self.extra_body, **({"n": several} if several > 1 else {}), **self._held_to(request)}
        body = body_of(request, model=self.model, limit_name=self.limit_name, without=refused, extra=extra)
        return await self._post(_CHAT, body, asked=self._bound(request))

    def _held_to(self, request: Request) -> Mapping[str, object]:
        held = self.structured and request.choices
        return {"structured_outputs": {"choice": list(request.choices)}} if held else {}

    async def _reply_to_trial(self, request: Request, without: Collection[str]) -> Reply:
        reply = await self._chat(request, without)
        if reply.ok or _is_about_request(reply):
            return reply
        raise await self._refusal(self._connected(), reply, _CHAT)

    def _bound(self, request: Request) -> int | None:
        return request.sampling.max_tokens if self.limit_name else None

    async def _post(self, path: str, body: Body, *, asked: int | None = None) -> Reply:
        """The server's reply, whatever its status, unless it is an outcome of the request's own item."""
        await self._for_all("/models", self._look)
        if self._context and asked and asked >= self._context:
            raise no_room(self.base_url, asked, self._context)
        server = self._connected()
        reply = (await server.post(path, body)).as_meant()
        if reply.ok:
            return reply
        ended = outcome_of(reply, where=self.base_url, asked=asked, size=self._context, quote=server.quote)
        if ended:
            raise ended
        return reply

    async def _for_all(self, what: str, begin: Callable[[], Coroutine[Any, Any, object]]) -> None:
        # Connected first: what is done once is done once for the connections of an event loop.
        self._connected()
        await self._once.get(what, begin)

    def _connected(self) -> Server:
        # Connections belong to an event loop; a notebook runs one after another.
        if self._server is None or self._server.loop is not asyncio.get_running_loop():
            self._once = Once()
            self._server = Server(self.base_url, key=self._key(), timeout=self.timeout)
        return self._server

    def _key(self) -> str:
        # Read when it is needed and kept in no field, so that no repr, identity or plan can hold it.
        key = os.environ.get(self.api_key_env, "").strip()
        if not (key.isascii() and key.isprintable()):
            raise FatalError(f"${self.api_key_env} holds characters that no API key has: set it again")
        return key

    def _wrong_for_all(self, reply: Reply, request: Request) -> FatalError | None:
        """What is wrong with every request: a model without eyes, or a parameter the server does not take."""
        message, _ = error_of(reply.body)
        where, said = f"{self.base_url}: HTTP {reply.status}", self._connected().quote(message)
        if request.images and not self._seen and takes_no_images(message):
            return FatalError(f"{where}: the model {self.model!r} takes no images: {said}")
        option = option_against(message, limit_name=self.limit_name) if reply.invalid else ""
        # Only questions with options hold it: what passed before may have been others.
        concerns_all = not self._passed or "structured" in option
        return FatalError(f"{where}: {said}; add {option} to the spec") if option and concerns_all else None

    async def _refusal(self, server: Server, reply: Reply, path: str) -> CallError:
        message, code = error_of(reply.body)
        # A proxy's own error page looks like any other.
        way = f" through the proxy {server.proxy}" if server.proxy else ""
        where, said = f"{self.base_url}: HTTP {reply.status}{way}", server.quote(message) or "no reason given"
        if reply.redirect:
            target = server.quote(reply.headers.get("Location", "somewhere else"))
            return FatalError(f"{where}: redirects to {target}; set base_url to where the server is")
        if reply.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
            return FatalError(f"{where}: the proxy wants a user name and password in its address")
        if reply.unauthorized and not is_busy(code, said):
            state = "was refused" if self._key() else "is not set"
            # A 403 may be about what was asked: only the first calls together can tell.
            wants = "wants a key" if reply.status == HTTPStatus.UNAUTHORIZED else "refuses this request, or the key"
            return Denied(f"{where}: the server {wants}, and ${self.api_key_env} {state}: {said}")
        if reply.status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
            return await self._not_found(server, where, said, path)
        return refusal(reply, code=code, where=where, said=said)

    async def _not_found(self, server: Server, where: str, said: str, path: str) -> CallError:
        # A 404 has four causes that want different remedies: a wrong path, a wrong model, a model of another kind, and
        # a router whose server is being started again.
        try:
            served = Models.read((await server.get("/models", seconds=_CHECK_SECONDS)).body)
        except CallError:
            served = Models()
        if not served.roots and self._passed:
            return Unavailable(f"{where}: {said}")
        if not served.roots:
            why = f"no model {self.model!r} here, or base_url does not end where the API begins (/v1): {said}"
        elif served.name_of(self.model) is not None:
            why = f"the model {self.model!r} is served, but not for {path.strip('/').replace('/', ' ')}: {said}"
        else:
            why = f"the model {self.model!r} is not served, but {server.quote(str(served))}"
        return FatalError(f"{where}: {why}")


def _choices(reply: Reply) -> int:
    choices = (object_of(reply.body) or {}).get("choices") if reply.ok else None
    return len(choices) if isinstance(choices, list) else 0


def _is_about_request(reply: Reply) -> bool:
    """Whether the server finds fault with what was asked, and not with how often."""
    message, code = error_of(reply.body)
    # Servers of a few lines crash on a field that they do not know.
    invalid = reply.invalid or (reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR and bool(named_in(message)))
    return invalid and not is_busy(code, message)
