"""Items to captions to answers to verdicts, streaming and bounded.

Work is generated lazily from the benchmarks, kept in flight up to a bound, and handed on in the order of the items,
so that the tables of two runs of one plan are equal whatever the timing was. Memory holds the window, not the run.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any, TypeVar

from prism_eval.plan import Order
from prism_eval.run.item_result import ItemResult
from prism_eval.run.items import ItemSource, read_items
from prism_eval.run.settings import Entry, Settings
from prism_eval.run.thumbnails import Thumbnails
from prism_eval.run.trial import Pictures, Trial
from prism_eval.run.window import Window
from prism_eval.schema import Item

T = TypeVar("T")
_UNWRITTEN = 4096
"""Finished results that may wait for one that is late: their order is the items', so a slow first item holds up all.
Beyond it nothing new is begun; a result without its images takes a few kilobytes."""


async def stream(
    sources: Sequence[ItemSource],
    settings: Settings,
    *,
    thumbnails: Thumbnails | None = None,
    finished: Callable[[], object] = lambda: None,
) -> AsyncGenerator[ItemResult, None]:
    """Take every item through the stages, once per entry, reasoner, sample and order; yields in the order of the items.

    Args:
        sources: The benchmarks.
        settings: What each item goes through.
        thumbnails: Draws the images beside their captioning; ``None`` where nobody will look at them.
        finished: Is told of each result when it is there, which may be long before its turn.

    Raises:
        FatalError: No further call can succeed.
        DataError: A benchmark's data is not as its definition says.
        StoreError: The store cannot be read or written.
    """
    window = Window(settings.trials, images=settings.images, limit=settings.image_bytes)
    stopped: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    pending: deque[asyncio.Task[ItemResult]] = deque()

    def finish(task: asyncio.Task[ItemResult]) -> None:
        window.slots.release()
        if task.cancelled():
            return
        if (error := task.exception()) is None:
            finished()
        elif not stopped.done():
            stopped.set_exception(error)

    try:
        async for trial in _trials(sources, settings, window, stopped, thumbnails=thumbnails):
            # Only a wait has to be watched: a task of its own for every free place would cost more than the place.
            await (_unless(stopped, window.slots.acquire()) if window.slots.locked() else window.slots.acquire())
            task = asyncio.create_task(trial.run())
            task.add_done_callback(finish)
            # In the items' order: a result waits here for those before it.
            pending.append(task)
            while pending and (pending[0].done() or len(pending) > _UNWRITTEN):
                yield await _unless(stopped, pending.popleft())
        while pending:
            yield await _unless(stopped, pending.popleft())
    finally:
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        if stopped.done():
            stopped.exception()  # looked at, so that asyncio does not report it a second time


async def _trials(
    sources: Sequence[ItemSource],
    settings: Settings,
    window: Window,
    stopped: asyncio.Future[None],
    *,
    thumbnails: Thumbnails | None,
) -> AsyncIterator[Trial]:
    """Entries side by side on one item, so that all of them show a benchmark's start early on."""
    async for read in read_items(sources, settings.checking):
        # Only a wait has to be watched, here too.
        if stopped.done() or not window.take(read.item.images):
            await _unless(stopped, window.hold(read.item.images))
        ways = list(_ways(read.item, settings))
        undrawn = thumbnails.missing(read.item.images) if thumbnails and not read.problem else ()
        # Drawing holds the images as a trial does: what waits for it counts in the window, and memory is bounded.
        pictures = Pictures(read, len(ways) + bool(undrawn), window)
        if thumbnails and undrawn:
            thumbnails.draw(undrawn, then=pictures.captioned)
        digests = tuple(image.digest for image in read.item.images)
        item = replace(read.item, images=())
        for entry, reasoner, sample, number, order in ways:
            yield Trial(item, digests, read.problem, pictures, entry, reasoner, sample, number, order, settings)


def _ways(item: Item, settings: Settings) -> Iterator[tuple[Entry, str, int, int, Order]]:
    orders = settings.orders.of(item)
    # Before anybody reads, all that they read is the same.
    reasoners = list(settings.reasoners)[: 1 if settings.through == "caption" else None]
    for entry in settings.entries:
        for reasoner, sample in product(reasoners, range(settings.samples)):
            for number, order in enumerate(orders):
                yield entry, reasoner, sample, number, order


async def _unless(stopped: asyncio.Future[None], wanted: Awaitable[T]) -> T:
    """The wanted result, unless the run is stopped before it is there."""
    task = asyncio.ensure_future(wanted)
    try:
        if not task.done():
            watched: set[asyncio.Future[Any]] = {task, stopped}
            await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
        if stopped.done():
            stopped.result()
        return await task
    except BaseException:
        task.cancel()
        raise
