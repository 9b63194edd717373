"""One server that speaks the OpenAI chat API: what is known of it, and what it is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any

from prism_eval.engines.advice import option_against, takes_no_images
from prism_eval.engines.body import Body
from prism_eval.engines.chat import CHAT, COMPLETIONS, body_of, completion_of, path_of
from prism_eval.engines.context import no_room
from prism_eval.engines.echo import TRIAL, echo_body, log_likelihoods_of
from prism_eval.engines.fields import Fields, named_in
from prism_eval.engines.http import Reply, Server, Unreachable
from prism_eval.engines.key import key_for, variable_for, why_no_key
from prism_eval.engines.marks import cut, marks_in, tokenize_body
from prism_eval.engines.models import Models
from prism_eval.engines.named import NamedImages
from prism_eval.engines.once import Once
from prism_eval.engines.outcome import outcome_of
from prism_eval.engines.refusal import is_busy, refusal
from prism_eval.engines.replies import error_of, object_of
from prism_eval.errors import CallError, Denied, FatalError, PermanentError, TransientError, Unavailable
from prism_eval.schema import Completion, FinishReason, Request

# A list is short and costs no model anything: who takes longer is busy, and the check passes.
_CHECK_SECONDS = 10.0
_MODELS = "/models"


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How a server is asked; see `prism_eval.engines.openai.OpenAIEngine`."""

    model: str
    extra_body: Mapping[str, object]
    limit_name: str | None
    structured: str | None
    api_key_env: str | None
    timeout: float
    check_model: bool


@dataclass(frozen=True)
class Listed:
    """What a server lists of the model: whose weights it serves, and how many tokens fit."""

    root: str | None
    max_model_len: int | None


