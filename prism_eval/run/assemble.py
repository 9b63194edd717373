"""From a plan to what travels: benchmarks opened, plugins made, every call remembered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from prism_eval import plugins
from prism_eval.benchmarks import Benchmark, available, open_benchmark
from prism_eval.calls import Calls, Patience, Store, Tally
from prism_eval.captioners import Captioner, build_captioner, captioner_label
from prism_eval.captioners.remembered import remember
from prism_eval.errors import UsageError
from prism_eval.judges import Judge, build_judge, judge_label
from prism_eval.judges import Remembered as RememberedJudge
from prism_eval.plan.orders import Orders
from prism_eval.plan.plan import Plan
from prism_eval.plan.protocol import Protocol, load_protocol
from prism_eval.plugins.specs import Spec
from prism_eval.reasoners import Reasoner, build_reasoner, reasoner_label
from prism_eval.reasoners import remember as remember_reasoner
from prism_eval.run.pipeline import Arm, Road, Stage
from prism_eval.scoring.base import Scorer

LIVE: frozenset[Stage] = frozenset({"caption", "answer", "score"})
"""The stages that may call their plugins, where a run may call all of them."""

_PART_OF = {"prior": "answer", "judge": "score"}


@dataclass
class Assembly:
    """A plan made ready to run.

    Attributes:
        plan: The plan.
        protocol: Its protocol, with the plan's edition and samples in place.
        benchmarks: The benchmarks, in order.
        road: What each item travels.
        tallies: By stage, what became of its calls; ``prior`` and ``judge`` only where there are any.
        reasoner_label: The reasoner, as tables name it.
    """

    plan: Plan
    protocol: Protocol
    benchmarks: Sequence[Benchmark]
    road: Road
    reasoner_label: str
    tallies: Mapping[str, Tally] = field(default_factory=dict)

    def about(self) -> dict[str, Any]:
        """Protocol, reasoner and captioners, for the manifest."""
        judge = self.road.judge
        judged = {"judge": {"label": judge.label, "identity": dict(judge.identity)}} if judge else {}
        return {
            "protocol": self.protocol.model_dump(mode="json"),
            "plan": self.plan.model_dump(mode="json", exclude_none=True),
            "plan_digest": self.plan.digest,
            "reasoner": {"label": self.reasoner_label, "identity": dict(self.road.reasoner.identity)},
            **judged,
            "captioners": [{"label": arm.label, "identity": dict(arm.captioner.identity)} for arm in self.road.arms],
        }

    def benchmark_facts(self) -> dict[str, dict[str, Any]]:
        """What the manifest says of each benchmark's definition."""
        return {benchmark.name: self._facts(benchmark) for benchmark in self.benchmarks}

    def _facts(self, benchmark: Benchmark) -> dict[str, Any]:
        definition = benchmark.definition
        scorer = self.road.scorers[benchmark.name]
        return {
            "title": definition.title,
            "licence": definition.licence,
            "source": f"synthetic, seed {self.plan.seed}" if self.plan.data == "synthetic" else benchmark.source.origin,
            "revision": benchmark.revision,
            "scorer": scorer.name,
            "needs_judge": scorer.needs_judge,
        }

    async def close(self) -> None:
        """Close every plugin."""
        for arm in self.road.arms:
            await arm.captioner.close()
        await self.road.reasoner.close()
        if self.road.judge:
            await self.road.judge.close()
        for scorer in self.road.scorers.values():
            scorer.close()


def assemble(
    plan: Plan,
    store: Store,
    *,
    through: Stage = "score",
    live: frozenset[Stage] = LIVE,
    captioners: Mapping[str, Captioner] | None = None,
    reasoner: Reasoner | None = None,
) -> Assembly:
    """Make a plan ready to run.

    Args:
        plan: The plan.
        store: Where calls are remembered.
        through: The last stage.
        live: The stages that may call their plugins, the judge being scoring's; the others only read the store.
        captioners: Ready captioners by label, in place of the plan's spec strings of the same text.
        reasoner: A ready reasoner, in place of the plan's.

    Raises:
        UsageError: Something the plan names does not exist or will not do.
    """
    protocol = _protocol(plan)
    benchmarks = open_benchmarks(plan)
    patience = Patience(plan.attempts, plan.patience)
    tallies = {"caption": Tally(), "answer": Tally()}

    def calls(stage: str, plugin: Captioner | Reasoner | Judge) -> Calls:
        return Calls(
            store=store,
            stage=stage,
            source=_source(plugin),
            concurrency=plan.concurrency,
            patience=patience,
            live=_PART_OF.get(stage, stage) in live,
            tally=tallies.setdefault(stage, Tally()),
        )

    arms = [
        Arm(label, remember(captioner, lambda plugin: calls("caption", plugin)))
        for label, captioner in _captioners(plan, protocol, captioners or {})
    ]
    inner, label = _reasoner(plan, protocol, reasoner)
    scorers = _scorers(benchmarks, protocol)
    judge = _judge(plan) if through == "score" and any(scorer.needs_judge for scorer in scorers.values()) else None
    road = Road(
        arms=arms,
        reasoner=remember_reasoner(inner, lambda stage: calls(stage, inner)),
        scorers=scorers,
        judge=RememberedJudge(inner=judge[0], calls=calls("judge", judge[0]), label=judge[1]) if judge else None,
        form=protocol.answer_form,
        samples=protocol.samples,
        through=through,
        window=4 * plan.concurrency,
        orders=_orders(plan, benchmarks),
    )
    return Assembly(plan, protocol, benchmarks, road, label, tallies)


