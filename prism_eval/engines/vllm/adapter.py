"""All that knows vLLM's Python interface. The part that makes prompts of chats is young, and moves between versions."""

from __future__ import annotations

import contextlib
import itertools
import logging
import math
import multiprocessing
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from prism_eval.engines.marks import control_tokens_of
from prism_eval.engines.vllm.arguments import Arguments
from prism_eval.engines.vllm.log import QUIET, Log
from prism_eval.engines.vllm.spawning import leashed
from prism_eval.errors import FatalError

KNOWN = ("0.32",)
"""The versions of vLLM that this is known to work with."""
_ENDING = 15.0
"""Seconds that vLLM's processes have to end by themselves; on a CPU they take more than the five it gives them."""


@dataclass(frozen=True)
class Written:
    """What the model wrote.

    Attributes:
        text: The text.
        reason: Why it ended, in vLLM's word.
        read: Tokens of the prompt.
        written: Tokens of the text.
        cached: Tokens of the prompt that it had read before.
    """

    text: str
    reason: str
    read: int
    written: int
    cached: int


class Model:
    """A model of vLLM's, and the processes that hold it; made and used in one thread, with its event loop running.

    Attributes:
        context: Tokens that a prompt and its reply may have together.
        sees: Whether it takes images.
        own: What the model's ``generation_config.json`` says of sampling.
        commit: The hub's commit of the weights; ``None`` for a folder.
    """

    def __init__(self, engine: Any) -> None:
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind

        self._engine = engine
        self._processes: list[multiprocessing.process.BaseProcess] = []
        self._params, self._final = SamplingParams, RequestOutputKind.FINAL_ONLY
        self._names = map(str, itertools.count())
        config = engine.model_config
        self.context: int = config.max_model_len
        self.sees: bool = config.is_multimodal_model
        self.own: Mapping[str, Any] = config.get_diff_sampling_param()
        self.commit: str | None = getattr(config.hf_config, "_commit_hash", None)

    @classmethod
    def load(cls, arguments: Arguments, log: Log) -> Model:
        """Load a model; blocks until it is there.

        Raises:
            FatalError: This version of vLLM is another than this was written for, or the arguments are none of its.
            Exception: Whatever vLLM says; its processes' own words are in the log.
        """
        before = {*multiprocessing.active_children()}
        _quiet(log)
        kind, config = _interface(arguments)
        with leashed(log.path):
            # In no variable: an import that failed inside vLLM keeps this frame, and the model would stay in memory.
            model = cls(kind.from_engine_args(config))
        model._processes = [one for one in multiprocessing.active_children() if one not in before]
        return model

    def __str__(self) -> str:
        eyes = "takes images" if self.sees else "text only"
        return f"by vLLM {version()} in this process, {eyes}, context {self.context} tokens"

    @property
    def is_dead(self) -> bool:
        """Whether one of its processes has ended."""
        return self._engine.errored or not all(process.is_alive() for process in self._processes)

    async def prompt_of(self, messages: Sequence[Mapping[str, object]], template: Arguments) -> Any:
        """A conversation as the model reads it."""
        from vllm.renderers.params import ChatParams

        begun = messages[-1]["role"] == "assistant"
        told = ChatParams(
            chat_template_kwargs={"add_generation_prompt": not begun, "continue_final_message": begun, **template}
        )
        _, (prompt,) = await self._engine.renderer.render_chat_async([list(messages)], told)
        return prompt

    async def prompt_of_text(self, text: str) -> Any:
        """A text as the model reads it, in no chat template."""
        (prompt,) = await self._engine.renderer.render_cmpl_async([{"prompt_token_ids": self.tokens_of(text)}])
        return prompt

    def length_of(self, prompt: Any) -> int:
        """A prompt's tokens, those of its images included."""
        return len(prompt["prompt_token_ids"])

    async def write(self, prompt: Any, *, max_tokens: int, seed: int | None, rules: Mapping[str, float]) -> Written:
        """Let the model go on from a prompt."""
        params = self._params(**rules, max_tokens=max_tokens, seed=seed, output_kind=self._final)
        output = await self._last(prompt, params)
        (said,) = output.outputs
        read, cached = len(output.prompt_token_ids), output.num_cached_tokens or 0
        return Written(said.text, str(said.finish_reason), read, len(said.token_ids), cached)

    def tokens_of(self, text: str) -> list[int]:
        """A text's tokens, with the marks of a beginning that the model is used to."""
        ids: list[int] = self._engine.renderer.get_tokenizer().encode(text)
        return ids

    @cached_property
    def control_tokens(self) -> frozenset[str]:
        """Those of its tokenizer."""
        return control_tokens_of(self._engine.renderer.get_tokenizer())

    async def log_probabilities(self, tokens: Sequence[int]) -> list[float]:
        """That of each token but the first, behind those before it."""
        params = self._params(max_tokens=1, temperature=0.0, prompt_logprobs=0, output_kind=self._final)
        (prompt,) = await self._engine.renderer.render_cmpl_async([{"prompt_token_ids": list(tokens)}])
        output = await self._last(prompt, params)
        told = zip(output.prompt_logprobs[1:], tokens[1:], strict=True)
        return [one[token].logprob if token in one else -math.inf for one, token in told]

    def end(self) -> None:
        """End the model, and wait until its processes are gone."""
        self._engine.shutdown(timeout=_ENDING)
        # It would shut itself down once more when Python ends, and fail.
        self._engine = None
        for process in self._processes:
            process.join(_ENDING)
            if process.is_alive():
                process.kill()
                process.join()

    async def _last(self, prompt: Any, params: Any) -> Any:
        last: Any = None
        async with contextlib.aclosing(self._engine.generate(prompt, params, next(self._names))) as outputs:
            async for output in outputs:
                last = output
        return last


