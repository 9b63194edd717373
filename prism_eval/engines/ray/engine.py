"""`ray`: any engine that runs in process, as many times as a Ray cluster has room for."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, cast

from prism_eval.engines.base import Engine
from prism_eval.engines.beginnings import beginning_of, shared_part
from prism_eval.engines.probe import Probe
from prism_eval.engines.ray.outcome import Outcome
from prism_eval.engines.ray.pictures import without_bytes
from prism_eval.engines.ray.pool import Pool, Wanted
from prism_eval.engines.ray.recipe import Recipe
from prism_eval.errors import UsageError
from prism_eval.plugins.identity import runtime
from prism_eval.schema import Completion, Request


@dataclass(kw_only=True)
class RayEngine(Engine):
    """Another engine in the processes of a Ray cluster.

    Only requests and replies travel: the pipeline, tries and the store stay where the run was started. It is known by
    the engine inside, so that what either has done is found by both.

    Attributes:
        model: The engine inside and its model, ``ENGINE:MODEL``; options that are not in this table are that engine's.
        concurrency: Calls in flight at once at each replica; see the engine inside.
        replicas: How many times the engine runs. A replica whose process or machine dies is started again.
        gpus: GPUs of each replica, all of one machine; ``0.5`` for two replicas on one. ``none`` for as many as the
            engine inside spreads its model over, where the cluster has GPUs.
        cpus: Processors that the cluster sets aside for each; ``none`` for one, and for none on this machine alone.
        resources: What else each takes of its machine, as a JSON object.
        address: The cluster, as ``auto``, ``HOST:6379`` or ``ray://HOST:10001``; without one, a cluster of this machine
            alone is started for the run.
    """

    name: ClassVar[str] = "ray"
    extra: ClassVar[str] = "ray"

    engine: Engine
    replicas: int = runtime(1)
    gpus: float | None = runtime(None)
    cpus: float | None = runtime(None)
    resources: Mapping[str, float] = runtime(default_factory=dict)
    address: str = runtime("", environment="RAY_ADDRESS")
    _pool: Pool | None = field(default=None, init=False, repr=False, compare=False)
    _root: str | None = field(default=None, init=False, repr=False, compare=False)
    _remarks: tuple[str, ...] = field(default=(), init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Each replica has as much to do as the engine alone would.
        self.concurrency = self.engine.concurrency
        super().__post_init__()
        if isinstance(self.engine, RayEngine) or self.engine.address:
            raise UsageError(f"ray runs engines of this process, and {self.engine.name} asks a server: leave out ray:")
        if self.replicas < 1:
            raise UsageError(f"replicas must be 1 or more, not {self.replicas}")
        for name, value in {"gpus": self.gpus, "cpus": self.cpus, **self.resources}.items():
            if value is not None and not 0 <= value < float("inf"):
                raise UsageError(f"{name} must be 0 or more, not {value}")
        # None at all is a model on processors.
        if self.gpus and self.gpus < (needed := self.engine.devices) > 1:
            raise UsageError(f"gpus={self.gpus:g} is too few for {self.model}, which is spread over {needed}")

    @property
    def identity(self) -> Mapping[str, Any]:
        """The engine's inside: where it runs changes nothing."""
        return self.engine.identity

    @property
    def lane(self) -> Hashable:
        """The replicas', whichever engine asks them."""
        share = f"{self.gpus} {self.cpus} {dict(self.resources)}"
        inside = self.engine.lane if isinstance(self.engine.lane, str) else self.model
        return f"{self.replicas} replicas of {inside} ({self.identity_digest[:12]}) on {self.address}; {share}"

    @property
    def root(self) -> str | None:
        """What the engine inside says; see `Engine.root`."""
        return self._pool.root if self._pool else self._root

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the engines inside remark, and what became of the replicas."""
        return self._pool.remarks if self._pool else self._remarks

    @property
    def all_gpus(self) -> float | None:
        """Those of all replicas; see `Engine.all_gpus`."""
        each = self.gpus if self.gpus is not None else self.engine.all_gpus
        return each * self.replicas if each else None

    # Whether it does depends on the engine inside, which a class does not know.
    def ranks(self) -> bool:  # type: ignore[override]
        """Whether the engine inside does."""
        return self.engine.ranks()

    @property
    def completes(self) -> bool:
        """Whether the engine inside does."""
        return self.engine.completes

    async def probe(self, trial: Request | None = None) -> Probe:
        """What the engine inside says; for a trial all replicas are started and waited for; see `Engine.probe`."""
        if trial is None:
            return await self.engine.probe()
        where = self.address or "a cluster of this machine"
        note = f"{where}: {await self._ready().about()}"
        found = await super().probe(trial)
        facts = cast("Probe", _value(await self._ready().ask("", lambda actor: actor.facts.remote())))
        return replace(found, root=self.root, version=facts.version, context=facts.context, note=note)

    async def generate(self, request: Request) -> Completion:
        """Let a replica write, the one that has read the beginning if it is not busier than others."""
        pool = self._ready()
        sent = without_bytes(request)
        with (await pool.pictures()).lent(request.images) as images:
            outcome = await pool.ask(beginning_of(request), lambda actor: actor.generate.remote(sent, *images))
        return cast("Completion", _value(outcome))

    async def log_likelihood(self, prompt: str, continuations: Sequence[str]) -> list[float]:
        """Let a replica read them; see `Engine.log_likelihood`."""
        options = tuple(continuations)
        outcome = await self._ready().ask(
            shared_part(prompt), lambda actor: actor.log_likelihood.remote(prompt, options)
        )
        return cast("list[float]", _value(outcome))

    async def close(self) -> None:
        """Let go of the replicas; with the last engine to do so they end, and a cluster that was started for them."""
        pool, self._pool = self._pool, None
        if pool is not None:
            self._root, self._remarks = pool.root, pool.remarks
            await pool.leave()

    def _ready(self) -> Pool:
        # Replies come back to an event loop; a notebook runs one after another.
        if self._pool is None or self._pool.loop is not asyncio.get_running_loop():
            self._pool = Pool.shared(self._wanted())
        return self._pool

    def _wanted(self) -> Wanted:
        return Wanted(
            key=str(self.lane),
            source=f"{self.name}:{self.model}",
            recipe=Recipe.of(self.engine),
            replicas=self.replicas,
            cpus=self.cpus,
            gpus=self.gpus,
            devices=self.engine.devices,
            resources=self.resources,
            address=self.address,
        )


def _value(outcome: Outcome) -> object:
    if outcome.error is not None:
        raise outcome.error
    return outcome.value
