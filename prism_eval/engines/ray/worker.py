"""What lives in an actor: an engine, asked from afar."""

from __future__ import annotations

import asyncio
import pickle
import socket
from collections.abc import Awaitable, Sequence
from dataclasses import replace

from prism_eval._version import __version__
from prism_eval.engines.base import Engine
from prism_eval.engines.http import one_line
from prism_eval.engines.probe import Probe, trial_of
from prism_eval.engines.ray.outcome import Outcome, told
from prism_eval.engines.ray.recipe import Recipe
from prism_eval.errors import FatalError, PermanentError, PrismError
from prism_eval.schema import Completion, Generation, Request, Sampling


async def _tried(engine: Engine) -> Probe:
    """What an engine is that has shown that it can write, or else rank: by then its model is loaded."""
    try:
        return await engine.probe(trial_of(Sampling(), sees=False))
    except FatalError:
        # A model that was not trained to reply has no words for a trial, and ranks all the same.
        if not engine.ranks():
            raise
        await engine.log_likelihood("One and", [" two", " three"])
        return await engine.probe()


class Worker:
    """An engine in a process of its own. Its methods return their errors: Ray would wrap them into tracebacks.

    Args:
        recipe: How to make the engine, a pickled `Recipe`.
        name: The engine's name.
        version: The version of prism-eval that asks.
    """

    def __init__(self, recipe: bytes, name: str, version: str) -> None:
        self._recipe, self._name, self._version = recipe, name, version
        self._made: Engine | None = None

    async def place(self) -> tuple[str, bool]:
        """The machine it is on, said as soon as there is one, and whether the engine is ready."""
        return socket.gethostname(), self._made is not None

    async def load(self) -> Outcome:
        """Make the engine, and let it see that it can serve its model."""
        return await self._outcome(self._load(), "the start")

    async def facts(self) -> Outcome:
        """What the engine says of itself without being asked anything; see `Engine.probe`."""
        return await self._outcome(self._facts(), "what it is")

    async def generate(self, request: Request, *images: bytes) -> Outcome:
        """See `Engine.generate`; the images' bytes come beside the request, in order."""
        waiting = iter(images)
        whole = request.with_images(lambda image: replace(image, data=next(waiting)))
        about = f"image {', '.join(image.label for image in whole.images)}" if images else "a text"
        return await self._outcome(self._written(whole), about)

    async def log_likelihood(self, prompt: str, continuations: Sequence[str]) -> Outcome:
        """See `Engine.log_likelihood`."""
        return await self._outcome(self._ranked(prompt, continuations), "options")

    @property
    def _engine(self) -> Engine:
        if self._made is None:
            raise FatalError("the replica was asked before it was ready")
        return self._made

    async def close(self) -> None:
        """See `Engine.close`."""
        engine, self._made = self._made, None
        if engine is not None:
            await engine.close()

    async def _load(self) -> str:
        if self._version != __version__:
            raise FatalError(f"prism-eval is {__version__} there and {self._version} here: install the same version")
        try:
            recipe: Recipe = pickle.loads(self._recipe)  # noqa: S301 - of the driver, like all that Ray hands over itself
            # Reading a model's files to know it by them may take its time.
            engine = await asyncio.to_thread(recipe.made)
            said = str(await _tried(engine))
        except PrismError:
            raise
        except Exception as error:
            raise FatalError(f"{type(error).__name__}: {one_line(str(error))}") from error
        self._made = engine
        return said

    async def _facts(self) -> Probe:
        return await self._engine.probe()

    async def _written(self, request: Request) -> Completion:
        said: object = await self._engine.generate(request)
        # Whatever else it is could not even be sent back.
        if not isinstance(said, Generation):
            kind = type(said).__name__
            raise PermanentError(f"engine {self._engine.name!r}: generate() gave {kind}, not a Completion")
        return said.into(Completion)

    async def _ranked(self, prompt: str, continuations: Sequence[str]) -> list[float]:
        return [float(value) for value in await self._engine.log_likelihood(prompt, continuations)]

    async def _outcome(self, coming: Awaitable[object], about: str) -> Outcome:
        value, error = None, None
        try:
            value = await coming
        # A model's code may call sys.exit, which would end the replica.
        except BaseException as wrong:
            task = asyncio.current_task()
            if isinstance(wrong, asyncio.CancelledError) and (task is None or task.cancelling()):  # by who asked
                raise
            error = told(wrong, self._made, f"engine {self._name!r} on {socket.gethostname()}, {about}")
        made = self._made
        return Outcome(value, error, made.root, made.remarks) if made else Outcome(value, error)
