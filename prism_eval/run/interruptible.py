"""Running a coroutine so that a notebook's loop keeps running and Ctrl-C is heard at once."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

from prism_eval.errors import Interrupted
from prism_eval.run.collecting import seldom_collected

T = TypeVar("T")
_WAIT_FOR_A_STOP = 0.4
"""Seconds for calls to be given up and connections closed: more would be felt by whoever pressed Ctrl-C."""


def run_in_thread(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine in a thread with an event loop of its own, and wait for it.

    A notebook's loop keeps running, and Ctrl-C reaches the waiting thread at once: it cancels the coroutine, gives it
    a moment, and goes on raising.
    """
    finished: concurrent.futures.Future[T] = concurrent.futures.Future()
    started: concurrent.futures.Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[T]]] = concurrent.futures.Future()

    async def body() -> T:
        task = asyncio.current_task()
        if task is not None:
            started.set_result((asyncio.get_running_loop(), task))
        return await main()

    def target() -> None:
        try:
            with seldom_collected():
                result = asyncio.run(body())
            finished.set_result(result)
        except BaseException as error:  # noqa: BLE001 - handed to the waiting thread, whatever it is
            finished.set_exception(error)

    # A daemon: a thread stuck inside a plugin must not keep the program alive after Ctrl-C.
    threading.Thread(target=target, name="prism-eval-pipeline", daemon=True).start()
    try:
        return finished.result()
    except KeyboardInterrupt:
        loop, task = started.result(timeout=1)
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(task.cancel)
        concurrent.futures.wait([finished], timeout=_WAIT_FOR_A_STOP)
        raise


@contextlib.contextmanager
def stoppable(told: str = "stopped; everything finished is in the store") -> Iterator[None]:
    """What Ctrl-C means to whoever runs a plan, wherever it comes.

    Args:
        told: What is said of it.

    Raises:
        Interrupted: It came.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(told) from None
