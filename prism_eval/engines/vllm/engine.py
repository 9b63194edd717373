"""`vllm`: a model of text, or of images and text, by vLLM in this process or behind a server of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from prism_eval.engines.base import Engine
from prism_eval.engines.pixels import refitted
from prism_eval.engines.probe import Probe
from prism_eval.engines.vllm.arguments import OPTIONS, checked, for_cpu, installed, is_cpu
from prism_eval.engines.vllm.host import Host, Wanted
from prism_eval.engines.weights import Weights
from prism_eval.errors import UsageError
from prism_eval.plugins import from_plan, runtime
from prism_eval.plugins.identity import identity_of
from prism_eval.schema import Completion, Request


@dataclass(kw_only=True)
class VLLMEngine(Engine):
    """A model by vLLM, in this process or behind a server that is started and ended with the run.

    Engines that name the same model in the same way share it. What a spec asks for is what vLLM itself calls so.

    Attributes:
        model: A folder, or a repository of the hub.
        revision: The repository's commit, tag or branch; name a commit to be sure of its weights.
        dtype: The numbers it computes with: ``float32``, ``bfloat16`` or ``float16``; ``auto`` for those that the
            weights are stored in.
        max_model_len: Tokens that a prompt and its reply may have together; ``none`` for as many as the model was made
            for.
        max_pixels: Pixels of an image beyond which it is scaled down; ``none`` for any number.
        chat_template_kwargs: What the model's chat template is told, as a JSON object: ``{"enable_thinking": false}``.
        engine_args: Further engine arguments of vLLM's by their names, as a JSON object: ``{"quantization": "fp8"}``.
        serve: Whether it stands behind a server of its own, a child of this process, in place of this very process.
        tensor_parallel_size: GPUs that the model is spread over.
        data_parallel_size: Copies of the model; each has as many GPUs.
        gpu_memory_utilization: Share of a GPU's memory that it takes; ``none`` for vLLM's own, 0.92.
        enable_prefix_caching: Whether what prompts begin with alike is read once.
        enforce_eager: Whether nothing is compiled: up sooner, and slower from then on.
        logs: The folder for what vLLM has to say; by default the run's.
        concurrency: Requests in work at once; ``None`` for as many as the plan says.
    """

    name: ClassVar[str] = "vllm"
    extra: ClassVar[str] = "vllm"

    # A path where there is such a one, and then the same from every folder.
    model: Annotated[str, Path]
    revision: str | None = None
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    max_model_len: int | None = None
    max_pixels: int | None = None
    chat_template_kwargs: Mapping[str, object] = field(default_factory=dict)
    engine_args: Mapping[str, object] = field(default_factory=dict)
    serve: bool = runtime(False)
    tensor_parallel_size: int = runtime(1)
    data_parallel_size: int = runtime(1)
    gpu_memory_utilization: float | None = runtime(None)
    enable_prefix_caching: bool = runtime(True)
    enforce_eager: bool = runtime(False)
    logs: Path | None = from_plan("run_folder", default=None, runtime=True)
    _weights: Weights = field(init=False, repr=False, compare=False)
    _host: Host | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("max_model_len", "max_pixels", "tensor_parallel_size", "data_parallel_size"):
            if (value := getattr(self, name)) is not None and value < 1:
                raise UsageError(f"{name} must be 1 or more, not {value}")
        share = self.gpu_memory_utilization
        if share is not None and not 0 < share <= 1:
            raise UsageError(f"gpu_memory_utilization must be above 0 and at most 1, not {share}")
        self.engine_args = checked(self.engine_args)
        # Before it is opened: what is wrong with a file that is not for it is of no use to anybody.
        if self.model.lower().endswith(".gguf"):
            raise UsageError(f"{self.model}: the vllm engine reads folders and repositories, and no GGUF files")
        self._weights = Weights.of(self.model, self.revision)

    @property
    def devices(self) -> int:
        """Those of all copies; see `Engine.devices`."""
        return self.tensor_parallel_size * self.data_parallel_size

    @property
    def all_gpus(self) -> float | None:
        """Those of all copies, unless vLLM is built for a CPU; see `Engine.all_gpus`."""
        return None if is_cpu() else self.devices

    @property
    def identity(self) -> Mapping[str, Any]:
        """The options; of a folder what it holds, wherever it lies."""
        digest = self._weights.digest
        held = {"model": self._weights.name, "revision": f"sha256:{digest}"} if digest else {}
        return {**identity_of(self), **held}

    @property
    def lane(self) -> Hashable:
        """The model's, whichever engine asks it."""
        return f"{self.name}:{self.wanted}"

    @property
    def holds(self) -> str | None:
        """The first GPU, and those after it; nothing that others need where a share of it was asked for."""
        return None if is_cpu() or self.gpu_memory_utilization is not None else "cuda:0"

    async def probe(self, trial: Request | None = None) -> Probe:
        """What the model's ``config.json`` says; for a trial the model is loaded; see `Engine.probe`."""
        found = await super().probe(trial)
        if trial is None:
            found = replace(found, images=self._weights.sees)
        else:
            found = replace(found, note=await self._there().ready())
        return replace(found, version=installed(), context=self.context)

    @property
    def completes(self) -> bool:
        """Yes, served or in this process."""
        return True

    async def generate(self, request: Request) -> Completion:
        """Let the model reply, together with whatever else is asked of it now."""
        if self.max_pixels is not None and request.images:
            request = await asyncio.to_thread(self.fitted, request)
        return await self._there().generate(request)

    def fitted(self, request: Request) -> Request:
        """The request as the model gets it, its images within `max_pixels`.

        Raises:
            PermanentError: An image cannot be decoded.
        """
        if self.max_pixels is None:
            return request
        return request.with_images(partial(refitted, max_pixels=self.max_pixels, image_format=None))

    async def log_likelihood(self, prompt: str, continuations: Sequence[str]) -> list[float]:
        """Read the prompt with each continuation; see `Engine.log_likelihood`."""
        return await self._there().log_likelihood(prompt, continuations)

    async def control_tokens(self, text: str) -> frozenset[str] | None:
        """Ask the model's tokenizer; see `Engine.control_tokens`."""
        return await self._there().control_tokens(text)

    async def close(self) -> None:
        """Let go of the model; with the last engine to do so it ends, and all its processes with it."""
        host, self._host = self._host, None
        if host is not None:
            await host.leave()

    def _there(self) -> Host:
        if self._host is None:
            self._host = Host.shared(self.wanted)
        return self._host

    @property
    def context(self) -> int | None:
        """Tokens that a prompt and its reply may have together; ``None`` where only loading the model would tell."""
        return self.max_model_len or self._weights.context

    @property
    def endings(self) -> frozenset[int]:
        """The tokens that end a text, as far as the model's files say."""
        return self._weights.endings

    @property
    def wanted(self) -> Wanted:
        """Which model, and what vLLM and its chat template are told."""
        said = {name: getattr(self, name) for name in OPTIONS}
        arguments = {
            "model": self._weights.source,
            **{name: value for name, value in said.items() if value is not None},
            **for_cpu(self.context),
            **self.engine_args,
        }
        return Wanted(self._weights.name, arguments, self.chat_template_kwargs, self.serve, self.logs)
