"""What a run would ask, added up from one that asks nobody."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from prism_eval.engines import Engine
from prism_eval.errors import CallError
from prism_eval.files.seen import SeenDigests
from prism_eval.plan import reorder
from prism_eval.run.costs import Said, Work, gpus_of
from prism_eval.run.foreseen import Foreseen, Load
from prism_eval.run.item_result import ItemResult
from prism_eval.run.items import ItemSource
from prism_eval.run.pipeline import stream
from prism_eval.run.settings import Settings


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
        tokens_out: Tokens that they will have if they are like those of the store, or as its spec says; ``None`` where
            nobody knows.
        cached: Of the tokens that are sent, how many a prefix cache will hold, if it holds as large a share as it did
            for those of the store; ``None`` where that is not known.
        seconds: How long they will take, if each takes as long as those did and as many go at once as may; at the
            speeds of its spec, where it gives them and is known to be on so many GPUs.
        gpus: GPUs that the model takes up; ``None`` where nobody knows.
        gpu_hours: How long one GPU would be busy with them; ``None`` where neither speeds nor times and GPUs are known.
        cost: Money, at the prices of its spec; ``None`` where it gives none. Where nothing is known of the replies, it
            and the GPU hours are of the longest that may be.
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
    cached: int | None = None
    seconds: float | None = None
    gpus: float | None = None
    gpu_hours: float | None = None
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
        self._said = Said(settings)

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
        judge = self._settings.judge
        models = [self._model(load) for load in self._calls.loads.values()]
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

    def _model(self, load: Load) -> ModelForecast:
        plugin = load.plugin
        engine = getattr(plugin, "engine", plugin)
        if not isinstance(engine, Engine):
            return ModelForecast(load.stage, plugin.source, plugin.address, load.calls, load.stored, 0, 0)
        about = self._said.of(plugin, engine, load.stage)
        # What is not there yet will be as long as what was written so far.
        tokens_in = load.text_tokens + load.image_tokens + round(load.unknown * (self._caption_tokens() or 0))
        reply, gpus = self._reply_tokens(load), gpus_of(engine, about)
        # Whoever ranks writes nothing, whatever its spec says of replies.
        out = None if reply is None else round(load.calls * reply) if load.most else 0
        held, read = load.cached
        cached = round(tokens_in * held / read) if read else None
        work = Work(tokens_in, cached or 0, load.most if out is None else out, self._seconds(load))
        hours = work.gpu_hours(about, gpus)
        return ModelForecast(
            stage=load.stage,
            source=f"{engine.name}:{engine.model}",
            address=plugin.address,
            calls=load.calls,
            stored=load.stored,
            tokens_in=tokens_in,
            most_out=load.most,
            tokens_out=out,
            cached=cached,
            seconds=hours * 3600 / gpus if "speed_in" in about and hours is not None and gpus else work.seconds,
            gpus=gpus,
            gpu_hours=hours,
            cost=work.money(about),
        )

    def _seconds(self, load: Load) -> float | None:
        each, places = _typical(load.seconds), self._calls.limits.most(load.plugin)
        return None if each is None else each * math.ceil(load.calls / places)

    def _reply_tokens(self, load: Load) -> float | None:
        """What a reply has on the mean: as those of the store, else as the spec says."""
        tokens, count = load.written
        engine = getattr(load.plugin, "engine", load.plugin)
        if count or not isinstance(engine, Engine):
            return tokens / count if count else None
        return self._said.of(load.plugin, engine, load.stage).get("reply_tokens")

    def _caption_tokens(self) -> float | None:
        """What a caption has on the mean, of whichever captioner."""
        loads = [load for load in self._calls.loads.values() if load.stage == "caption"]
        known = [(each, load.calls) for load in loads if (each := self._reply_tokens(load)) is not None and load.calls]
        calls = sum(count for _, count in known)
        return sum(each * count for each, count in known) / calls if calls else None


def _typical(seconds: Sequence[float]) -> float | None:
    """What a call takes: the mean, without the longest, for which a model may have been loaded."""
    kept = sorted(seconds)[: max(1, len(seconds) - 1)]
    return sum(kept) / len(kept) if kept else None