class Endpoint:
    """One of the servers of a model.

    Args:
        address: Its base URL.
        terms: How it is asked.
        check: Is told what a server lists of the model, and raises where that will not do.

    Attributes:
        listed: What it lists of the model; ``None`` until it was asked, and where it does not.
        root: What it says that it really serves under the model's name, fit to be quoted.
        fields: What it takes of the fields that only some servers know.
    """

    def __init__(self, address: str, terms: Terms, check: Callable[[Endpoint, Listed], None]) -> None:
        self.address = address
        self.listed: Listed | None = None
        self.root: str | None = None
        self.fields = Fields()
        self._terms = terms
        self._check = check
        self._server: Server | None = None
        self._once = Once()
        self._images = NamedImages()
        # What has passed once is no fault of the options: a later refusal is its own item's.
        self._passed = False
        self._seen = False
        self._tokenizes = True

    @property
    def context(self) -> int | None:
        """Its context in tokens, where it says."""
        return self.listed.max_model_len if self.listed else None

    async def generate(self, request: Request) -> Completion:
        """Ask once. The first call also checks that the server is there and serves the model."""
        left_out = self.fields.refused
        reply = await self.chat(request)
        if not reply.ok and is_about_request(reply) and left_out != await self.refused_fields(request):
            reply = await self.chat(request)
        if not reply.ok:
            error = self._wrong_for_all(reply, request) or await self._refusal(
                self.connected(), reply, path_of(request)
            )
            if request.raw and reply.status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
                raise FatalError(f"{error}; stored prompts go through its chat with 'caprl?answer.through=chat'")
            raise error
        return self.completion(reply, request)

    def completion(self, reply: Reply, request: Request) -> Completion:
        """What a reply says."""
        asked = self._bound(request)
        said = completion_of(reply.body, where=self.address, asked=asked, context=self.context)
        held = self._held_to(request) and said.finish_reason is FinishReason.STOP
        if held and said.text.strip() not in request.choices:
            raise FatalError(f"{self.address}: ignores structured_outputs: leave out structured=choice")
        self._passed, self._seen = True, self._seen or bool(request.images)
        return said

    async def refused_fields(self, request: Request) -> Collection[str]:
        """Which fields of a refused request's sampling the server does not take."""
        return await self.fields.refused_of(request.sampling, self._reply_to_trial, self._once)

    async def log_likelihood(self, prompt: str, continuations: Sequence[str]) -> list[float]:
        """Let the server echo the prompt with each continuation, and sum the log-probabilities of what differs."""
        await self.try_ranking()
        return await self._echoed([prompt + continuation for continuation in continuations])

    async def try_ranking(self) -> None:
        """See that the server echoes as it should, once for all calls."""
        await self._for_all(COMPLETIONS, self._try_echo)

    async def _try_echo(self) -> None:
        try:
            await self._echoed(TRIAL)
        except PermanentError as error:
            raise FatalError(f"{error}: rank with another server, such as vLLM") from None

    async def _echoed(self, texts: Sequence[str]) -> list[float]:
        await self._for_all(_MODELS, self.look)
        reply = await self._post(COMPLETIONS, echo_body(texts, model=self._terms.model))
        if not reply.ok:
            raise await self._refusal(self.connected(), reply, COMPLETIONS)
        return log_likelihoods_of(reply.body, texts, where=self.address)

    async def control_tokens(self, text: str) -> frozenset[str] | None:
        """Those of a text, by ``/tokenize`` beside the API, as vLLM, SGLang and llama.cpp have it."""
        self.connected()
        told = {mark: await self._once.get(("mark", mark), partial(self._is_control, mark)) for mark in marks_in(text)}
        return None if None in told.values() else frozenset(mark for mark, is_one in told.items() if is_one)

    async def _is_control(self, mark: str) -> bool | None:
        """Whether a mark is one token; ``None`` where the server does not say."""
        if not self._tokenizes or (said := await self._cut(mark, special=True)) is None:
            return None
        tokens, always = said
        if always or len(tokens) != 1:
            return len(tokens) == 1
        # llama.cpp can be told to see text in it: a word of its own is one token either way.
        plain = await self._cut(mark, special=False)
        return plain is not None and plain[0] != tokens

    async def _cut(self, mark: str, *, special: bool) -> tuple[list[Any], bool] | None:
        body = tokenize_body(mark, model=self._terms.model, special=special)
        reply = await self.connected().post("/../tokenize", body)
        said = cut(reply.body) if reply.ok else None
        # Who has no such page is not asked for it once a mark.
        self._tokenizes = self._tokenizes and (reply.ok or reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR)
        return said

    async def version(self) -> str:
        """The server's, as vLLM says it beside the API and not within; empty where it says none."""
        try:
            reply = await self.connected().get("/../version", seconds=_CHECK_SECONDS)
        except CallError:
            return ""
        said = (object_of(reply.body) or {}).get("version") if reply.ok else None
        return self.connected().quote(said) if isinstance(said, str) else ""

    async def is_there(self) -> bool:
        """Whether the server, which was away, can be asked again: ``/health``, else the list of models, tells.

        It may have been started with other weights: the next call looks at its list again.
        """
        server = self.connected()
        try:
            reply = await server.get("/../health", seconds=_CHECK_SECONDS)
            # Who keeps no such page says so itself.
            if not reply.ok and reply.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                reply = await server.get(_MODELS, seconds=_CHECK_SECONDS)
        except CallError:
            return False
        self._once.forget(_MODELS)
        self._images.forget()
        return reply.status < HTTPStatus.INTERNAL_SERVER_ERROR

    async def look(self) -> str:
        """Ask ``GET /models`` whether the server is there, takes the key and serves the model; say so in a few words.

        Raises:
            Unavailable: It cannot be reached.
            FatalError: Its name leads nowhere, it refuses the key, lists other models only, or other weights than
                another server.
        """
        server = self.connected()
        try:
            reply = await server.get(_MODELS, seconds=_CHECK_SECONDS)
        except Unreachable:
            raise
        except (TransientError, PermanentError):
            # Calls are tried again and this is not: one stumble here must not end a run.
            return f"{self.address}: is there, but did not list its models"
        if reply.status == HTTPStatus.UNAUTHORIZED:
            raise FatalError(str(await self._refusal(server, reply, _MODELS)))
        if reply.redirect:
            raise await self._refusal(server, reply, _MODELS)
        served = Models.read(reply.body) if reply.ok else Models()
        if not served.roots:
            return f"{self.address}: is there, and keeps no list of its models"
        name = served.name_of(self._terms.model)
        if name is not None:
            listed = Listed(served.roots[name], served.contexts.get(name))
            self._check(self, listed)
            self._images.taken = served.owners.get(name) == "vllm"
            self.listed, self.root = listed, server.quote(listed.root) if listed.root else None
            return f"{self.address}: serves {self._terms.model}"
        if not self._terms.check_model:
            return f"{self.address}: does not list {self._terms.model}"
        raise FatalError(
            f"{self.address}: does not list the model {self._terms.model!r} but {server.quote(str(served))}; "
            "if it serves it all the same, add check_model=false"
        )

    async def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        server, self._server = self._server, None
        await self._once.close()
        if server is not None:
            await server.close()

    async def chat(self, request: Request, without: Collection[str] = (), *, several: int = 1) -> Reply:
        """The reply to a request, less some fields; for ``several`` completions if it gives them."""
        terms, refused = self._terms, {*without, *self.fields.refused}
        extra = {**terms.extra_body, **({"n": several} if several > 1 else {}), **self._held_to(request)}
        # First of all: whether names are taken stands in its list.
        await self._for_all(_MODELS, self.look)
        known = self._images.known(request.images)
        body = body_of(
            request, model=terms.model, limit_name=terms.limit_name, without=refused, extra=extra, known=known
        )
        reply = await self._post(path_of(request), body, asked=self._bound(request))
        if reply.ok:
            self._images.saw(request.images)
        elif reply.invalid and self._images.refused(known, error_of(reply.body)[0]):
            return await self.chat(request, without, several=several)
        return reply

    def _held_to(self, request: Request) -> Mapping[str, object]:
        held = self._terms.structured and request.choices
        return {"structured_outputs": {"choice": list(request.choices)}} if held else {}

    async def _reply_to_trial(self, request: Request, without: Collection[str]) -> Reply:
        reply = await self.chat(request, without)
        if reply.ok or is_about_request(reply):
            return reply
        raise await self._refusal(self.connected(), reply, CHAT)

    def _bound(self, request: Request) -> int | None:
        return request.sampling.max_tokens if self._terms.limit_name else None

    async def _post(self, path: str, body: Body, *, asked: int | None = None) -> Reply:
        """The server's reply, whatever its status, unless it is an outcome of the request's own item."""
        if self.context and asked and asked >= self.context:
            raise no_room(self.address, asked, self.context)
        server = self.connected()
        reply = (await server.post(path, body)).as_meant()
        if reply.ok:
            return reply
        ended = outcome_of(reply, where=self.address, asked=asked, size=self.context, quote=server.quote)
        if ended:
            raise ended
        return reply

    async def _for_all(self, what: str, begin: Callable[[], Coroutine[Any, Any, object]]) -> None:
        # Connected first: what is done once is done once for the connections of an event loop.
        self.connected()
        await self._once.get(what, begin)

    def connected(self) -> Server:
        """The connections. They belong to an event loop; a notebook runs one after another."""
        if self._server is None or self._server.loop is not asyncio.get_running_loop():
            self._once = Once()
            self._server = Server(self.address, key=self._key(), timeout=self._terms.timeout)
        return self._server

    def _key(self) -> str:
        # Read when it is needed and kept in no field, so that no repr, identity or plan can hold it.
        return key_for(self.address, self._terms.api_key_env)

    def _wrong_for_all(self, reply: Reply, request: Request) -> FatalError | None:
        """What is wrong with every request: a model without eyes, or a parameter the server does not take."""
        message, _ = error_of(reply.body)
        where, said = f"{self.address}: HTTP {reply.status}", self.connected().quote(message)
        if request.images and not self._seen and takes_no_images(message):
            return FatalError(f"{where}: the model {self._terms.model!r} takes no images: {said}")
        option = option_against(message, limit_name=self._terms.limit_name) if reply.invalid else ""
        # Only questions with options hold it: what passed before may have been others.
        concerns_all = not self._passed or "structured" in option
        return FatalError(f"{where}: {said}; add {option} to the spec") if option and concerns_all else None

    async def _refusal(self, server: Server, reply: Reply, path: str) -> CallError:
        message, code = error_of(reply.body)
        # A proxy's own error page looks like any other.
        way = f" through the proxy {server.proxy}" if server.proxy else ""
        where, said = f"{self.address}: HTTP {reply.status}{way}", server.quote(message) or "no reason given"
        if reply.redirect:
            target = server.quote(reply.headers.get("Location", "somewhere else"))
            return FatalError(f"{where}: redirects to {target}; set base_url to where the server is")
        if reply.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
            return FatalError(f"{where}: the proxy wants a user name and password in its address")
        if reply.unauthorized and not is_busy(code, said):
            given = self._terms.api_key_env
            name = variable_for(self.address, given)
            state = f"${name} was refused" if self._key() else why_no_key(self.address, given)
            # A 403 may be about what was asked: only the first calls together can tell.
            wants = "wants a key" if reply.status == HTTPStatus.UNAUTHORIZED else "refuses this request, or the key"
            return Denied(f"{where}: the server {wants}, and {state}: {said}")
        if reply.status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
            return await self._not_found(server, where, said, path)
        return refusal(reply, code=code, where=where, said=said)

    async def _not_found(self, server: Server, where: str, said: str, path: str) -> CallError:
        # A 404 has four causes that want different remedies: a wrong path, a wrong model, a model of another kind, and
        # a router whose server is being started again.
        try:
            served = Models.read((await server.get(_MODELS, seconds=_CHECK_SECONDS)).body)
        except CallError:
            served = Models()
        if not served.roots and self._passed:
            return Unavailable(f"{where}: {said}")
        if not served.roots:
            why = f"no model {self._terms.model!r} here, or base_url does not end where the API begins (/v1): {said}"
        elif served.name_of(self._terms.model) is not None:
            why = f"the model {self._terms.model!r} is served, but not for {path.strip('/').replace('/', ' ')}: {said}"
        else:
            why = f"the model {self._terms.model!r} is not served, but {server.quote(str(served))}"
        return FatalError(f"{where}: {why}")


def choices(reply: Reply) -> int:
    """How many completions a reply holds."""
    held = (object_of(reply.body) or {}).get("choices") if reply.ok else None
    return len(held) if isinstance(held, list) else 0


def is_about_request(reply: Reply) -> bool:
    """Whether the server finds fault with what was asked, and not with how often."""
    message, code = error_of(reply.body)
    # Servers of a few lines crash on a field that they do not know.
    invalid = reply.invalid or (reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR and bool(named_in(message)))
    return invalid and not is_busy(code, message)
