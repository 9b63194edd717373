"""Calls to a server that is made up, in a time that is: minutes of load in a second, and the same each time.

The lane, its limit and its patience are the real ones. Nothing waits: when all wait, the time moves on.
"""

from __future__ import annotations

import asyncio
import random
import selectors
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from unittest import mock

from prism_eval.calls.lane import Lane
from prism_eval.calls.patience import Patience
from prism_eval.calls.tries import Tries
from prism_eval.errors import CallError

_HOP = 0.002
"""Seconds that a request or a reply is on its way."""


class _Skipping(selectors.DefaultSelector):
    """Says what is ready, and else moves the time on by what it should have waited."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0

    def time(self) -> float:
        return self.now

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is not None:
            # A hair more, as a clock's steps are: a sum of floats may else never reach what is waited for.
            self.now += timeout + 1e-9
        return ready


@dataclass
class Made:
    """A server that refuses, breaks or answers.

    Attributes:
        refuses: What it says to a call now, given itself; ``None`` to answer it.
        latency: Seconds until it answers.
        under_way: Calls that it works on.
        asked: When it was asked, each time.
        refused: When it did not answer.
        most: The most that it worked on at once.
    """

    refuses: Callable[[Made], CallError | None]
    latency: float = 0.2
    under_way: int = 0
    most: int = 0
    asked: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)

    async def ask(self, latency: float) -> None:
        """Work on one call, or raise what it says instead."""
        await asyncio.sleep(_HOP)
        now = asyncio.get_running_loop().time()
        self.asked.append(now)
        if error := self.refuses(self):
            self.refused.append(now)
            await asyncio.sleep(_HOP)
            raise error
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(latency)
        self.under_way -= 1
        await asyncio.sleep(_HOP)


@dataclass(frozen=True)
class Ended:
    """How it went.

    Attributes:
        seconds: From the first call to the last answer.
        failed: Calls that were given up.
        limit: The lane's limit at the end.
    """

    seconds: float
    failed: int
    limit: float


def simulated(
    server: Made, calls: int, *, most: int = 64, patience: Patience = Patience(), seed: int = 0, spread: float = 0.0
) -> Ended:
    """So many calls, all there at once, to a server.

    Args:
        server: The server.
        calls: How many.
        most: How many may be under way.
        patience: How long they are tried.
        seed: Of the waits' randomness, and of the latencies'.
        spread: By how much of itself a latency may be longer or shorter.
    """
    selector = _Skipping()
    rng = random.Random(seed)
    latencies = [server.latency * rng.uniform(1 - spread, 1 + spread) for _ in range(calls)]
    loop = asyncio.SelectorEventLoop(selector)
    with (
        mock.patch.object(loop, "time", selector.time),
        mock.patch("time.monotonic", selector.time),
        mock.patch("random.uniform", rng.uniform),
    ):
        try:
            return loop.run_until_complete(_all(server, latencies, most, patience))
        finally:
            loop.close()


async def _all(server: Made, latencies: Sequence[float], most: int, patience: Patience) -> Ended:
    loop, lane = asyncio.get_running_loop(), Lane("made up", most)
    began = loop.time()
    failed = await asyncio.gather(*(_call(server, lane, patience, latency) for latency in latencies))
    return Ended(loop.time() - began, sum(failed), lane._room.limit)


async def _call(server: Made, lane: Lane, patience: Patience, latency: float) -> bool:
    """One call, until it is answered or given up; returns whether it is given up. As `Calls` makes it."""
    tries = Tries(lane, patience)
    while True:
        async with tries.place("", ahead=False) as place:
            try:
                await server.ask(latency)
            except CallError as error:
                failure = tries.failed(error, place)
            else:
                tries.answered(place)
                return False
        if failure is not None:
            return True
        if tries.pause:
            await asyncio.sleep(tries.pause)
