"""What a plan would do, without doing it: the run itself, with a client that asks nobody."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from prism_eval.calls import Store, default_path
from prism_eval.engines import Engine
from prism_eval.errors import CallError
from prism_eval.plan import Plan, reorder
from prism_eval.plugins import Plugin
from prism_eval.run.assemble import Assembly, assemble
from prism_eval.run.counts import SeenDigests
from prism_eval.run.foreseen import Foreseen, Load
from prism_eval.run.item_result import ItemResult
from prism_eval.run.items import ItemSource, check_items
from prism_eval.run.looks import compared_labels
from prism_eval.run.measure import measure
from prism_eval.run.needs import asking, key_of, made_of
from prism_eval.run.paths import with_absolute_paths
from prism_eval.run.pipeline import stream
from prism_eval.run.probing import Probing
from prism_eval.run.settings import Settings

_MILLION = 1_000_000
Prices = Mapping[Hashable, Mapping[str, float]]


@dataclass
class EntryForecast:
    """What one entry needs.

    Attributes:
        label: The entry, as tables name it.
        captions: Unique captions wanted.
        captions_stored: Of those, in the store.
        answers: Unique answers wanted, as far as captions are known; else as if no two captions were alike.
        answers_stored: Of those, in the store.
    """

    label: str
    captions: int = 0
    captions_stored: int = 0
    answers: int = 0
    answers_stored: int = 0


@dataclass(frozen=True, slots=True)
class ModelForecast:
    """What one model, or a plugin in this process, would be asked in one stage; estimates are of what is not stored.

    Attributes:
        stage: ``caption``, ``answer``, ``prior``, ``judge`` or ``instruction``.
        source: Who is asked.
        address: The server; empty for none.
        calls: Calls to make.
        stored: Calls that the store answers.
        tokens_in: Tokens of what is sent, estimated.
        most_out: Tokens that the replies may have.
        tokens_out: Tokens that they will have if they are like those of the store; ``None`` if it has none.
        seconds: How long they will take, if each takes as long as those did and as many go at once as may.
        cost: Money, at the prices of its spec; ``None`` where it gives none. Where nothing is known of the replies, of
            the longest that may be.
        at_most: Whether the calls are only a bound: of answers that nobody knows yet, rules may settle all.
    """

    stage: str
    source: str
    address: str
    calls: int
    stored: int
    tokens_in: int
    most_out: int
    tokens_out: int | None = None
    seconds: float | None = None
    cost: float | None = None
    at_most: bool = False


@dataclass
class Forecast:
    """What a plan would do.

    Attributes:
        items: Items, by benchmark.
        images: Unique images, by benchmark.
        entries: What each entry needs.
        models: What each model would be asked.
        unread: Benchmarks that are left out, and why.
        probes: What each model says of itself, a line each.
        unfit: What cannot be done at all, and what to do about it.
        notes: What should be known before it is done.
    """

    items: dict[str, int] = field(default_factory=dict)
    images: dict[str, int] = field(default_factory=dict)
    entries: list[EntryForecast] = field(default_factory=list)
    models: list[ModelForecast] = field(default_factory=list)
    unread: Mapping[str, str] = field(default_factory=dict)
    probes: list[str] = field(default_factory=list)
    unfit: Sequence[str] = ()
    notes: Sequence[str] = ()


async def forecast(plan: Plan, store: Path | None = None, *, probe: bool = False) -> Forecast:
    """Count a plan's items, unique images, store hits and requests, and estimate tokens, time and money.

    Args:
        plan: The plan.
        store: The generation store; by default the user's.
        probe: Whether models may be asked what they are, and for the captions and answers of one item, which the store
            keeps; without it servers are asked for their lists of models only.

    Raises:
        UsageError: Something the plan names does not exist or will not do.
        FatalError: A model cannot be asked what the plan wants of it.
    """
    plan, result = with_absolute_paths(plan), Forecast()
    with Store(store or default_path()) as opened:
        await _probed(result, plan, opened, asking=probe)
        if probe and not result.unfit:
            await measure(plan, opened)
        assembly = assemble(plan, opened, client=Foreseen)
        try:
            await _counted(result, assembly)
        finally:
            await assembly.close()
    return result


async def _counted(result: Forecast, assembly: Assembly) -> None:
    settings, calls = assembly.settings, assembly.settings.calls
    # A baseline that is nobody's is said now, and not by the run that this was to forecast.
    if assembly.plan.until_decided:
        compared_labels(assembly.plan, settings)
    # Without scorers: what something would cost can be asked where the scorers' extras are not installed.
    await check_items(assembly.benchmarks)
    result.unread = assembly.unread
    if isinstance(calls, Foreseen):
        calls.watch(asking(settings))
        await _Foresight(assembly, calls, result).count(assembly.benchmarks)


async def _probed(result: Forecast, plan: Plan, store: Store, *, asking: bool) -> None:
    assembly = assemble(plan, store)
    try:
        probing = Probing(assembly.settings, assembly.calling)
        try:
            await probing.find_out(asking=asking)
        except CallError as error:
            result.unfit = [str(error)]
            return
        for key, probe in probing.found.items():
            result.probes.append(f"{probing.needs[key].source}: {probe}")
        result.unfit, result.notes = list(probing.unfit()), list(probing.notes())
    finally:
        await assembly.close()


class _Foresight:
    """One plan as it is counted."""

    def __init__(self, assembly: Assembly, calls: Foreseen, result: Forecast) -> None:
        self._settings, self._calls, self._result = assembly.settings, calls, result
        self._entries = {entry.label: EntryForecast(entry.label) for entry in assembly.settings.entries}
        self._seen = SeenDigests()
        self._unjudged = 0

    async def count(self, sources: Sequence[ItemSource]) -> None:
        """Take everything through the stages as far as answers, asking nobody."""
        settings = self._settings
        first = settings.entries[0].label, next(iter(settings.reasoners)), 0, 0
        async with contextlib.aclosing(stream(sources, replace(settings, through="answer"))) as results:
            async for one in results:
                if one.unusable:
                    continue
                if (one.entry, one.reasoner, one.sample, one.order) == first:
                    self._count_item(one)
                self._count_calls(one, self._entries[one.entry])
                await self._judge(one)
        self._result.entries = list(self._entries.values())
        prices = _prices(settings)
        self._result.models = [self._model(load, prices) for load in self._calls.loads.values()]
        if self._unjudged and settings.judge:
            judge = settings.judge
            most = ModelForecast("judge", judge.source, judge.address, self._unjudged, 0, 0, 0, at_most=True)
            self._result.models.append(most)

    def _count_item(self, one: ItemResult) -> None:
        name, result = one.item.benchmark, self._result
        result.items[name] = result.items.get(name, 0) + 1
        new = sum(self._seen.add("image", name, digest) for digest in one.images)
        result.images[name] = result.images.get(name, 0) + new

    def _count_calls(self, one: ItemResult, counted: EntryForecast) -> None:
        for captioned in one.captions:
            if self._seen.add(one.entry, captioned.key):
                counted.captions += 1
                counted.captions_stored += captioned.key not in self._calls.missing
        if one.answer_key and self._seen.add(one.entry, one.answer_key):
            counted.answers += 1
            counted.answers_stored += one.answer_key not in self._calls.missing

    async def _judge(self, one: ItemResult) -> None:
        """What the judge would be asked; an answer that is there is scored to know."""
        judge, scorer = self._settings.judge, self._settings.scorers[one.item.benchmark]
        if judge is None or not scorer.needs_judge or one.answer is None:
            return
        if one.answer_key in self._calls.missing:
            self._unjudged += self._seen.add("judged", one.answer_key)
            return
        shown = reorder(one.item, self._settings.orders.of(one.item)[one.order])
        verdict = await asyncio.to_thread(scorer.score, shown, one.answer, self._settings.form)
        if left_open := scorer.left_open(one.answer, verdict):
            with contextlib.suppress(CallError):
                await self._calls.get(judge.call(shown, left_open))

    def _model(self, load: Load, prices: Prices) -> ModelForecast:
        plugin = load.plugin
        engine = getattr(plugin, "engine", plugin)
        source, asked = plugin.source, isinstance(engine, Engine)
        # What is not there yet will be as long as what was written so far.
        tokens_in = load.text_tokens + load.image_tokens + round(load.unknown * (self._caption_tokens() or 0))
        tokens, count = load.written
        out = round(load.calls * tokens / count) if count and asked else None
        each = _typical(load.seconds)
        places = self._calls.limits.most(plugin)
        seconds = None if each is None or not asked else each * math.ceil(load.calls / places)
        price = prices.get(key_of(engine)) if isinstance(engine, Engine) else None
        cost = None
        if price is not None:
            written = load.most if out is None else out
            cost = (tokens_in * price.get("price_in", 0.0) + written * price.get("price_out", 0.0)) / _MILLION
        source = f"{engine.name}:{engine.model}" if isinstance(engine, Engine) else source
        return ModelForecast(
            load.stage, source, plugin.address, load.calls, load.stored, tokens_in, load.most, out, seconds, cost
        )

    def _caption_tokens(self) -> float | None:
        loads = [load for load in self._calls.loads.values() if load.stage == "caption"]
        tokens, count = (sum(load.written[place] for load in loads) for place in (0, 1))
        return tokens / count if count else None


def _typical(seconds: Sequence[float]) -> float | None:
    """What a call takes: the mean, without the longest, for which a model may have been loaded."""
    kept = sorted(seconds)[: max(1, len(seconds) - 1)]
    return sum(kept) / len(kept) if kept else None


def _prices(settings: Settings) -> Prices:
    """By model, what its spec says of money."""
    told: list[tuple[Plugin, Mapping[str, float]]] = [
        (settings.reasoners[label], about) for label, about in settings.about.items()
    ]
    told += [(entry.captioner, entry.about) for entry in settings.entries]
    return {
        key_of(one): about
        for plugin, about in reversed(told)
        if about.keys() & {"price_in", "price_out"}
        for one in made_of(plugin)
        if isinstance(one, Engine)
    }
