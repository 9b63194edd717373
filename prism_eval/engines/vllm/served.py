"""vLLM's server as a child of this process, asked as any other server is."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

from prism_eval.engines.http import Server
from prism_eval.engines.openai import OpenAIEngine
from prism_eval.engines.vllm import leash
from prism_eval.engines.vllm.arguments import flags
from prism_eval.engines.vllm.host import Host, Wanted
from prism_eval.engines.vllm.log import QUIET, Log
from prism_eval.errors import CallError, FatalError, TransientError
from prism_eval.schema import Completion, Request

T = TypeVar("T")
_GRACE = 15.0
"""Seconds that a server has to end by itself; vLLM's takes four."""
_FOREVER = 7 * 24 * 3600.0
"""Seconds that a reply may take: a server of ours is slow, never gone without our knowing."""
_LOOKS, _ASKS = 0.05, 10.0
"""Seconds between two looks at the child, and that its health may take to be told."""
_DYING = 5.0
"""Seconds that a server takes to die once its engine has: what it says meanwhile is not to be believed."""
SERVER: Sequence[str] = (sys.executable, "-m", "vllm.entrypoints.openai.api_server")
"""The program. ``vllm serve`` is the same, and looks for a distribution of exactly that name."""


class Served(Host):
    """A model behind a server of its own: in its own session, on a free port of this machine, its words in a log."""

    def __init__(self, wanted: Wanted) -> None:
        super().__init__(wanted)
        self._log = Log.begin(wanted.logs, f"vllm-{wanted.name}")
        self._port = _free_port()
        # Of its own for each server: whoever else may come to sit on that port is not taken for it.
        self._name = f"{wanted.name}-{secrets.token_hex(4)}"
        self._child = self._begun()
        self._engine = OpenAIEngine(
            model=self._name,
            base_url=f"http://127.0.0.1:{self._port}/v1",
            extra_body={"chat_template_kwargs": wanted.template} if wanted.template else {},
            # None is needed on a port of this machine, and the user's is not for it.
            api_key_env="",
            timeout=_FOREVER,
        )
        self._is_ready, self._looking = False, asyncio.Lock()
        self._failed = False

    async def ready(self) -> str:
        """Wait for the server as long as it lives, and say what it serves."""
        async with self._looking:
            while not self._is_ready:
                self._check_alive("could not serve it")
                self._is_ready = await self._healthy()
                await asyncio.sleep(0 if self._is_ready else _LOOKS)
        return f"{self.wanted.name}: served by vLLM at {self._engine.address}"

    async def generate(self, request: Request) -> Completion:
        """Ask the server."""
        return await self._asked(lambda: self._engine.generate(request))

    async def log_likelihood(self, prompt: str, continuations: Sequence[str]) -> list[float]:
        """Let the server echo."""
        return await self._asked(lambda: self._engine.log_likelihood(prompt, continuations))

    async def control_tokens(self, text: str) -> frozenset[str] | None:
        """Ask the server's tokenizer."""
        return await self._asked(lambda: self._engine.control_tokens(text))

    async def end(self) -> None:
        """End the server, and wait until nothing of it is left."""
        await self._engine.close()
        self._child.terminate()
        while self._child.poll() is None:  # noqa: ASYNC110 - a process sets no event
            await asyncio.sleep(_LOOKS)
        if not self._failed:
            self._log.tidy()

    def _begun(self) -> subprocess.Popen[bytes]:
        arguments = {**self.wanted.arguments, "enable_prompt_tokens_details": True, "served_model_name": self._name}
        where = ("--host", "127.0.0.1", "--port", str(self._port))
        keeper = (sys.executable, "-I", str(Path(leash.__file__)), "mind", str(os.getpid()), str(_GRACE))
        with self._log.path.open("ab") as log:
            return subprocess.Popen(
                [*keeper, *SERVER, *where, *flags(arguments)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C is for us to hear, and for us to end it in order.
                start_new_session=True,
                env={**os.environ, **QUIET, "VLLM_CONFIGURE_LOGGING": "1"},
            )

    async def _asked(self, ask: Callable[[], Awaitable[T]]) -> T:
        await self.ready()
        try:
            return await ask()
        except TransientError:
            if not await self._healthy():
                await self._wait_for_the_end()
            self._check_alive("died")
            raise

    async def _healthy(self) -> bool:
        server = Server(self._engine.address.removesuffix("/v1"), key="", timeout=_ASKS)
        try:
            if not (await server.get("/health", seconds=_ASKS)).ok:
                return False
            await self._engine.probe()
        except CallError:
            # Nobody, or somebody else: ours will say that it could not have the port.
            return False
        finally:
            await server.close()
        return True

    async def _wait_for_the_end(self) -> None:
        for _ in range(round(_DYING / _LOOKS)):
            if self._child.poll() is not None:
                return
            await asyncio.sleep(_LOOKS)

    def _check_alive(self, what: str) -> None:
        code = self._child.poll()
        if code is not None:
            self._failed = True
            raise FatalError(f"{self.wanted.name}: vLLM's server {what} (exit code {code}): {self._log.why()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
