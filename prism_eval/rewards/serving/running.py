"""A server from its first request to the signal that ends it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

from aiohttp import web

from prism_eval.errors import UsageError
from prism_eval.rewards.serving.application import Service

_LINGERS = 5.0
"""Seconds in which requests may end when the server is told to; the others are broken off, and asked again."""


async def serve(service: Service, host: str, port: int, *, ready: Callable[[str], object]) -> None:
    """Serve until SIGINT or SIGTERM comes.

    Args:
        service: What is served.
        host: The address to bind to.
        port: Its port; 0 for any that is free.
        ready: Told the server's URL once it listens.

    Raises:
        UsageError: The address cannot be bound to.
    """
    runner = web.AppRunner(service.application(), access_log=None, shutdown_timeout=_LINGERS)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            raise UsageError(f"cannot listen on {host}, port {port}: {error.strerror or error}") from error
        ended = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
        bound = runner.addresses[0][1]
        ready(f"http://{f'[{host}]' if ':' in host else host}:{bound}")
        await ended.wait()
    finally:
        await runner.cleanup()
