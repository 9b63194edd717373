"""The replicas of one engine, and which of them a call goes to."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from prism_eval._version import __version__
from prism_eval.calls.balance import least_busy
from prism_eval.engines.ray.cluster import Cluster
from prism_eval.engines.ray.outcome import Outcome
from prism_eval.engines.ray.pictures import Pictures
from prism_eval.engines.ray.recipe import Recipe
from prism_eval.engines.ray.replica import Replica, State
from prism_eval.engines.ray.replies import Lost, reply_to
from prism_eval.engines.ray.worker import Worker
from prism_eval.errors import CallError, FatalError, TransientError, Unavailable

_HANDED_OVER = 3
"""Replicas that may die over a call before that counts as a try of the call: it may be what kills them."""
_SOON, _LATE = 5.0, 60.0
"""Seconds after which a replica without a place is told, in a cluster that has too little in all and in any other: on a
busy machine it takes long until a process has begun.
"""
_LEAVES = 3.0
_CALLS_AT_ONCE = 10_000
"""Of an actor, whose own limit would be a thousand: who calls keeps the limit."""


@dataclass(frozen=True)
class Wanted:
    """What replicas are to be.

    Attributes:
        key: What tells it from others: engines that want the same share its replicas.
        source: What messages call the engine.
        recipe: How to make it.
        replicas: How many.
        cpus: Logical processors of each; ``None`` for one, and for none in a cluster of our own.
        gpus: GPUs of each; ``None`` for as many as the engine is spread over, where the cluster has GPUs.
        devices: As many as that.
        resources: Whatever else each takes of a node.
        address: The cluster's; empty for one of our own.
    """

    key: str
    source: str
    recipe: Recipe = field(compare=False)
    replicas: int
    cpus: float | None
    gpus: float | None
    devices: int
    resources: Mapping[str, float] = field(compare=False)
    address: str


class Pool:
    """Replicas of one engine, for all engines of an event loop that want the same.

    Args:
        wanted: What they are to be.

    Attributes:
        root: What the engine said it really serves.
        loop: The event loop that they are asked in.
    """

    _all: ClassVar[dict[tuple[str, asyncio.AbstractEventLoop], Pool]] = {}

    def __init__(self, wanted: Wanted) -> None:
        self.loop = asyncio.get_running_loop()
        self.root: str | None = None
        self._wanted = wanted
        self._users = 0
        self._said: dict[str, None] = {}
        self._answered = False
        self._cluster: Cluster | None = None
        self._replicas: list[Replica] = []
        self._keepers: list[asyncio.Task[None]] = []
        self._changed = asyncio.Event()
        self._opening = asyncio.create_task(self._open())
        self._pictures: Pictures | None = None
        self._takes: Mapping[str, float] = {}
        self._feasible = True

    @classmethod
    def shared(cls, wanted: Wanted) -> Pool:
        """The replicas that are wanted, begun now if there are none; to be let go of once with `leave`."""
        key = wanted.key, asyncio.get_running_loop()
        one = cls._all.get(key)
        if one is None:
            one = cls._all[key] = cls(wanted)
        one._users += 1
        return one

    async def leave(self) -> None:
        """Let go of the replicas: with the last to do so they end."""
        self._users -= 1
        if self._users:
            return
        self._all.pop((self._wanted.key, self.loop), None)
        for task in (self._opening, *self._keepers):
            task.cancel()
        await asyncio.gather(self._opening, *self._keepers, return_exceptions=True)
        try:
            await self._close_engines()
        finally:
            for replica in self._replicas:
                _kill(replica.actor)
            if self._cluster is not None:
                await self._cluster.leave()

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the engines said, and what became of the replicas."""
        failed = [replica for replica in self._replicas if replica.state is State.FAILED]
        deaths = sum(replica.deaths for replica in self._replicas)
        of = f"of {len(self._replicas)} replicas of {self._wanted.source}"
        return (
            *self._said,
            *([f"{len(failed)} {of} did not work: {failed[0].said}."] if failed else []),
            *([f"{of.capitalize()}, {deaths} died; what they worked on was asked again."] if deaths else []),
        )

    async def about(self) -> str:
        """What the replicas are and where, once they all are ready or not to be hoped for.

        Raises:
            CallError: None will be ready.
        """
        await self._free("")
        while any(not self._is_settled(replica) for replica in self._replicas):
            await self._change()
        ready = [replica for replica in self._replicas if replica.state is State.READY]
        machines = len({replica.home for replica in ready})
        where = f"on {machines} machines" if machines > 1 else f"on {ready[0].home}"
        return f"{len(ready)} of {len(self._replicas)} replicas ready {where}: {ready[0].said}"

    async def ask(self, beginning: str, ask: Callable[[Any], Any]) -> Outcome:
        """Ask a replica, and where it dies the next one.

        Args:
            beginning: See `least_busy`.
            ask: Calls an actor.

        Raises:
            TransientError: Several died over it.
            CallError: None can be asked.
        """
        for _ in range(_HANDED_OVER):
            replica = await self._free(beginning)
            actor = replica.actor
            replica.in_flight += 1
            try:
                outcome: Outcome = await reply_to(ask(actor))
            except Lost as lost:
                replica.lost(actor, lost)
                continue
            finally:
                replica.in_flight -= 1
            replica.answered()
            self._heard(outcome)
            return outcome
        raise TransientError(f"{self._wanted.source}: {_HANDED_OVER} replicas died while they worked on this call")

    async def pictures(self) -> Pictures:
        """Images in the cluster's object store."""
        await asyncio.shield(self._opening)
        if self._pictures is None:
            raise FatalError(f"{self._wanted.source} was closed")
        return self._pictures

    def _heard(self, outcome: Outcome) -> None:
        self._answered = True
        self.root = outcome.root or self.root
        self._said |= dict.fromkeys(outcome.remarks)

    async def _open(self) -> None:
        import ray

        self._cluster = await Cluster.joined(self._wanted.address)
        self._pictures = Pictures(ray.put)
        await asyncio.to_thread(self._settle_takes)
        actor = ray.remote(Worker).options(
            num_cpus=self._takes["CPU"],
            num_gpus=self._takes["GPU"],
            resources=dict(self._wanted.resources),
            max_concurrency=_CALLS_AT_ONCE,
            # Two engines on one machine share its memory's bandwidth, if on two they need not.
            scheduling_strategy="SPREAD",
        )
        # As bytes: what cannot be read there is told by the worker, and no reason for it to die.
        recipe = ray.cloudpickle.dumps(self._wanted.recipe)
        for number in range(self._wanted.replicas):
            replica = Replica(
                str(number), lambda: actor.remote(recipe, self._wanted.recipe.cls.name, __version__), _kill, self._wake
            )
            self._replicas.append(replica)
            self._keepers.append(asyncio.create_task(replica.kept()))

    def _settle_takes(self) -> None:
        """What each replica takes of the cluster, where nobody said so."""
        import ray

        wanted, there = self._wanted, ray.cluster_resources()
        cpus = wanted.cpus if wanted.cpus is not None else float(not (self._cluster and self._cluster.local))
        gpus = wanted.gpus if wanted.gpus is not None else float(wanted.devices * ("GPU" in there))
        self._takes = {"CPU": cpus, "GPU": gpus, **wanted.resources}
        self._feasible = all(there.get(name, 0) >= amount for name, amount in self._takes.items())

    async def _free(self, beginning: str) -> Replica:
        """The replica to ask; waits until there is one."""
        await asyncio.shield(self._opening)
        while True:
            ready = {replica.name: replica for replica in self._replicas if replica.state is State.READY}
            if ready:
                return ready[least_busy({name: one.in_flight for name, one in ready.items()}, beginning)]
            if all(map(self._is_settled, self._replicas)):
                raise await self._hopeless()
            await self._change()

    def _is_settled(self, replica: Replica) -> bool:
        """Whether nothing is to be expected of it."""
        if replica.is_homeless:
            return self.loop.time() - replica.since > (_LATE if self._feasible else _SOON)
        return replica.state in (State.READY, State.FAILED)

    async def _hopeless(self) -> CallError:
        """Why there is nobody to ask and nobody on the way."""
        source = self._wanted.source
        if failed := [replica for replica in self._replicas if replica.state is State.FAILED]:
            return FatalError(f"{source}: {failed[0].said}")
        has = await asyncio.to_thread(_described, self._takes)
        unproven = not (self._answered or self._feasible)
        return Unavailable(f"{source}: no room in the cluster for a replica: {has}", unproven=unproven)

    async def _change(self) -> None:
        """Wait for something to change, or a moment."""
        self._changed.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), 0.5)

    def _wake(self) -> None:
        self._changed.set()

    async def _close_engines(self) -> None:
        ready = [replica.actor for replica in self._replicas if replica.state is State.READY]
        closing = [reply_to(actor.close.remote()) for actor in ready]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*closing, return_exceptions=True), _LEAVES)


def _kill(actor: Any) -> None:
    import ray

    # It may be gone, or the whole cluster.
    with contextlib.suppress(Exception):
        ray.kill(actor)


def _described(takes: Mapping[str, float]) -> str:
    """What a replica takes, and what there is of it."""
    import ray

    free, there = ray.available_resources(), ray.cluster_resources()
    names = [name for name, amount in takes.items() if amount]
    wants = ", ".join(f"{takes[name]:g} {name}" for name in names)
    has = ", ".join(f"{free.get(name, 0):g} of {there.get(name, 0):g} {name}" for name in names)
    return f"each takes {wants or 'nothing'}, and {has or 'a place'} is free"
