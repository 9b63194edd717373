"""Items to captions to answers to verdicts, streaming and bounded.

Work is generated lazily from the benchmarks, kept in flight up to a bound, and handed on in the order of the items,
so that the tables of two runs of one plan are equal whatever the timing was. Memory holds the window, not the run.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

from prism_eval.calls import Calls, made_by
from prism_eval.captioners import Captioner
from prism_eval.errors import CallError, DataError, FatalError, PrismError
from prism_eval.judges import Judge, read_verdict
from prism_eval.plan import ONE_ORDER, Order, Orders, Stage, reorder, restore
from prism_eval.plugins.faults import fault_of
from prism_eval.reasoners import Reasoner
from prism_eval.run.items import ItemSource, ReadItem, read_items
from prism_eval.run.window import BYTES, Window
from prism_eval.schema import Answer, AnswerForm, Caption, FinishReason, Image, Item, Outcome, Verdict
from prism_eval.scoring.base import Scorer

T = TypeVar("T")
_UNWRITTEN = 4096
"""Finished results that may wait for one that is late: their order is the items', so a slow first item holds up all.
Beyond it nothing new is begun; a result without its images takes a few kilobytes."""
_SCORING_THREADS = 8
"""Answers scored at the same time. More than there are processes for mathematics, so that a few answers which keep
those busy until their time is up leave threads for everybody else's."""


@dataclass(frozen=True)
class Entry:
    """One row of the leaderboard: a captioner under a label."""

    label: str
    captioner: Captioner


@dataclass(frozen=True)
class Settings:
    """What every item goes through.

    Attributes:
        calls: Makes every model call of the run.
        entries: The captioners.
        reasoner: The one reasoner.
        reasoner_label: What tables call it.
        scorers: By benchmark name.
        form: How the protocol asks for answers.
        samples: Captions per image.
        through: The last stage.
        window: Items, times entries, samples and orders, in work at once.
        judge: Decides what the scorers' rules leave open; ``None`` for nobody.
        judge_label: What notes call it.
        orders: The orders of their options that multiple-choice items are asked under.
        image_bytes: Bytes of images held at once.
    """

    calls: Calls
    entries: Sequence[Entry]
    reasoner: Reasoner
    scorers: Mapping[str, Scorer]
    form: AnswerForm
    samples: int
    through: Stage
    window: int
    reasoner_label: str = ""
    judge: Judge | None = None
    judge_label: str = ""
    orders: Orders = ONE_ORDER
    image_bytes: int = BYTES
    # Threads, because a plugin's scoring is plain Python that may take as long as it likes.
    scoring: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(_SCORING_THREADS, thread_name_prefix="scoring")
    )


