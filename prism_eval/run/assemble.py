"""From a plan to what can run: benchmarks opened, plugins made, one client for all their calls."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from prism_eval.benchmarks import Benchmark, available, open_readable
from prism_eval.calls import Calls, Ledger, Limits, Patience, Store
from prism_eval.captioners import CAPTIONER, Captioner
from prism_eval.errors import UsageError
from prism_eval.judges import JUDGE, Judge
from prism_eval.plan import STAGES, Orders, Plan, Protocol, Stage, load_protocol
from prism_eval.plugins import Plugin, Spec, build
from prism_eval.reasoners import REASONER, Reasoner
from prism_eval.run.destinations import destinations
from prism_eval.run.items import ItemSource
from prism_eval.run.labelled import about_model, introduced, named, told_apart
from prism_eval.run.settings import Entry, Settings
from prism_eval.run.shards import Division, divide
from prism_eval.scoring.base import SCORER, Scorer

LIVE: frozenset[Stage] = frozenset({"caption", "answer", "score"})
"""The stages that may call their plugins, where a run may call all of them."""

_PART_OF: Mapping[str, Stage] = {
    "instruction": "caption",
    "caption": "caption",
    "answer": "answer",
    "prior": "answer",
    "judge": "score",
}
"""To which stage each kind of call belongs."""

_IMAGES_AHEAD = 2
"""Images held for each call that may be under way: one is being captioned, one waits for its turn."""
_TRIALS_AHEAD = 32
"""Trials in work for each call that may be under way. Captions go before answers, so that many answers are left when
the last captions are written: with fewer of them, a few long captions at the end would leave the server's other slots
empty. One that waits for its answer takes some fifteen kilobytes."""


@dataclass(frozen=True)
class Assembly:
    """A plan made ready to run.

    Attributes:
        plan: The plan.
        protocol: Its protocol, with the plan's edition and samples in place.
        benchmarks: The benchmarks, in order.
        settings: What each item goes through.
        destinations: Which server is sent what, in one sentence; empty where nothing leaves this process.
        calling: The stages that may call their plugins.
        unread: Of the plan's benchmarks those that cannot be read at all, and why; the run is of the others.
        division: Which items are asked, where the plan wants a part of the run; ``None`` for all.
    """

    plan: Plan
    protocol: Protocol
    benchmarks: Sequence[Benchmark]
    settings: Settings
    destinations: str = ""
    calling: frozenset[Stage] = frozenset()
    unread: Mapping[str, str] = field(default_factory=dict)
    division: Division | None = None

    @property
    def sources(self) -> Sequence[ItemSource]:
        """What is asked: the benchmarks, or the parts of them that the plan wants."""
        return self.division.parts if self.division else self.benchmarks

    async def close(self) -> None:
        """Give up what is under way and close every plugin."""
        settings = self.settings
        await settings.calls.stop()  # first: a plugin must not be closed under a call of its own
        settings.scoring.shutdown(wait=False, cancel_futures=True)
        asked: list[Captioner | Reasoner | Judge] = [entry.captioner for entry in settings.entries]
        for plugin in [*asked, *settings.reasoners.values(), *([settings.judge] if settings.judge else [])]:
            # All that was asked of it is done: a slip while tidying up must not cost the tables.
            with contextlib.suppress(Exception):
                await plugin.close()
        for scorer in settings.scorers.values():
            with contextlib.suppress(Exception):
                scorer.close()


def assemble(
    plan: Plan,
    store: Store,
    *,
    through: Stage = "score",
    live: frozenset[Stage] = LIVE,
    captioners: Mapping[str, Captioner] | None = None,
    reasoners: Mapping[str, Reasoner] | None = None,
    benchmarks: Sequence[Benchmark] | None = None,
    client: type[Calls] = Calls,
    folder: Path | None = None,
) -> Assembly:
    """Make a plan ready to run.

    Args:
        plan: The plan.
        store: Where calls are remembered.
        through: The last stage.
        live: The stages that may call their plugins, the judge being scoring's; the others only read the store.
        captioners: Ready captioners by label, in place of the plan's spec strings of the same text.
        reasoners: Ready reasoners by label, likewise.
        benchmarks: Benchmarks that are open already, in place of the plan's.
        client: Makes the calls.
        folder: The run's, for engines that keep logs.

    Raises:
        UsageError: Something the plan names does not exist or will not do.
    """
    protocol = protocol_of(plan)
    found, unread = open_benchmarks(plan) if benchmarks is None else (benchmarks, {})
    opened = [_limited(benchmark, plan) for benchmark in found]
    limits = Limits(plan.concurrency)
    calls = client(
        store,
        limits=limits,
        patience=Patience(plan.attempts, plan.patience),
        live=frozenset(stage for stage, part in _PART_OF.items() if part in live),
        ledger=Ledger() if plan.part else None,
    )
    where: Mapping[str, object] = {"run_folder": folder}
    answering = _reasoners(plan, protocol, reasoners or {}, where)
    entries = _entries(plan, protocol, captioners or {}, {**where, "reader": next(iter(answering.values()))})
    scorers = _scorers(plan, opened, protocol)
    judge, judge_label = _judge(plan, protocol, through, scorers, where)
    for plugin in (*(entry.captioner for entry in entries), *answering.values(), *([judge] if judge else [])):
        _declare(limits, plugin)
    settings = Settings(
        calls=calls,
        entries=[replace(entry, captioner=entry.captioner.bound(calls)) for entry in entries],
        reasoners={label: reasoner.bound(calls) for label, reasoner in answering.items()},
        about=dict(zip(answering, (about_model(text, reasoners or {}) for text in plan.reasoner), strict=True)),
        scorers=scorers,
        judge=judge,
        judge_label=judge_label,
        form=protocol.form,
        samples=protocol.samples,
        through=through,
        trials=_TRIALS_AHEAD * limits.largest,
        images=_IMAGES_AHEAD * limits.largest,
        orders=_orders(plan, opened, protocol),
        verbatim=protocol.caption.verbatim,
        heading=protocol.caption.heading,
        choice_question=protocol.specific.choice_question,
    )
    # In this order the progress display and the manifest name them, whether or not there are any.
    for stage in ("caption", "answer", *(["judge"] if judge else [])):
        calls.tally(stage)
    calling = live.intersection(STAGES[: STAGES.index(through) + 1])
    told = destinations([entry.captioner for entry in entries], answering.values(), judge, calling)
    division = divide(opened, plan.part) if plan.part else None
    return Assembly(plan, protocol, opened, settings, told, frozenset(calling), unread, division)


def expected(assembly: Assembly) -> int | None:
    """How many verdicts there will be; ``None`` where only reading the items can tell."""
    # How many orders an item has depends on its options.
    if assembly.plan.orders > 1:
        return None
    division = assembly.division
    asked = [division.items] if division else [benchmark.asked() for benchmark in assembly.benchmarks]
    known = [items for items in asked if items is not None]
    if len(known) < len(asked):
        return None
    settings = assembly.settings
    reasoners = 1 if settings.through == "caption" else len(settings.reasoners)
    return sum(known) * len(settings.entries) * reasoners * settings.samples


def open_benchmarks(plan: Plan) -> tuple[Sequence[Benchmark], Mapping[str, str]]:
    """The plan's benchmarks, all that the data holds where the plan names none; and those that cannot be read."""
    names = plan.benchmarks or tuple(available(plan.data))
    return open_readable(names, plan.data, seed=plan.seed)


