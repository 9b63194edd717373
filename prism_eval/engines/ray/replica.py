"""One place of an engine in a cluster: an actor, and after it died the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import Enum
from typing import Any

from prism_eval.engines.ray.replies import Lost, reply_to
from prism_eval.errors import CallError, FatalError, PrismError, TransientError

_MOST_DEATHS = 5
"""Deaths in a row, without an answer in between, after which no further actor is started."""
_LONGEST_PAUSE = 30.0
_BACK = 10.0
"""Seconds that an actor which could not be reached is given to say that it is still there."""


class State(Enum):
    """How far a replica is."""

    WAITING = "waits for a place in the cluster"
    LOADING = "loads its model"
    READY = "is ready"
    FAILED = "was given up"


class Replica:
    """One of the actors that hold an engine, under one name whichever actor it is.

    Args:
        name: Its name.
        start: Starts an actor.
        kill: Ends one.
        changed: Called with each change of its state.

    Attributes:
        state: How far it is.
        since: When it came to that, by the loop's clock.
        in_flight: The calls that it is working on.
        actor: The actor; ``None`` before the first.
        home: The machine of the last actor.
        said: What its engine said of itself when it was ready, or why it was given up.
        deaths: Actors of it that died.
    """

    def __init__(
        self, name: str, start: Callable[[], Any], kill: Callable[[Any], None], changed: Callable[[], None]
    ) -> None:
        self.name = name
        self.state = State.WAITING
        self.since = asyncio.get_running_loop().time()
        self.in_flight = 0
        self.actor: Any = None
        self.home = ""
        self.said = ""
        self.deaths = 0
        self._in_a_row = 0
        self._start, self._kill, self._changed = start, kill, changed
        self._lost = asyncio.Event()

    async def kept(self) -> None:
        """Keep an actor up until there is no hope."""
        while self._in_a_row < _MOST_DEATHS:
            try:
                await self._live()
            except (Lost, TimeoutError) as lost:
                self.said = str(lost)
            except CallError as error:
                self._give_up(str(error))
                return
            await self._bury()
        self._give_up(f"its process ended {self._in_a_row} times in a row: {self.said}")

    @property
    def is_homeless(self) -> bool:
        """Whether an actor was started that has no place in the cluster yet."""
        return self.state is State.WAITING and self.actor is not None

    def lost(self, actor: Any, why: Lost) -> None:
        """A call met with the end of an actor."""
        if actor is self.actor and self.state is State.READY:
            self.said = str(why)
            self._become(State.LOADING)
            self._lost.set()

    def answered(self) -> None:
        """A call was answered: what kills it is not there from the start."""
        self._in_a_row = 0

    async def _live(self) -> None:
        """One actor's life.

        Raises:
            Lost: It ended.
            CallError: Its engine says that it cannot serve its model.
        """
        self.actor = self._start()
        self.since = asyncio.get_running_loop().time()
        while True:
            self.home, ready = await reply_to(self.actor.place.remote())
            if not ready:
                self._become(State.LOADING)
                outcome = await reply_to(self.actor.load.remote())
                if outcome.error is not None:
                    raise _refusal(outcome.error)
                self.said = str(outcome.value)
            self._lost.clear()
            self._become(State.READY)
            await self._lost.wait()
            # It may have been the connection alone.
            await asyncio.wait_for(reply_to(self.actor.place.remote()), _BACK)

    async def _bury(self) -> None:
        self._kill(self.actor)
        self.actor = None
        self.deaths += 1
        self._in_a_row += 1
        self._become(State.WAITING)
        await asyncio.sleep(min(2.0 ** (self._in_a_row - 1) - 1, _LONGEST_PAUSE))

    def _give_up(self, why: str) -> None:
        self._kill(self.actor)
        self.actor = None
        self.said = f"{self.home}: {why}" if self.home else why
        self._become(State.FAILED)

    def _become(self, state: State) -> None:
        if state is not self.state:
            self.state, self.since = state, asyncio.get_running_loop().time()
            self._changed()


def _refusal(error: PrismError) -> Lost | CallError:
    """What it means that an engine did not start."""
    if isinstance(error, TransientError):
        return Lost(str(error))
    return error if isinstance(error, CallError) else FatalError(str(error))
