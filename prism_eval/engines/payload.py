"""A body as aiohttp sends it. Imports aiohttp, so it is itself imported late."""

from __future__ import annotations

import asyncio

from aiohttp.abc import AbstractStreamWriter
from aiohttp.payload import Payload

from prism_eval.engines.body import FULL_BLOCK, Body


class BodyPayload(Payload):
    """Writes a body block by block, so that it is never whole in memory.

    aiohttp sends a payload that knows its size with a Content-Length. A file-like object or an async iterator knows
    none and would go out in chunks, which some servers refuse; the one is read in threads, the other only once.
    """

    _autoclose = True  # There is nothing to close, and aiohttp would warn that nobody did.

    def __init__(self, body: Body) -> None:
        super().__init__(body, content_type="application/json")
        self._body = body
        self._size = body.size

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """The whole body as text; aiohttp asks for it in error paths of its own only."""
        return b"".join(self._body.blocks()).decode(encoding, errors)

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Write the body; while the connection is full, nothing further is encoded."""
        for block in self._body.blocks():
            await writer.write(block)
            if len(block) >= FULL_BLOCK:
                # The kernel may take block after block without a pause: let the other calls have their turn.
                await asyncio.sleep(0)