def version() -> str:
    """The version of vLLM that is installed; it is imported for that."""
    import vllm

    found: str = vllm.__version__
    return found


def _interface(arguments: Arguments) -> tuple[Any, Any]:
    """The class of vLLM's engines, and the arguments as it wants them."""
    try:
        from vllm.engine.arg_utils import AsyncEngineArgs
        from vllm.renderers.base import BaseRenderer
        from vllm.renderers.params import ChatParams
        from vllm.v1.engine.async_llm import AsyncLLM

        _ = AsyncLLM.from_engine_args, BaseRenderer.render_chat_async
        ChatParams(chat_template_kwargs={})
    except (ImportError, AttributeError, TypeError) as error:
        raise FatalError(unknown(version(), str(error))) from None
    known = AsyncEngineArgs.__dataclass_fields__
    if strange := sorted(arguments.keys() - known.keys()):
        raise FatalError(f"vLLM {version()} has no engine argument {strange[0]!r} (see its documentation of them)")
    return AsyncLLM, AsyncEngineArgs(**arguments)


def unknown(found: str, lacking: str) -> str:
    """What is said of a vLLM that has another interface."""
    versions = ", ".join(KNOWN)
    return (
        f"vLLM {found} has another interface than the versions this is known to work with ({versions}): {lacking}; "
        f"pip install 'vllm=={KNOWN[-1]}.*', or add serve=true, which asks vLLM's server"
    )


def _quiet(log: Log) -> None:
    """Let what vLLM says in this process go into the log, and nowhere else."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    # A fork of a program with threads may well never get to work.
    os.environ["VLLM_WORKER_MULTIPROC_METHOD"] = "spawn"
    if "VLLM_LOGGING_CONFIG_PATH" not in os.environ:
        # Else it would set up its loggers anew with each engine, for the terminal.
        os.environ["VLLM_CONFIGURE_LOGGING"] = "0"
    logger = logging.getLogger("vllm")
    logger.handlers = [logging.FileHandler(log.path, encoding="utf-8")]
    logger.propagate = False
    logger.setLevel(logging.INFO)
