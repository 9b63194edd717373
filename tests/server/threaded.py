"""A fault server inside the test's own process."""

from __future__ import annotations

import asyncio
import socket
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from tests.server.fault_server import Behaviour, FaultServer, start


@dataclass
class ThreadedServer:
    """A server in a thread of its own, for tests of any colour; use it in a ``with`` block."""

    behaviour: Behaviour
    log: Path | None = None
    server: FaultServer = field(init=False)
    url: str = field(init=False, default="")
    _loop: asyncio.AbstractEventLoop = field(init=False, repr=False)
    _thread: threading.Thread = field(init=False, repr=False)
    _runner: web.AppRunner = field(init=False, repr=False)
    _port: int = field(init=False, repr=False)
    _keeper: socket.socket = field(init=False, repr=False)

    def __enter__(self) -> Self:
        self._keeper = socket.socket()
        self._keeper.close()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._runner, self.server, port = asyncio.run_coroutine_threadsafe(
            start(self.behaviour, log=self.log), self._loop
        ).result(10)
        self._port, self.url = port, f"http://127.0.0.1:{port}/v1"
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()

    def go_away(self) -> None:
        """Break off all calls and let the port refuse connections, as a server that was killed."""
        asyncio.run_coroutine_threadsafe(self._break_off(), self._loop).result(10)
        # Bound by somebody who does not listen: it refuses, and no other test's server comes to sit there.
        self._keeper = socket.socket()
        self._keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._keeper.bind(("127.0.0.1", self._port))

    async def _break_off(self) -> None:
        await self._runner.cleanup()
        # Connections that were being accepted meanwhile are the runner's no more, and nobody else would close them.
        for _ in range(5):
            await asyncio.sleep(0.01)
            for transport in list(self._loop._transports.values()):
                transport.abort()

    def come_back(self) -> None:
        """Serve again, under the same address."""
        self._keeper.close()
        again = start(self.behaviour, port=self._port, server=self.server)
        self._runner, *_ = asyncio.run_coroutine_threadsafe(again, self._loop).result(10)

    def stop(self) -> None:
        """Stop answering for good."""
        if self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self.server.stop_hanging)
        if self._keeper.fileno() < 0:
            self.go_away()
        self._keeper.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
