"""A model in memory and the thread it works in, shared by all engines that name the same one."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import threading
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, ClassVar

from prism_eval.engines.transformers.loading import Loaded, load
from prism_eval.engines.transformers.memory import Room, give_back
from prism_eval.engines.transformers.queue import Ask, Queue
from prism_eval.engines.transformers.working import Work
from prism_eval.engines.weights import Weights
from prism_eval.errors import CallError, FatalError

_USUAL, _USUAL_ON_CPU = 32, 8
"""Requests at once where nobody says otherwise. More are hardly faster on a CPU, and there no allocator says no."""
_LEAVING = 10.0
"""Seconds that a closed model is waited for; one in the middle of a token takes less."""


@dataclass(frozen=True)
class Wanted:
    """Which model, where, and how much at once: engines that want the same share one."""

    weights: Weights
    device: str
    dtype: str
    batch_size: int | None


class Resident:
    """A model and its thread. The thread loads it, does all its work, and frees it: torch's state is never shared.

    Attributes:
        queue: What waits for the model.
    """

    _all: ClassVar[dict[Wanted, Resident]] = {}
    _lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, wanted: Wanted) -> None:
        self.queue = Queue()
        self._wanted = wanted
        self._room = Room(wanted.batch_size or _USUAL)
        self._work: Work | None = None
        self._users = 0
        self._loaded: concurrent.futures.Future[Loaded] = concurrent.futures.Future()
        self._left: concurrent.futures.Future[None] = concurrent.futures.Future()
        # A daemon: a model in the middle of a forward pass must not keep the program alive after Ctrl-C.
        self._thread = threading.Thread(target=self._run, name=f"model {wanted.weights.name}", daemon=True)

    @classmethod
    def shared(cls, wanted: Wanted) -> Resident:
        """The resident of a wanted model, begun now if there is none; to be let go of once with `leave`."""
        with cls._lock:
            one = cls._all.get(wanted)
            if one is None:
                one = cls._all[wanted] = cls(wanted)
                one._thread.start()
            one._users += 1
            return one

    async def leave(self) -> None:
        """Let go of the model: with the last to do so it leaves the memory."""
        with self._lock:
            self._users -= 1
            if self._users:
                return
            if self._all.get(self._wanted) is self:
                del self._all[self._wanted]
        self.queue.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.wrap_future(self._left), _LEAVING)

    async def ready(self) -> Loaded:
        """The model, once it is loaded.

        Raises:
            FatalError: It cannot be.
        """
        return await asyncio.shield(asyncio.wrap_future(self._loaded))

    async def ask(self, what: object, group: Hashable, length: int) -> Any:
        """Ask the model something and wait for its reply."""
        ask = Ask(what, group, length)
        self.queue.put(ask)
        return await asyncio.wrap_future(ask.reply)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What only working could tell of it."""
        name, work = self._wanted.weights.name, self._work
        refused = work.refused if work else ""
        batches = f"{name} was not run by continuous batching but in batches: {refused}."
        short = f"{name}: memory ran out, and fewer than batch_size={self._room.most} requests went at once."
        return (*([batches] if refused else []), *([short] if self._room.shortages else []))

    def _run(self) -> None:
        try:
            self._live()
        finally:
            if self._left.set_running_or_notify_cancel():
                self._left.set_result(None)

    def _live(self) -> None:
        try:
            loaded = load(self._wanted.weights, device=self._wanted.device, dtype=self._wanted.dtype)
            if loaded.device.type == "cpu" and self._wanted.batch_size is None:
                self._room.now = self._room.most = _USUAL_ON_CPU
            self._work = Work(loaded, self.queue, self._room)
        except BaseException as error:  # noqa: BLE001 - whatever it is, who waits for the model must hear of it
            told = error if isinstance(error, CallError) else FatalError(f"{type(error).__name__}: {error}")
            # Its frames hold as much of the model as was loaded.
            told.__traceback__ = told.__cause__ = None
            self._loaded.set_exception(told)
            return
        self._loaded.set_result(loaded)
        self._work.run()
        # Nothing of this object may hold the model any longer: engines hold the object.
        self._loaded, self._work, device = concurrent.futures.Future(), None, loaded.device
        del loaded
        give_back(device)
