"""A model in memory, shared by all engines that name the same one."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from typing import ClassVar
from weakref import WeakKeyDictionary

from prism_eval.engines.llamacpp.loading import Loaded, Wanted, load
from prism_eval.engines.llamacpp.slots import Slots
from prism_eval.errors import CallError, FatalError


class Resident:
    """A model that is loaded once, and leaves the memory with the last engine that lets go of it.

    Attributes:
        threads: How many compute it; none before it is loaded.
    """

    _all: ClassVar[dict[Wanted, Resident]] = {}
    _lock: ClassVar[threading.Lock] = threading.Lock()
    # One after the other: each counts the idle cores that the one before it has left.
    _loading: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._users = 0
        self.threads = 0
        self._slots: WeakKeyDictionary[asyncio.AbstractEventLoop, Slots] = WeakKeyDictionary()
        self._loaded: concurrent.futures.Future[Loaded] = concurrent.futures.Future()

    @classmethod
    def shared(cls, wanted: Wanted) -> Resident:
        """The resident of a wanted model, begun now if there is none; to be let go of once with `leave`."""
        with cls._lock:
            one = cls._all.get(wanted)
            if one is None:
                one = cls._all[wanted] = cls(wanted)
                # A daemon: weights that are being read must not keep the program alive after Ctrl-C.
                threading.Thread(target=one._load, name=f"model {wanted.model.name}", daemon=True).start()
            one._users += 1
            return one

    @property
    def slots(self) -> Slots:
        """The model's places, as the running loop's requests take them."""
        loop = asyncio.get_running_loop()
        if loop not in self._slots:
            self._slots[loop] = Slots(self._wanted.batch_size)
        return self._slots[loop]

    async def ready(self) -> Loaded:
        """The model, once it is loaded.

        Raises:
            FatalError: It cannot be.
        """
        return await asyncio.shield(asyncio.wrap_future(self._loaded))

    async def leave(self) -> None:
        """Let go of the model: with the last to do so it leaves the memory."""
        with self._lock:
            self._users -= 1
            if self._users:
                return
            if self._all.get(self._wanted) is self:
                del self._all[self._wanted]
        # What is still being loaded goes with the thread that loads it: nobody else will hold it.
        if self._loaded.done() and not self._loaded.exception():
            # llama.cpp's threads are waited for, and memory is unmapped: not on the event loop.
            await asyncio.to_thread(self._loaded.result().stop)

    def _load(self) -> None:
        try:
            with self._loading:
                loaded = load(self._wanted, sum(one.threads for one in self._others()))
                self.threads = loaded.threads
        except BaseException as error:  # noqa: BLE001 - whatever it is, who waits for the model must hear of it
            told = error if isinstance(error, CallError) else FatalError(f"{type(error).__name__}: {error}")
            told.__traceback__ = told.__cause__ = None
            self._loaded.set_exception(told)
            return
        self._loaded.set_result(loaded)

    def _others(self) -> list[Resident]:
        with self._lock:
            return [one for one in self._all.values() if one is not self]