@dataclass(frozen=True, slots=True)
class Captioned:
    """An image's caption, or why there is none."""

    image: str
    image_name: str
    key: str
    caption: Caption | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What came of an item, for one entry, sample and order; without its images.

    Attributes:
        item: The item, its options in their own order; its images are dropped.
        images: The images' digests.
        entry: The entry's label.
        sample: Which of the captions.
        captions: One per image; none where the item cannot be scored.
        read: What the reasoner read: the captions as one; ``None`` if one of them failed.
        answer_key: The store's key of the answer; empty if none was asked for.
        answer: The reasoner's answer, or ``None``.
        verdict: The scorer's verdict, its letter as in the item's own order; ``None`` if an earlier stage is the last.
        error: Why there is no answer or no verdict.
        order: Which of the item's orders its options were shown in; 0 for their own.
        chosen_position: The position of the option that was picked, as shown, from 0.
    """

    item: Item
    images: tuple[str, ...]
    entry: str
    sample: int
    captions: tuple[Captioned, ...] = ()
    read: Caption | None = None
    answer_key: str = ""
    answer: Answer | None = None
    verdict: Verdict | None = None
    error: str = ""
    order: int = 0
    chosen_position: int | None = None


async def stream(
    sources: Sequence[ItemSource], settings: Settings, *, limit: int = 0
) -> AsyncGenerator[ItemResult, None]:
    """Take every item through the stages, once per entry, sample and order; yields in the order of the items.

    Args:
        sources: The benchmarks.
        settings: What each item goes through.
        limit: Items per benchmark; 0 for all.

    Raises:
        FatalError: No further call can succeed.
        DataError: A benchmark's data is not as its definition says.
        StoreError: The store cannot be read or written.
    """
    window = Window(settings.window, limit=settings.image_bytes)
    stopped: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    pending: deque[asyncio.Task[ItemResult]] = deque()

    def finish(task: asyncio.Task[ItemResult]) -> None:
        window.slots.release()
        if not task.cancelled() and task.exception() and not stopped.done():
            stopped.set_exception(task.exception() or FatalError("stopped"))

    try:
        async for trial in _trials(sources, settings, window, limit, stopped):
            # Only a wait has to be watched: a task of its own for every free place would cost more than the place.
            await (_unless(stopped, window.slots.acquire()) if window.slots.locked() else window.slots.acquire())
            task = asyncio.create_task(trial.run())
            task.add_done_callback(finish)
            # In the items' order: a result waits here for those before it.
            pending.append(task)
            while pending and (pending[0].done() or len(pending) > _UNWRITTEN):
                yield await _unless(stopped, pending.popleft())
        while pending:
            yield await _unless(stopped, pending.popleft())
    finally:
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        if stopped.done():
            stopped.exception()  # looked at, so that asyncio does not report it a second time


def join_captions(captions: Sequence[Caption]) -> Caption:
    """The captions of an item's images as the one text that the reasoner reads."""
    # As it is, headings and all: most items show one image, and their captions are compared byte by byte.
    if len(captions) == 1:
        return captions[0]
    texts = [f"<image {number}>\n{caption.text}" for number, caption in enumerate(captions, 1)]
    silent = not any(caption.text for caption in captions)
    cut = any(caption.finish_reason is FinishReason.LENGTH for caption in captions)
    return Caption("" if silent else "\n\n".join(texts), FinishReason.LENGTH if cut else FinishReason.STOP)


class _Pictures:
    """An item's images while its trials are captioned; the last of them lets the images go."""

    def __init__(self, read: ReadItem, trials: int, window: Window) -> None:
        self.images = read.item.images
        self.problems = read.image_problems
        self._wanted_by = trials
        self._window = window

    def captioned(self) -> None:
        """One more trial has its captions."""
        self._wanted_by -= 1
        if not self._wanted_by:
            self._window.release(self.images)
            self.images = ()


@dataclass(slots=True)
class _Trial:
    """One item for one entry, sample and order."""

    item: Item
    digests: tuple[str, ...]
    problem: str
    pictures: _Pictures
    entry: Entry
    sample: int
    number: int
    order: Order
    settings: Settings

    async def run(self) -> ItemResult:
        result = ItemResult(self.item, self.digests, self.entry.label, self.sample, order=self.number)
        # Not captioned at all: nothing that is said of it could be scored.
        if self.problem:
            self.pictures.captioned()
            return self._failed(result, self.problem)
        try:
            images = self.pictures.images
            captions = tuple(await asyncio.gather(*map(self._caption, images)))
        finally:
            del images  # a frame that waits for an answer would hold its pictures as long
            self.pictures.captioned()
        result = replace(result, captions=captions)
        failed = next((captioned.error for captioned in captions if captioned.caption is None), None)
        if failed is not None:
            return self._failed(result, failed)
        read = join_captions([captioned.caption for captioned in captions if captioned.caption is not None])
        result = replace(result, read=read)
        return result if self.settings.through == "caption" else await self._answer(result, read)

    async def _caption(self, image: Image) -> Captioned:
        captioner, item = self.entry.captioner, self.item
        key, caption, error = "", None, self.pictures.problems.get(image.digest, "")
        try:
            call = made_by(captioner, lambda: captioner.call([image], sample=self.sample, question=item.question))
            key = call.key
            caption = None if error else await self.settings.calls.get(call)
        except FatalError:
            raise
        except CallError as failure:
            error = str(failure)
        return Captioned(image.digest, image.name, key, caption, error)

    async def _answer(self, result: ItemResult, read: Caption) -> ItemResult:
        shown, reasoner = reorder(self.item, self.order), self.settings.reasoner
        try:
            call = made_by(reasoner, lambda: reasoner.call(read, shown, sample=self.sample))
            result = replace(result, answer_key=call.key)
            answer = await self.settings.calls.get(call)
        except FatalError:
            raise
        except CallError as error:
            return self._failed(result, str(error))
        result = replace(result, answer=answer)
        return result if self.settings.through == "answer" else await self._score(result, shown, answer)

    async def _score(self, result: ItemResult, shown: Item, answer: Answer) -> ItemResult:
        scorer = self.settings.scorers[shown.benchmark]
        scored = partial(_scored, scorer, shown, answer, self.settings.form)
        verdict, left_open = await asyncio.get_running_loop().run_in_executor(self.settings.scoring, scored)
        if left_open and self.settings.judge:
            verdict = await self._judged(self.settings.judge, shown, left_open, verdict)
        error = verdict.note if verdict.outcome is Outcome.FAILED else ""
        verdict, position = restore(verdict, self.item, self.order)
        return replace(result, verdict=verdict, chosen_position=position, error=error)

    async def _judged(self, judge: Judge, shown: Item, reply: str, ruled: Verdict) -> Verdict:
        """The judge's verdict on a reply that rules left open; one that cannot be had is no score."""
        label = f"judge {self.settings.judge_label}"
        try:
            correct = bool(read_verdict(await self.settings.calls.get(judge.call(shown, reply))))
        except FatalError:
            raise
        except CallError as error:
            return Verdict(Outcome.FAILED, None, ruled.extracted, f"{label}: {error}")
        return Verdict(Outcome.CORRECT if correct else Outcome.WRONG, float(correct), ruled.extracted, label)

    def _failed(self, result: ItemResult, error: str) -> ItemResult:
        scored = self.settings.through == "score"
        verdict = Verdict(Outcome.FAILED, None, note=error) if scored else None
        return replace(result, error=error, verdict=verdict)