def _limited(benchmark: Benchmark, plan: Plan) -> Benchmark:
    """What the plan's ``limit`` leaves of a benchmark."""
    if plan.first:
        return replace(benchmark, first=plan.limit)
    looks = plan.looks if plan.until_decided else 1
    if plan.limit or plan.until_decided:
        return benchmark.sampled(limit=plan.limit, seed=plan.seed, looks=looks)
    return benchmark


def _orders(plan: Plan, benchmarks: Sequence[Benchmark], protocol: Protocol) -> Orders:
    # A stored prompt names its options in one order.
    fixed = frozenset(
        benchmark.name
        for benchmark in benchmarks
        if benchmark.definition.letters_in_image or (protocol.answer.stored and benchmark.definition.fields.stored)
    )
    return Orders(plan.orders, plan.seed, fixed, plan.rotate)


def protocol_of(plan: Plan) -> Protocol:
    """The protocol of a plan, with what the plan changes of it."""
    protocol = load_protocol(plan.protocol)
    # The only two that a plan may change: whatever else a protocol fixes is what makes scores comparable.
    changes = {key: value for key in ("edition", "samples") if (value := getattr(plan, key)) is not None}
    return protocol.model_copy(update=changes)


def scorer_settings(plan: Plan, protocol: Protocol) -> dict[str, Any]:
    """What scorers may take from a plan and its protocol, by name."""
    return {"math_limit": plan.math_limit, "math_workers": plan.math_workers, **protocol.scorer_settings()}


