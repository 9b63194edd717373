"""Any server that speaks the OpenAI chat API: vLLM, SGLang, llama.cpp, Ollama, OpenAI itself."""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import ClassVar, Literal, TypeVar

from prism_eval.calls import Patience
from prism_eval.calls.lane import Lane
from prism_eval.calls.lanes import Lanes
from prism_eval.calls.places import held_at
from prism_eval.engines.address import VARIABLE, addresses_from
from prism_eval.engines.advice import takes_no_images
from prism_eval.engines.base import Engine
from prism_eval.engines.beginnings import beginning_of, shared_part
from prism_eval.engines.chat import checked_extra
from prism_eval.engines.endpoint import Endpoint, Listed, Terms, choices, is_about_request
from prism_eval.engines.http import one_line
from prism_eval.engines.key import checked_name, variable_for
from prism_eval.engines.pixels import ImageFormat, refitted
from prism_eval.engines.probe import Probe, text_alone, together
from prism_eval.engines.replies import error_of
from prism_eval.errors import FatalError, RateLimited, TransientError, Unavailable, UsageError
from prism_eval.plugins.identity import added, runtime
from prism_eval.schema import NEUTRAL, Completion, Request

T = TypeVar("T")


@dataclass(kw_only=True)
class OpenAIEngine(Engine):
    """A model behind an OpenAI-compatible server, or behind several.

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
            servers of the same weights, with commas between them or as a JSON list, share the calls.
        api_key_env: The environment variable that holds the key; empty for none. By default ``OPENAI_API_KEY``, which
            goes to OpenAI, to the host of ``OPENAI_BASE_URL`` and to this machine, and to nobody else.
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
    structured: Literal["choice"] | None = added(None)
    base_url: str | Sequence[str] = runtime("", environment=VARIABLE)
    api_key_env: str | None = runtime(None)
    timeout: float = runtime(120.0)
    check_model: bool = runtime(True)
    _endpoints: dict[str, Endpoint] = field(init=False, repr=False, compare=False)
    _lanes: tuple[asyncio.AbstractEventLoop, Lanes] | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.model.strip():
            raise UsageError("the openai engine needs a model's name, as in openai:Qwen/Qwen2.5-VL-7B-Instruct")
        addresses = addresses_from(self.base_url)
        self.base_url = ", ".join(addresses)
        checked_name(self.api_key_env)
        self.extra_body = checked_extra(self.extra_body)
        if self.max_pixels is not None and self.max_pixels < 1:
            raise UsageError(f"max_pixels must be 1 or more, not {self.max_pixels}")
        if not 0 < self.timeout < float("inf"):
            raise UsageError(f"timeout must be above 0 seconds, not {self.timeout}")
        terms = Terms(**{each.name: getattr(self, each.name) for each in fields(Terms)})
        self._endpoints = {address: Endpoint(address, terms, self._check_alike) for address in addresses}

    @property
    def completes(self) -> bool:
        """Yes, by ``/completions``; a server without it says so."""
        return True

    @property
    def address(self) -> str:
        """The base URL, or all of them."""
        return ", ".join(self._endpoints)

    @property
    def addresses(self) -> tuple[str, ...]:
        """The base URLs."""
        return tuple(self._endpoints)

    async def is_there(self, address: str) -> bool:
        """Whether a server that was away answers again; see `Endpoint.is_there`."""
        return await self._endpoints[address].is_there()

    @property
    def keys(self) -> Mapping[str, str]:
        """By server, the environment variable whose key is sent there."""
        named = {address: variable_for(address, self.api_key_env) for address in self._endpoints}
        return {address: name for address, name in named.items() if os.environ.get(name)}

    @property
    def replicas(self) -> int:
        """How many servers there are."""
        return len(self._endpoints)

    @property
    def remarks(self) -> tuple[str, ...]:
        """Fields of the sampling that a server refused."""
        return tuple(
            f"{endpoint.address} does not take {refused}: defaults of {self.model} may be at work."
            for endpoint in self._endpoints.values()
            if (refused := ", ".join(name for name in NEUTRAL if name in endpoint.fields.refused))
        )

    @property
    def root(self) -> str | None:
        """What ``/models`` says the model's ``root`` is, as vLLM and SGLang do; see `Engine.root`."""
        return next((endpoint.root for endpoint in self._endpoints.values() if endpoint.root), None)

    async def probe(self, trial: Request | None = None) -> Probe:
        """What ``/models`` and ``/version`` say; what becomes of the trial, asked for twice at once, and of an echo.

        A server that is slow, busy or keeps no list passes: only the calls themselves can tell. Of several, one that is
        away is passed over.
        """
        if len(self._endpoints) > 1:
            return await self._probe_all(trial)
        endpoint = self._only
        note = await endpoint.look()
        found = Probe(model=self.model) if trial is None else await self._trial_of_all(trial)
        # A reply without a bound takes what room is left.
        context = endpoint.context if self.limit_name else None
        return replace(found, note=note, root=endpoint.root, context=context, version=await endpoint.version())

    async def _probe_all(self, trial: Request | None) -> Probe:
        alone = [self._alone(address) for address in self._endpoints]
        said = await asyncio.gather(*(one.probe(trial) for one in alone), return_exceptions=True)
        errors = [one for one in said if isinstance(one, BaseException)]
        probes = [one for one in said if isinstance(one, Probe)]
        # One that can never be asked is a slip, and one that is away comes back.
        if hopeless := [error for error in errors if not isinstance(error, TransientError)] or errors * (not probes):
            raise hopeless[0]
        return together(probes, notes=[one.note if isinstance(one, Probe) else str(one) for one in said])

    def _alone(self, address: str) -> OpenAIEngine:
        """The same at one of its servers, on the same connections."""
        one = replace(self, base_url=address)
        one._endpoints = {address: self._endpoints[address]}  # noqa: SLF001 - an engine of this very class
        return one

    @property
    def _only(self) -> Endpoint:
        (endpoint,) = self._endpoints.values()
        return endpoint

    async def _trial_of_all(self, trial: Request) -> Probe:
        found, (ranks, why_not) = await self._tried(await self._refitted(trial)), await self._ranked()
        sent = [field.name for field in fields(trial.sampling) if getattr(trial.sampling, field.name) is not None]
        refused = self._only.fields.refused
        return replace(
            found,
            log_probabilities=ranks,
            why_no_log_probabilities=why_not,
            takes=tuple(name for name in sent if name not in refused),
            refuses=tuple(name for name in sent if name in refused),
        )

    async def generate(self, request: Request) -> Completion:
        """Ask a server once; of several the least busy one, or the one that a run has chosen."""
        request = await self._refitted(request)
        return await self._asked(lambda endpoint: endpoint.generate(request), lambda: beginning_of(request))

    async def log_likelihood(self, prompt: str, continuations: Sequence[str]) -> list[float]:
        """Let a server echo the prompt with each continuation, and sum the log-probabilities of what differs.

        All go in one request to ``/completions``, which vLLM and SGLang serve with ``echo`` and ``logprobs``. The first
        call tries the server with plain words: one that numbers them wrongly, as llama.cpp's does, is refused.
        """
        return await self._asked(
            lambda endpoint: endpoint.log_likelihood(prompt, continuations), lambda: shared_part(prompt)
        )

    async def control_tokens(self, text: str) -> frozenset[str] | None:
        """Ask the server's ``/tokenize`` about what looks like one; see `Engine.control_tokens`."""
        return await self._asked(lambda endpoint: endpoint.control_tokens(text), lambda: shared_part(text))

    async def _asked(self, ask: Callable[[Endpoint], Awaitable[T]], beginning: Callable[[], str]) -> T:
        """Ask the server at which the call has its place in a run; without one the others too, until one answers.

        Args:
            ask: Asks one of them.
            beginning: Says what the call shares with others.
        """
        if address := self.address if len(self._endpoints) == 1 else held_at(self._endpoints):
            return await ask(self._endpoints[address])
        lanes, shares, tried = self._shared(), beginning(), set[str]()
        while True:
            async with lanes.place(shares=shares, avoid=tried) as place:
                try:
                    said = await ask(self._endpoints[place.lane.name])
                except (RateLimited, Unavailable) as error:
                    lanes.failed(place, error, Patience())
                    tried.add(place.lane.name)
                    if len(tried) == len(self._endpoints):
                        raise
                else:
                    lanes.answered(place)
                    return said

    def _shared(self) -> Lanes:
        """Who is asked outside of a run, without a limit. What waits belongs to an event loop."""
        loop = asyncio.get_running_loop()
        if self._lanes is None or self._lanes[0] is not loop:
            self._lanes = loop, Lanes([Lane(address, math.inf) for address in self._endpoints], self.is_there)
        return self._lanes[1]

    async def _tried(self, trial: Request) -> Probe:
        endpoint = self._only
        reply, left_out = await endpoint.chat(trial, several=2), endpoint.fields.refused
        if reply.ok:
            endpoint.completion(reply, trial)
            return Probe(model=self.model, images=True if trial.images else None, several=choices(reply) > 1)
        message, _ = error_of(reply.body)
        if trial.images and takes_no_images(message):
            said = endpoint.connected().quote(message)
            return replace(await self._tried(text_alone(trial)), images=False, why_no_images=said)
        about_it = is_about_request(reply)
        if about_it and left_out != await endpoint.refused_fields(trial):
            return await self._tried(trial)
        # What is wrong with it but the number of completions is told by asking as usual.
        found = await super()._tried(trial)
        # An image that is refused without such words may be the only one.
        images = None if found.images is False else found.images
        return replace(found, images=images, several=False if about_it else None)

    async def _try_ranking(self) -> None:
        await self._only.try_ranking()

    async def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        lanes, self._lanes = self._lanes, None
        if lanes is not None:
            await lanes[1].stop()
        for endpoint in self._endpoints.values():
            await endpoint.close()

    async def _refitted(self, request: Request) -> Request:
        if (self.max_pixels is None and self.image_format is None) or not request.images:
            return request
        fit = partial(refitted, max_pixels=self.max_pixels, image_format=self.image_format)
        return await asyncio.to_thread(request.with_images, fit)

    def _check_alike(self, endpoint: Endpoint, listed: Listed) -> None:
        """Make sure that a server serves what the others do: all share one identity."""
        known = {one.address: listed if one is endpoint else one.listed for one in self._endpoints.values()}
        (first, alike), *others = [(address, said) for address, said in known.items() if said is not None]
        for other, said in others:
            for name in ("root", "max_model_len"):
                one, two = getattr(alike, name), getattr(said, name)
                if one != two:
                    raise FatalError(
                        f"{first} and {other} do not serve the same: {name} is {one_line(str(one))} and "
                        f"{one_line(str(two))}; give base_url the addresses of one model"
                    )
