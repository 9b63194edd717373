"""How many calls may be under way at once: one limit a server address, or a plugin in process, whoever calls it."""

from __future__ import annotations

import math
import time
from collections.abc import Hashable, Iterator

from prism_eval.calls.lane import Lane
from prism_eval.calls.lanes import Lanes
from prism_eval.errors import UsageError
from prism_eval.plugins import Plugin

_SHOWN_AFTER = 1.0
"""Seconds that a wait takes before it is told."""


class Limits:
    """The limits of a run, one for each lane (`Plugin.lane`).

    Args:
        concurrency: The limit of every lane that names none of its own.
    """

    def __init__(self, concurrency: int) -> None:
        self._default = concurrency
        self._wanted: dict[Hashable, int] = {}
        self._replicas: dict[Hashable, int] = {}
        self._lanes: dict[Hashable, Lane] = {}
        self._shared: dict[Hashable, Lanes] = {}

    def declare(self, plugin: Plugin) -> None:
        """Take in the limit that a plugin, or its engine, was given: ``?concurrency=64`` in its spec string.

        Raises:
            UsageError: Two plugins that call one address were given different ones: either would be a surprise.
        """
        # Any plugin may have such a field; most have none, or leave it to the plan.
        wanted = getattr(getattr(plugin, "engine", plugin), "concurrency", None)
        lane = plugin.lane
        if lane is None:
            return
        self._replicas[lane] = plugin.replicas
        if not isinstance(wanted, int):
            return
        if wanted < 1:
            raise UsageError(f"concurrency must be 1 or more, not {wanted}")
        for where in (lane, *plugin.addresses):
            # Not the smaller or the larger of the two: whoever typed the other number would be surprised.
            known = self._wanted.setdefault(where, wanted)
            if known != wanted:
                raise UsageError(
                    f"concurrency={known} and concurrency={wanted} for one address, {where}: give it one limit"
                )

    @property
    def largest(self) -> int:
        """The largest limit of any lane: what a pipeline must keep in work so that no lane stands idle."""
        limits = (self._wanted.get(lane, self._default) * count for lane, count in self._replicas.items())
        return max([self._default, *limits])

    def most(self, plugin: Plugin) -> int:
        """Calls that may be under way at once where a plugin is asked."""
        return self._wanted.get(plugin.lane, self._default) * plugin.replicas

    def lane(self, plugin: Plugin) -> Lane | Lanes:
        """The plugin's lane, or those of its servers.

        One that only calls others waits for no place, and shares its lane with nobody.
        """
        shared, servers = plugin.lane, plugin.addresses
        if shared is None:
            return self._lane(id(plugin), plugin.address or plugin.name, math.inf)
        if len(servers) > 1:
            if shared not in self._shared:
                each = [self._lane(one, one, self._wanted.get(one, self._default)) for one in servers]
                self._shared[shared] = Lanes(each, plugin.is_there)
            return self._shared[shared]
        return self._lane(shared, plugin.address or plugin.name, self.most(plugin))

    async def stop(self) -> None:
        """Look no more whether servers are there again."""
        for lanes in self._shared.values():
            await lanes.stop()

    def _lane(self, key: Hashable, name: str, most: float) -> Lane:
        if key not in self._lanes:
            self._lanes[key] = Lane(name, most)
        return self._lanes[key]

    def waits(self) -> Iterator[str]:
        """What is waited for, in words; may be asked from another thread."""
        for lane in list(self._lanes.values()):
            trouble = lane.trouble
            if trouble is None or not trouble.waited_out:
                continue
            seconds = time.monotonic() - trouble.since
            if seconds >= _SHOWN_AFTER:
                # The address is said already, and advice is for whoever reads the end of a run.
                reason = trouble.words.removeprefix(f"{lane.name}: ").split(";")[0]
                does = "going on without" if self._goes_on_without(lane) else "waiting for"
                yield f"{does} {lane.name}: {reason} ({seconds:.0f} s)"

    def _goes_on_without(self, lane: Lane) -> bool:
        """Whether others take its calls."""
        return any(lanes.trouble is None for lanes in list(self._shared.values()) if lane.name in lanes.lanes)
