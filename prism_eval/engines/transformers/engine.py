"""`transformers`: any model of text, or of images and text, in this process."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, cast

from prism_eval.engines.base import Engine
from prism_eval.engines.context import no_room
from prism_eval.engines.marks import control_tokens_of, held
from prism_eval.engines.probe import Probe
from prism_eval.engines.templates import no_chat_template
from prism_eval.engines.transformers.inputs import Prompt
from prism_eval.engines.transformers.loading import Loaded
from prism_eval.engines.transformers.ranking import Options
from prism_eval.engines.transformers.resident import Resident, Wanted
from prism_eval.engines.transformers.rules import Rules
from prism_eval.engines.weights import Weights
from prism_eval.errors import FatalError, UsageError
from prism_eval.plugins.identity import identity_of, runtime
from prism_eval.schema import Completion, Request

_IN_WORK = 4
"""Batches that are in work or waiting. Of two, the one that waits is all there is to make the next one of; of three,
pictures of two sizes share none.
"""


@dataclass(kw_only=True)
class TransformersEngine(Engine):
    """A model in this process, by Hugging Face's transformers.

    Engines that name the same model share one in memory. Requests are put together by the model itself: text by
    continuous batching, all else in batches of like lengths.

    Attributes:
        model: A folder, a ``.gguf`` file, or a repository of the hub; a file of a repository is named behind it.
        revision: The repository's commit, tag or branch; name a commit to be sure of its weights.
        dtype: The numbers it computes with: ``float32``, ``bfloat16`` or ``float16``; ``auto`` for those that the
            weights are stored in.
        max_pixels: Pixels of an image beyond which it is scaled down; ``none`` for any number.
        device: Where it computes, as torch names it: ``cpu``, ``cuda``, ``cuda:1``, ``mps``; ``auto`` for the best.
        batch_size: Requests it works on at once; half as many after each time that memory ran out. By default 32, and 8
            on a CPU.
        concurrency: Requests in work or waiting at once; ``None`` for four times ``batch_size``, and where that
            is not given either, as many as the plan says.
    """

    name: ClassVar[str] = "transformers"
    extra: ClassVar[str] = "transformers"

    # A path where there is such a one, and then the same from every folder.
    model: Annotated[str, Path]
    revision: str | None = None
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    max_pixels: int | None = None
    device: str = runtime("auto")
    batch_size: int | None = runtime(None)
    _weights: Weights = field(init=False, repr=False, compare=False)
    _resident: Resident | None = field(default=None, init=False, repr=False, compare=False)
    _remarks: tuple[str, ...] = field(default=(), init=False, repr=False, compare=False)
    _controls: frozenset[str] | None = field(default=None, init=False, repr=False, compare=False)
    _loaded_root: str | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("max_pixels", "batch_size"):
            if (value := getattr(self, name)) is not None and value < 1:
                raise UsageError(f"{name} must be 1 or more, not {value}")
        if self.concurrency is None and self.batch_size is not None:
            self.concurrency = _IN_WORK * self.batch_size
        self._weights = Weights.of(self.model, self.revision)

    @property
    def identity(self) -> Mapping[str, Any]:
        """The options; of a folder or a file what it holds, wherever it lies."""
        digest = self._weights.digest
        held = {"model": self._weights.name, "revision": f"sha256:{digest}"} if digest else {}
        return {**identity_of(self), **held}

    @property
    def lane(self) -> Hashable:
        """The model's in memory, whichever engine asks it."""
        batches = f" by {self.batch_size}" if self.batch_size else ""
        return f"{self.name}:{self.model} on {self.device} in {self.dtype}{batches}"

    @property
    def holds(self) -> str | None:
        """The accelerator; a computer's own memory takes several models as a rule."""
        # Named here, so that a plan which cannot be run for another reason need not import torch first.
        from prism_eval.engines.transformers.loading import device_of

        kind = "cpu" if self.device == "cpu" else str(device_of(self.device))
        return None if kind == "cpu" else kind

    @property
    def all_gpus(self) -> float | None:
        """The one it computes on; see `Engine.all_gpus`."""
        return None if self.holds is None else 1

    @property
    def root(self) -> str | None:
        """The commit that was loaded of a repository; see `Engine.root`."""
        return self._loaded_root

    @property
    def remarks(self) -> tuple[str, ...]:
        """What only working with the model could tell."""
        return self._resident.remarks if self._resident else self._remarks

    async def probe(self, trial: Request | None = None) -> Probe:
        """What the model's ``config.json`` says; for a trial the model is loaded; see `Engine.probe`."""
        found = await super().probe(trial)
        if trial is None:
            found = replace(found, images=self._weights.sees)
        else:
            found = replace(found, note=str(await self._ready()))
        return replace(found, version=metadata.version("transformers"), context=self._weights.context)

    async def generate(self, request: Request) -> Completion:
        """Let the model reply, together with whatever else is asked of it now."""
        prompt, group = self._prompt_of(request, await self._ready())
        # A request that is given up keeps its frames as long as its exception is kept: none of them may hold the model.
        return cast("Completion", await self._asked(prompt, group, prompt.length))

    @property
    def completes(self) -> bool:
        """Yes, without a template."""
        return True

    async def log_likelihood(self, prompt: str, continuations: Sequence[str]) -> list[float]:
        """Read the prompt once, and all continuations behind it; see `Engine.log_likelihood`."""
        await self._ready()
        options = Options(prompt, tuple(continuations))
        return cast("list[float]", await self._asked(options, "options", len(prompt)))

    async def control_tokens(self, text: str) -> frozenset[str] | None:
        """Those that the tokenizer names as its own; see `Engine.control_tokens`."""
        if self._controls is None:
            self._controls = control_tokens_of((await self._ready()).tokenizer)
        return held(self._controls, text)

    async def close(self) -> None:
        """Let go of the model; with the last engine to do so it leaves the memory."""
        resident, self._resident = self._resident, None
        if resident is not None:
            self._remarks = resident.remarks
            await resident.leave()

    def _prompt_of(self, request: Request, loaded: Loaded) -> tuple[Prompt, Hashable]:
        """What the model is to reply to, and with whom it may share a batch."""
        if request.images and not loaded.sees:
            raise FatalError(f"{loaded.name}: the model takes no images")
        if not request.raw and loaded.templates.chat_template is None:
            raise no_chat_template(loaded.name)
        sampling = request.sampling
        if loaded.context is not None and sampling.max_tokens >= loaded.context:
            raise no_room(loaded.name, sampling.max_tokens, loaded.context)
        rules = Rules.of(sampling, loaded.own)
        most = float("inf") if self.max_pixels is None else self.max_pixels
        prompt = Prompt(request.messages, request.raw, rules, sampling.max_tokens, sampling.seed, most)
        # A batch of pictures is made of rows that have some, and one of templates has marks of a beginning in all.
        return prompt, (rules, bool(request.images), bool(request.raw))

    async def _ready(self) -> Loaded:
        if self._resident is None:
            self._resident = Resident.shared(Wanted(self._weights, self.device, self.dtype, self.batch_size))
        loaded = await self._resident.ready()
        self._loaded_root = loaded.commit
        return loaded

    async def _asked(self, what: object, group: Hashable, length: int) -> object:
        if self._resident is None:
            raise FatalError(f"{self.name}:{self.model} was closed")
        return await self._resident.ask(what, group, length)
