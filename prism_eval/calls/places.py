"""Places of calls in the lanes of servers, and who has one."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
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


@asynccontextmanager
async def held(lanes: object, enter: Callable[[], Awaitable[Place]], avoid: Collection[str]) -> AsyncIterator[Place]:
    """One call's place in a lane or in one of several, for one try.

    A call inside another one that has a place there, as a prior inside a ranking, takes none: the outer one is idle
    meanwhile, and if every place were held by an outer call that waits for an inner one, none would ever be free.

    Args:
        lanes: The lane, or the lanes.
        enter: Waits for a place in it.
        avoid: Servers that could not do the call: an outer call's place there is given back for one elsewhere.
    """
    around = _HELD.get()
    outer = around.get(id(lanes))
    if outer is not None:
        if outer.lane.name in avoid:
            outer.lane.leave(outer)
            new = await enter()
            new.lane.take_over(new, outer)
        elif (left := outer.lane.opens - time.monotonic()) > 0:
            await asyncio.sleep(left)
        outer.begun = time.monotonic()
        yield outer
        return
    place = await enter()
    token = _HELD.set({**around, id(lanes): place})
    try:
        yield place
    finally:
        _HELD.reset(token)
        place.lane.leave(place)
