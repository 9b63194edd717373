"""How many calls may be under way at once: one limit a server address, or a plugin in process, whoever calls it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from contextvars import ContextVar

from prism_eval.errors import UsageError
from prism_eval.plugins import Plugin

_HELD: ContextVar[frozenset[Hashable]] = ContextVar("lanes held", default=frozenset())
"""The lanes in which the calls around this one have a place; tasks inherit it from the call that starts them."""


class Limits:
    """The limits of a run, one for each lane (`Plugin.lane`).

    Args:
        concurrency: The limit of every lane that names none of its own.
    """

    def __init__(self, concurrency: int) -> None:
        self._default = concurrency
        self._wanted: dict[Hashable, int] = {}
        self._slots: dict[Hashable, asyncio.Semaphore] = {}

    def declare(self, plugin: Plugin) -> None:
        """Take in the limit that a plugin, or its engine, was given: ``?concurrency=64`` in its spec string.

        Raises:
            UsageError: Two plugins that call one address were given different ones: either would be a surprise.
        """
        # Any plugin may have such a field; most have none, or leave it to the plan.
        wanted = getattr(getattr(plugin, "engine", plugin), "concurrency", None)
        lane = plugin.lane
        if lane is None or not isinstance(wanted, int):
            return
        if wanted < 1:
            raise UsageError(f"concurrency must be 1 or more, not {wanted}")
        # Not the smaller or the larger of the two: whoever typed the other number would be surprised.
        known = self._wanted.setdefault(lane, wanted)
        if known != wanted:
            raise UsageError(f"concurrency={known} and concurrency={wanted} for one address, {lane}: give it one limit")

    @property
    def largest(self) -> int:
        """The largest limit of any lane: what a pipeline must keep in work so that no lane stands idle."""
        return max([self._default, *self._wanted.values()])

    @asynccontextmanager
    async def slot(self, plugin: Plugin) -> AsyncIterator[None]:
        """One call's place in the plugin's lane.

        A plugin without a lane only calls others, and waits for none. Nor does a call inside another one that has a
        place in the same lane, as a prior inside a ranking: the outer one is idle meanwhile, and if every place were
        held by an outer call that waits for an inner one, none would ever be free.
        """
        lane = plugin.lane
        if lane is None or lane in _HELD.get():
            yield
            return
        if lane not in self._slots:
            self._slots[lane] = asyncio.Semaphore(self._wanted.get(lane, self._default))
        async with self._slots[lane]:
            token = _HELD.set(_HELD.get() | {lane})
            try:
                yield
            finally:
                _HELD.reset(token)