def expected(assembly: Assembly) -> int | None:
    """How many verdicts there will be; ``None`` where only reading the items can tell."""
    if assembly.plan.orders > 1:
        return None
    sizes = [benchmark.size() for benchmark in assembly.benchmarks]
    known = [size for size in sizes if size is not None]
    if len(known) < len(sizes):
        return None
    limit = assembly.plan.limit
    items = sum(min(size, limit) if limit else size for size in known)
    return items * len(assembly.road.arms) * assembly.road.samples


def open_benchmarks(plan: Plan) -> list[Benchmark]:
    """The plan's benchmarks; all that the data holds where the plan names none."""
    names = plan.benchmarks or tuple(available(plan.data))
    return [open_benchmark(name, plan.data, seed=plan.seed) for name in names]


def _orders(plan: Plan, benchmarks: Sequence[Benchmark]) -> Orders:
    fixed = frozenset(benchmark.name for benchmark in benchmarks if benchmark.definition.letters_in_image)
    return Orders(plan.orders, plan.seed, fixed)


def _protocol(plan: Plan) -> Protocol:
    protocol = load_protocol(plan.protocol)
    changes = {key: value for key in ("edition", "samples") if (value := getattr(plan, key)) is not None}
    return protocol.model_copy(update=changes)


def _captioners(plan: Plan, protocol: Protocol, ready: Mapping[str, Captioner]) -> list[tuple[str, Captioner]]:
    offers = {**protocol.offers("caption"), "seed": plan.seed, "concurrency": plan.concurrency}
    labelled = []
    for text in plan.captioners:
        if text in ready:
            labelled.append((text, ready[text]))
        else:
            spec = Spec.parse(text)
            captioner = build_captioner(spec, offers)
            labelled.append((captioner_label(spec), captioner))
    labels = [label for label, _ in labelled]
    for label in labels:
        if labels.count(label) > 1:
            raise UsageError(f"two captioners are called {label!r}: tell them apart with label=...")
    return labelled


def _reasoner(plan: Plan, protocol: Protocol, ready: Reasoner | None) -> tuple[Reasoner, str]:
    if ready is not None:
        return ready, plan.reasoner
    spec = Spec.parse(plan.reasoner)
    offers = {**protocol.offers("answer"), "seed": plan.seed, "concurrency": plan.concurrency}
    return build_reasoner(spec, offers), reasoner_label(spec)


def _scorers(benchmarks: Sequence[Benchmark], protocol: Protocol) -> dict[str, Scorer]:
    made: dict[str, Scorer] = {}
    scorers = {}
    for benchmark in benchmarks:
        definition = benchmark.definition
        if protocol.edition not in definition.scoring:
            known = ", ".join(sorted(definition.scoring))
            raise UsageError(f"benchmark {benchmark.name} has no edition {protocol.edition!r}; it has: {known}")
        if benchmark.scorer is not None:
            scorers[benchmark.name] = benchmark.scorer
            continue
        name = definition.scoring[protocol.edition]
        if name not in made:
            made[name] = plugins.construct(plugins.load("scorer", name), f"scorer {name!r}", {}, {})
        scorers[benchmark.name] = made[name]
    return scorers


def _judge(plan: Plan) -> tuple[Judge, str] | None:
    if plan.judge is None:
        return None
    spec = Spec.parse(plan.judge)
    return build_judge(spec, {"seed": plan.seed, "concurrency": plan.concurrency}), judge_label(spec)


def _source(plugin: Captioner | Reasoner | Judge) -> str:
    identity = plugin.identity
    engine = identity.get("engine", identity)
    model = engine.get("model") if isinstance(engine, Mapping) else None
    return f"{engine['plugin']}:{model}" if model else str(identity["plugin"])
