"""What the callers of several servers with one model share: which of them a call goes to, and who stands in for whom.

Each server has its lane, and in it a limit and troubles of its own. A call goes to where others are that begin as it
does, if there is room, so that they meet one prefix cache; else to the least busy. Nobody is idle while another has
calls that wait: what waits is brought to whoever has room, those that begin alike together.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

from prism_eval.calls.balance import least_busy
from prism_eval.calls.lane import Lane, Trouble
from prism_eval.calls.patience import Patience
from prism_eval.calls.places import Held, Place, Waiting, line_up
from prism_eval.errors import RateLimited, TransientError, Unavailable

_SLACK = 8
"""Calls by which a server that knows a beginning may be busier than the least busy: an image has about as many
questions."""
_SOON = 4
"""Part of a call's time, one in so many, that is waited for a beginning to be met again.

Measured: waiting longer, two servers of unequal speed take 8 % beyond their lower bound in place of 4 %; not at all,
small servers read 10 % of what they had read once more.
"""
_BROUGHT = 16
"""Calls that begin alike and are brought along together; those on an empty caption would be thousands."""
_KNOWN = 4096
"""Beginnings of which it is remembered where they are."""
_FIRST_LOOK, _LONGEST_LOOK = 0.25, 1.0
"""Seconds between two looks at a server that is away."""


class Lanes:
    """The lanes of servers that share a model's calls.

    Args:
        lanes: Theirs.
        is_there: Says of a server that was away whether it can be asked again.
    """

    def __init__(self, lanes: Sequence[Lane], is_there: Callable[[str], Awaitable[bool]]) -> None:
        self.lanes: Mapping[str, Lane] = {lane.name: lane for lane in lanes}
        self._is_there = is_there
        self._homes: OrderedDict[str, str] = OrderedDict()
        self._read: set[str] = set()
        self._looks: dict[str, asyncio.Task[None]] = {}
        for lane in lanes:
            lane.spare.append(self)

    @property
    def trouble(self) -> Trouble | None:
        """Why none makes progress; ``None`` while any does."""
        troubles = [lane.trouble for lane in self.lanes.values()]
        known = [trouble for trouble in troubles if trouble is not None]
        return max(known, key=lambda trouble: trouble.since) if len(known) == len(troubles) else None

    def place(self, *, first: bool = False, ahead: bool = False, shares: str = "", avoid: Collection[str] = ()) -> Held:
        """One call's place at one of the servers, for one try; see `Held`.

        Args:
            first: Whether the call goes before those that wait already.
            ahead: Whether other calls wait for what it makes; see `line_up`.
            shares: What others begin with as well.
            avoid: Servers that could not do it; they are asked only where there is no other.
        """
        return Held(self, lambda: self._enter(first, ahead, shares, avoid), avoid)

    def answered(self, place: Place) -> None:
        """A server answered a call; see `Lane.answered`."""
        place.lane.answered(place)

    def failed(self, place: Place, error: TransientError, patience: Patience) -> bool:
        """A call failed as another try may not; where all would at that server, the others take over what waits.

        Returns whether all that are left to that server wait.
        """
        lane = place.lane
        all_wait = lane.failed(place, error, patience)
        if lane.away and lane.name not in self._looks:
            self._looks[lane.name] = asyncio.create_task(self._look_at(lane))
        if isinstance(error, RateLimited | Unavailable) and not lane.has_room() and self.elsewhere(place):
            self._hand_over(lane)
        return all_wait

    def elsewhere(self, place: Place) -> bool:
        """Whether there is another server to go to."""
        return any(lane is not place.lane for lane in self._there())

    def is_given_up(self, place: Place, patience: Patience) -> bool:
        """Whether there was no progress at any of them for too long, and none is on the way."""
        return all(lane.is_given_up(place, patience) for lane in self.lanes.values())

    def bring(self, lane: Lane) -> bool:
        """Bring to a lane with room what waits in the longest of the others' queues, the last that came."""
        if lane not in self._there():
            return False
        others = [one for one in self.lanes.values() if one is not lane and self._waiting(one)]
        if not others:
            return False
        longest = max(others, key=lambda one: len(one.waiting))
        waiting = self._waiting(longest)
        waiting = [one for one in waiting if one.ahead] or waiting
        shares = self._to_bring(waiting, soon=_is_done_soon(longest))
        if shares is None:
            return False
        brought = [one for one in waiting if one.shares == shares][-_BROUGHT:]
        self._move(brought, longest, lane)
        self._remember(shares, lane)
        return True

    async def stop(self) -> None:
        """Look at nobody any more."""
        looks = list(self._looks.values())
        for look in looks:
            look.cancel()
        await asyncio.gather(*looks, return_exceptions=True)

    def _to_bring(self, waiting: Sequence[Waiting], *, soon: bool) -> str | None:
        """What to take of that which waits elsewhere: the last that came, for those before it are further done.

        Nothing is lost with what nobody has read so far. What was read there is left there if it is done soon.
        """
        unread = (one.shares for one in reversed(waiting) if one.shares not in self._read)
        return next(unread, None if soon else waiting[-1].shares)

    async def _enter(self, first: bool, ahead: bool, shares: str, avoid: Collection[str]) -> Place:
        place = await self._choice(shares, avoid).enter(first=first, ahead=ahead, shares=shares, lanes=self)
        self._remember(shares, place.lane)
        self._read.add(shares)
        return place

    def _choice(self, shares: str, avoid: Collection[str]) -> Lane:
        there = self._there()
        able = {lane.name: lane for lane in there if lane.name not in avoid} or {lane.name: lane for lane in there}
        free = {name: lane.in_flight for name, lane in able.items() if lane.has_room() and not lane.waiting}
        home = able.get(self._homes.get(shares, ""))
        if home and (not free or home.name in free or _is_done_soon(home)):
            least = min(free.values(), default=home.in_flight)
            if home.name not in free or home.in_flight <= least + _SLACK:
                return home
        loads = free or {name: lane.in_flight + len(lane.waiting) for name, lane in able.items()}
        lane = able[least_busy(loads, shares)]
        # Its home from now on: what comes next meets there what this one reads.
        self._remember(shares, lane)
        return lane

    def _there(self) -> list[Lane]:
        """Those that are not away; where all are, all: a call looks whether somebody is there again."""
        lanes = list(self.lanes.values())
        return [lane for lane in lanes if not lane.away] or lanes

    def _hand_over(self, lane: Lane) -> None:
        """Let what waits for a server that does nothing now wait elsewhere."""
        for waiting in self._waiting(lane):
            self._move([waiting], lane, self._choice(waiting.shares, {lane.name}))
        for other in self.lanes.values():
            other.wake()

    def _waiting(self, lane: Lane) -> list[Waiting]:
        """What waits there and may be asked elsewhere."""
        return [one for one in lane.waiting if one.lanes is self and not one.place.done()]

    def _move(self, moved: Sequence[Waiting], source: Lane, target: Lane) -> None:
        chosen = set(map(id, moved))
        source.waiting = deque(one for one in source.waiting if id(one) not in chosen)
        for one in moved:
            line_up(one, target.waiting)

    def _remember(self, shares: str, lane: Lane) -> None:
        self._homes[shares] = lane.name
        self._homes.move_to_end(shares)
        if len(self._homes) > _KNOWN:
            forgotten, _ = self._homes.popitem(last=False)
            self._read.discard(forgotten)

    async def _look_at(self, lane: Lane) -> None:
        """Look at a server until it is there again."""
        seconds = _FIRST_LOOK
        try:
            while lane.away:
                # A server may call itself healthy and do nothing: the longer it does, the more rarely it is believed.
                await asyncio.sleep(max(seconds, lane.opens - time.monotonic()))
                seconds = min(2 * seconds, _LONGEST_LOOK)
                if await self._is_there(lane.name):
                    lane.back()
        finally:
            del self._looks[lane.name]


def _is_done_soon(lane: Lane) -> bool:
    """Whether what waits there will begin in a small part of the time that a call takes."""
    return _SOON * len(lane.waiting) < lane.in_flight
