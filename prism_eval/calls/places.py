"""Places of calls in the lanes of servers, and who has one."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prism_eval.calls.lane import Lane


@dataclass(eq=False, slots=True)
class Place:
    """A call's place in a lane.

    Attributes:
        lane: The lane.
        begun: When what is under way in it was begun.
        among: Calls that were under way then, itself among them.
    """

    lane: Lane
    begun: float
    among: int


@dataclass(eq=False, slots=True)
class Waiting:
    """A call that waits for a place.

    Attributes:
        place: Its place, once it has one.
        shares: What others begin with as well.
        lanes: Where it may be asked: lanes of which this is one, or the lane itself.
        ahead: Whether other calls wait for what it makes.
    """

    place: asyncio.Future[Place]
    shares: str
    lanes: object
    ahead: bool = False


def line_up(waiting: Waiting, queue: deque[Waiting]) -> None:
    """Let a call wait behind those that are as urgent: what other calls wait for goes before what nothing waits for.

    So the calls that are left at the end are many, short and independent of each other, and no server's slot is empty
    while the longest chain ends (list scheduling by levels: Hu, 1961).
    """
    if waiting.ahead:
        # Few are ahead: as many as there are images in work.
        place = next((place for place, other in enumerate(queue) if not other.ahead), len(queue))
        queue.insert(place, waiting)
    else:
        queue.append(waiting)


_HELD: ContextVar[Mapping[int, Place]] = ContextVar("places held", default=MappingProxyType({}))
"""The places of the calls around this one, by lane; tasks inherit them from the call that starts them."""


def held_at(addresses: Collection[str]) -> str | None:
    """At which of some servers the call that is under way here has its place; ``None`` for none of them."""
    return next((place.lane.name for place in _HELD.get().values() if place.lane.name in addresses), None)


class Held:
    """One call's place in a lane or in one of several, for one try: held within ``async with``.

    A call inside another one that has a place there, as a prior inside a ranking, takes none: the outer one is idle
    meanwhile, and if every place were held by an outer call that waits for an inner one, none would ever be free.

    Args:
        lanes: The lane, or the lanes.
        enter: Waits for a place in it.
        avoid: Servers that could not do the call: an outer call's place there is given back for one elsewhere.
    """

    # A class, because every try takes one, and a generator that is turned into one costs several times as much.
    __slots__ = ("_avoid", "_enter", "_lanes", "_own", "_token")

    def __init__(self, lanes: object, enter: Callable[[], Awaitable[Place]], avoid: Collection[str]) -> None:
        self._lanes, self._enter, self._avoid = lanes, enter, avoid
        self._own: Place | None = None

    async def __aenter__(self) -> Place:
        around = _HELD.get()
        outer = around.get(id(self._lanes))
        if outer is not None:
            await self._borrow(outer)
            return outer
        self._own = await self._enter()
        self._token = _HELD.set({**around, id(self._lanes): self._own})
        return self._own

    async def _borrow(self, outer: Place) -> None:
        if outer.lane.name in self._avoid:
            outer.lane.leave(outer)
            new = await self._enter()
            new.lane.take_over(new, outer)
        elif (left := outer.lane.opens - time.monotonic()) > 0:
            await asyncio.sleep(left)
        outer.begun = time.monotonic()

    async def __aexit__(self, *_: object) -> None:
        if self._own is not None:
            _HELD.reset(self._token)
            self._own.lane.leave(self._own)
