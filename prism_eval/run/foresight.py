"""What a run would ask, added up from one that asks nobody."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

from prism_eval.engines import Engine
from prism_eval.errors import CallError
from prism_eval.plan import reorder
from prism_eval.plugins import Plugin
from prism_eval.run.counts import SeenDigests
from prism_eval.run.foreseen import Foreseen, Load
from prism_eval.run.item_result import ItemResult
from prism_eval.run.items import ItemSource
from prism_eval.run.needs import key_of, made_of
from prism_eval.run.pipeline import stream
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


class Foresight:
    """One plan as it is counted.

    Args:
        settings: What every item goes through.
        calls: Its client.

    Attributes:
        items: Items, by benchmark.
        images: Unique images, by benchmark.
    """

    def __init__(self, settings: Settings, calls: Foreseen) -> None:
        self.items: dict[str, int] = {}
        self.images: dict[str, int] = {}
        self._settings, self._calls = settings, calls
        self._entries = {entry.label: EntryForecast(entry.label) for entry in settings.entries}
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

    def entries(self) -> list[EntryForecast]:
        """What each entry needs."""
        return list(self._entries.values())

    def models(self) -> list[ModelForecast]:
        """What each model is asked."""
        prices, judge = _prices(self._settings), self._settings.judge
        models = [self._model(load, prices) for load in self._calls.loads.values()]
        if self._unjudged and judge:
            models.append(ModelForecast("judge", judge.source, judge.address, self._unjudged, 0, 0, 0, at_most=True))
        return models

    def _count_item(self, one: ItemResult) -> None:
        name = one.item.benchmark
        self.items[name] = self.items.get(name, 0) + 1
        new = sum(self._seen.add("image", name, digest) for digest in one.images)
        self.images[name] = self.images.get(name, 0) + new

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
        if not isinstance(engine, Engine):
            return ModelForecast(load.stage, plugin.source, plugin.address, load.calls, load.stored, 0, 0)
        # What is not there yet will be as long as what was written so far.
        tokens_in = load.text_tokens + load.image_tokens + round(load.unknown * (self._caption_tokens() or 0))
        tokens, count = load.written
        out = round(load.calls * tokens / count) if count else None
        each, places = _typical(load.seconds), self._calls.limits.most(plugin)
        return ModelForecast(
            stage=load.stage,
            source=f"{engine.name}:{engine.model}",
            address=plugin.address,
            calls=load.calls,
            stored=load.stored,
            tokens_in=tokens_in,
            most_out=load.most,
            tokens_out=out,
            seconds=None if each is None else each * math.ceil(load.calls / places),
            cost=_cost(tokens_in, load.most if out is None else out, prices.get(key_of(engine))),
        )

    def _caption_tokens(self) -> float | None:
        loads = [load for load in self._calls.loads.values() if load.stage == "caption"]
        tokens, count = (sum(load.written[place] for load in loads) for place in (0, 1))
        return tokens / count if count else None


def _cost(tokens_in: int, tokens_out: int, price: Mapping[str, float] | None) -> float | None:
    if price is None:
        return None
    return (tokens_in * price.get("price_in", 0.0) + tokens_out * price.get("price_out", 0.0)) / _MILLION


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
