"""This process's connection to Ray: one for all engines, made with the first and ended with the last."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import os
import socket
import threading
from logging import CRITICAL, getLogger
from typing import ClassVar
from urllib.parse import urlsplit

from prism_eval.engines.http import one_line
from prism_eval.errors import FatalError

_STORE_BYTES = 2**29
"""Of a cluster of our own: what is in flight lies there, and is spilled to disk where it is more."""
_REACHES, _LEAVES = 5.0, 15.0
"""Seconds to wait for a cluster's host to answer, and for Ray to end."""
_QUIET = {
    # Whoever measures a model has not agreed to be measured.
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}


class Cluster:
    """A connection to a cluster, or a cluster of this machine alone that is started with it and ended with it.

    It lives in a thread of its own: the processes of a local cluster end with the thread that started them.

    Args:
        address: The cluster's; empty for one of our own.

    Attributes:
        local: Whether it is one of our own.
        ready: Done when the connection is there, or cannot be made.
        gone: Done when it has ended.
    """

    _now: ClassVar[Cluster | None] = None
    _before: ClassVar[Cluster | None] = None
    _lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, address: str) -> None:
        self.address = address
        self.local = not address
        self._users = 0
        self._ours = True
        self._end = threading.Event()
        self.ready: concurrent.futures.Future[None] = concurrent.futures.Future()
        self.gone: concurrent.futures.Future[None] = concurrent.futures.Future()

    @classmethod
    async def joined(cls, address: str) -> Cluster:
        """The connection to a cluster, made now if there is none; to be left once with `leave`.

        Raises:
            FatalError: There is no such cluster, or the process is connected to another one.
        """
        one = cls._begun(address)
        try:
            await asyncio.shield(asyncio.wrap_future(one.ready))
        except BaseException:
            await one.leave()
            raise
        return one

    @classmethod
    def _begun(cls, address: str) -> Cluster:
        with cls._lock:
            one = cls._now
            if one is None:
                one = cls._now = cls(address)
                threading.Thread(target=one._live, args=(cls._before,), name="ray", daemon=True).start()
            elif one.address != address:
                raise FatalError(f"ray: a run can use one cluster, and not both {one.address!r} and {address!r}")
            one._users += 1
            return one

    async def leave(self) -> None:
        """Leave the cluster: with the last to do so the connection ends, and with it a cluster of our own."""
        with self._lock:
            self._users -= 1
            if self._users:
                return
            if Cluster._now is self:
                Cluster._now, Cluster._before = None, self
        self._end.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(self.gone)), _LEAVES)

    def _live(self, before: Cluster | None) -> None:
        try:
            if before is not None:
                before.gone.result()
            self._connect()
        except BaseException as error:  # noqa: BLE001 - whatever it is, who waits for the cluster must hear of it
            told = error if isinstance(error, FatalError) else FatalError(f"ray: {_reason(error)}")
            self.ready.set_exception(told)
        else:
            self.ready.set_result(None)
            self._end.wait()
        self._disconnect()
        self.gone.set_result(None)

    def _connect(self) -> None:
        for name, value in _QUIET.items():
            os.environ.setdefault(name, value)
        import ray

        # A script's own connection is used as it is, and not ended.
        self._ours = not ray.is_initialized()
        if not self._ours:
            return
        getLogger("ray").setLevel(CRITICAL)
        with contextlib.suppress(AttributeError):
            # It has no switch of its own for what machines report of their workers: that is told by us.
            ray._private.worker._worker_logs_enabled = False  # noqa: SLF001
        if self.local:
            ray.init("local", **_SILENT, include_dashboard=False, object_store_memory=_STORE_BYTES)
        else:
            _knock(self.address)
            ray.init(self.address, **_SILENT)

    def _disconnect(self) -> None:
        import ray

        if self._ours and ray.is_initialized():
            ray.shutdown()


_SILENT = {"log_to_driver": False, "logging_level": CRITICAL}


def _knock(address: str) -> None:
    """See that somebody is there: Ray itself would wait a minute, and then end the process.

    Raises:
        FatalError: Nobody is.
    """
    url = urlsplit(address if "://" in address else f"ray://{address}")
    try:
        if url.hostname is None or url.port is None:  # such as "auto", which Ray finds out itself
            return
        socket.create_connection((url.hostname, url.port), timeout=_REACHES).close()
    except (OSError, ValueError) as error:
        raise FatalError(
            f"ray: no cluster at address={address} ({one_line(str(error))}); start one with `ray start --head`, "
            "or leave out the address for one of this machine alone"
        ) from None


def _reason(error: BaseException) -> str:
    return one_line(str(error)) or type(error).__name__