def _entries(plan: Plan, protocol: Protocol, ready: Mapping[str, Captioner], more: Mapping[str, object]) -> list[Entry]:
    settings = {**protocol.captioner_settings(plan.seed), **more}
    make = partial(named, CAPTIONER, ready=ready, settings=settings)
    by_label = told_apart(CAPTIONER, map(make, plan.captioners), shared="caption")
    return [
        Entry(label, captioner, about_model(text, ready))
        for text, (label, captioner) in zip(plan.captioners, by_label.items(), strict=True)
    ]


def _reasoners(
    plan: Plan, protocol: Protocol, ready: Mapping[str, Reasoner], more: Mapping[str, object]
) -> dict[str, Reasoner]:
    make = partial(named, REASONER, ready=ready, settings={**protocol.reasoner_settings(plan.seed), **more})
    return told_apart(REASONER, map(make, plan.reasoner), shared="answer")


def _judge(
    plan: Plan, protocol: Protocol, through: Stage, scorers: Mapping[str, Scorer], more: Mapping[str, object]
) -> tuple[Judge | None, str]:
    wanted = through == "score" and any(scorer.needs_judge for scorer in scorers.values())
    if plan.judge is None or not wanted:
        return None, ""
    judge, label = named(JUDGE, plan.judge, ready={}, settings={**protocol.judge_settings(plan.seed), **more})
    introduced(judge, label)
    return judge, label


def _declare(limits: Limits, plugin: Plugin) -> None:
    limits.declare(plugin)
    parts: Iterable[Plugin] = getattr(plugin, "parts", ())
    # A limit in a part's spec is that server's, wherever the part stands.
    for part in parts:
        _declare(limits, part)


def _scorers(plan: Plan, benchmarks: Sequence[Benchmark], protocol: Protocol) -> dict[str, Scorer]:
    settings = scorer_settings(plan, protocol)
    made: dict[str, Scorer] = {}
    scorers = {}
    for benchmark in benchmarks:
        definition = benchmark.definition
        if protocol.edition not in definition.scoring:
            known = ", ".join(sorted(definition.scoring))
            raise UsageError(
                f"benchmark {benchmark.name} has no edition {protocol.edition!r}; it has: {known}: choose one with "
                "--edition, or name a scorer in the benchmark's [scoring] table"
            )
        if benchmark.scorer is not None:
            scorers[benchmark.name] = benchmark.scorer
            continue
        name = definition.scoring[protocol.edition]
        # One object for all benchmarks that share a scorer: mathematics has processes, and they are few.
        if name not in made:
            made[name] = build(SCORER, Spec.parse(name), settings)
        scorers[benchmark.name] = made[name]
    return scorers
