"""vLLM's engine in this process, in a thread of its own."""

from __future__ import annotations

import asyncio
import concurrent.futures
import gc
import math
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from itertools import takewhile
from typing import Any, TypeVar

from prism_eval.engines.context import no_room, ran_out
from prism_eval.engines.http import one_line
from prism_eval.engines.marks import held
from prism_eval.engines.vllm.adapter import Model
from prism_eval.engines.vllm.host import Host, Wanted
from prism_eval.engines.vllm.log import Log, is_hearsay
from prism_eval.engines.vllm.wording import cut_by, is_death, message_of, rules_of, trouble
from prism_eval.errors import ContextExceeded, FatalError
from prism_eval.schema import Completion, FinishReason, Request

T = TypeVar("T")
_LOOKS = 1.0
"""Seconds between two looks at whether vLLM's processes are there."""


class Resident(Host):
    """A model of this process. Its thread loads it, runs its event loop, and ends it.

    Loading blocks for minutes, which no loop with other work may; and the kernel kills vLLM's processes when the thread
    that started them ends: this one ends last.

    Attributes:
        cached: Tokens of prompts that vLLM had read before.
    """

    def __init__(self, wanted: Wanted) -> None:
        super().__init__(wanted)
        self.cached = 0
        self._log = Log.begin(wanted.logs, f"vllm-{wanted.name}")
        self._loaded: concurrent.futures.Future[Model] = concurrent.futures.Future()
        self._left: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Event | None = None
        self._died = ""
        self._asks: set[asyncio.Task[Any]] = set()
        # A daemon: loading must not keep the program alive after Ctrl-C.
        threading.Thread(target=self._run, name=f"model {wanted.name}", daemon=True).start()

    async def ready(self) -> str:
        """Wait for the model to be loaded."""
        return f"{self.wanted.name}: {await self._model()}"

    async def generate(self, request: Request) -> Completion:
        """Let the model write, together with whatever else is asked of it now."""
        return await self._asked(partial(self._written, request))

    async def log_likelihood(self, prompt: str, continuations: Sequence[str]) -> list[float]:
        """Read the prompt with each continuation, and sum what differs, token by token."""
        return await self._asked(partial(self._ranked, [prompt + continuation for continuation in continuations]))

    async def control_tokens(self, text: str) -> frozenset[str] | None:
        """Those that the tokenizer names as its own."""
        return held((await self._model()).control_tokens, text)

    async def end(self) -> None:
        """End the model and wait for it."""
        if self._loop is not None and self._over is not None:
            self._loop.call_soon_threadsafe(self._over.set)
        await asyncio.shield(asyncio.wrap_future(self._left))

    def _run(self) -> None:
        try:
            asyncio.run(self._live())
            # vLLM's objects are in circles, and end their engine once more when they go: not when Python ends.
            gc.collect()
        finally:
            self._left.set_result(None)

    async def _live(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        try:
            model = Model.load(self.wanted.arguments, self._log)
        except BaseException as error:  # noqa: BLE001 - whatever it is, who waits for the model must hear of it
            self._loaded.set_exception(self._why_not(error))
            return
        self._loaded.set_result(model)
        over = asyncio.create_task(self._over.wait())
        while not (await asyncio.wait({over}, timeout=_LOOKS))[0]:
            # vLLM tells only those of it whose requests it had when its engine died.
            if model.is_dead:
                self._give_up()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        self._loaded = concurrent.futures.Future()
        model.end()
        if not self._died:
            self._log.tidy()

    def _why_not(self, error: BaseException) -> FatalError:
        if isinstance(error, FatalError):
            self._log.tidy()
            return error
        said = f"{type(error).__name__}: {one_line(str(error))}"
        why = self._log.why() if is_hearsay(said) else f"{said} (its log: {self._log.path})"
        return FatalError(f"{self.wanted.name}: vLLM cannot load it: {why}")

    async def _model(self) -> Model:
        return await asyncio.shield(asyncio.wrap_future(self._loaded))

    async def _asked(self, ask: Callable[[Model], Coroutine[Any, Any, T]]) -> T:
        model = await self._model()
        if self._loop is None:
            raise FatalError(f"{self.wanted.name} was closed")
        work = asyncio.run_coroutine_threadsafe(self._told(ask(model), model), self._loop)
        return await asyncio.wrap_future(work)

    def _give_up(self) -> None:
        self._died = self._died or f"{self.wanted.name}: vLLM's engine died: {self._log.why()}"
        for task in self._asks - {asyncio.current_task()}:
            task.cancel()

    async def _told(self, work: Awaitable[T], model: Model) -> T:
        task = asyncio.current_task()
        if task is not None:
            self._asks.add(task)
            task.add_done_callback(self._asks.discard)
        try:
            return await work
        except asyncio.CancelledError:
            if self._died:
                raise FatalError(self._died) from None
            raise
        except Exception as error:  # noqa: BLE001 - each class of them means something else
            if is_death(error):
                self._give_up()
                raise FatalError(self._died) from None
            # Not chained: its frames hold the request's images.
            raise trouble(error, name=self.wanted.name, context=model.context) from None

    async def _written(self, request: Request, model: Model) -> Completion:
        sampling, name = request.sampling, self.wanted.name
        if request.images and not model.sees:
            raise FatalError(f"{name}: the model takes no images")
        if sampling.max_tokens >= model.context:
            raise no_room(name, sampling.max_tokens, model.context)
        if request.raw:
            prompt = await model.prompt_of_text(request.raw)
        else:
            prompt = await model.prompt_of(list(map(message_of, request.messages)), self.wanted.template)
        bound = min(sampling.max_tokens, model.context - model.length_of(prompt))
        if bound < 1:
            raise ContextExceeded(ran_out(model.context, whose="model"))
        rules = rules_of(sampling, model.own)
        said = await model.write(prompt, max_tokens=bound, seed=sampling.seed, rules=rules)
        self.cached += said.cached
        finish, note = FinishReason.STOP, ""
        if said.reason == "length":
            finish, note = cut_by(model.length_of(prompt), most=sampling.max_tokens, context=model.context)
        return Completion(said.text, finish, said.read, said.written, note, cached_tokens=said.cached)

    async def _ranked(self, texts: Sequence[str], model: Model) -> list[float]:
        rows = [model.tokens_of(text) for text in texts]
        if max(map(len, rows)) >= model.context:
            raise ContextExceeded(ran_out(model.context, whose="model"))
        shared = sum(1 for _ in takewhile(lambda ids: len(set(ids)) == 1, zip(*rows, strict=False)))
        told = await asyncio.gather(*map(model.log_probabilities, rows))
        # Nothing stands before the first token, so it has no likelihood.
        return [math.fsum(one[max(shared, 1) - 1 :]) for one in told]