async def _trials(
    sources: Sequence[ItemSource], settings: Settings, window: Window, limit: int, stopped: asyncio.Future[None]
) -> AsyncIterator[_Trial]:
    """Entries side by side on one item, so that all of them show a benchmark's start early on."""
    # `caption` and `answer` need no golds, and run where the scorer's extra is not installed.
    scorers = settings.scorers if settings.through == "score" else None
    async for read in read_items(sources, limit, scorers):
        await _unless(stopped, window.hold(read.item.images))
        ways = list(_ways(read.item, settings))
        pictures = _Pictures(read, len(ways), window)
        digests = tuple(image.digest for image in read.item.images)
        item = replace(read.item, images=())
        for entry, sample, number, order in ways:
            yield _Trial(item, digests, read.problem, pictures, entry, sample, number, order, settings)


def _ways(item: Item, settings: Settings) -> Iterator[tuple[Entry, int, int, Order]]:
    orders = settings.orders.of(item)
    for entry in settings.entries:
        for sample in range(settings.samples):
            for number, order in enumerate(orders):
                yield entry, sample, number, order


def _scored(scorer: Scorer, item: Item, answer: Answer, form: AnswerForm) -> tuple[Verdict, str | None]:
    """The scorer's verdict, and what it leaves to a judge; runs in a thread."""
    doing = f"scorer {scorer.name!r}, item {item.id} of {item.benchmark}"
    try:
        verdict: object = scorer.score(item, answer, form)
        if isinstance(verdict, Verdict):
            return verdict, scorer.left_open(answer, verdict)
        wrong = f"{doing}: score() returned {type(verdict).__name__}, not a prism_eval.Verdict"
        return Verdict(Outcome.FAILED, None, note=wrong), None
    except DataError as error:
        return Verdict(Outcome.FAILED, None, note=str(error)), None
    except PrismError:
        raise
    except Exception as error:  # noqa: BLE001 - a stranger's scorer may raise anything, and costs one item with it
        return Verdict(Outcome.FAILED, None, note=fault_of(scorer, doing, error)), None


async def _unless(stopped: asyncio.Future[None], wanted: Awaitable[T]) -> T:
    """The wanted result, unless the run is stopped before it is there."""
    task = asyncio.ensure_future(wanted)
    try:
        if not task.done():
            watched: set[asyncio.Future[Any]] = {task, stopped}
            await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
        if stopped.done():
            stopped.result()
        return await task
    except BaseException:
        task.cancel()
        raise
