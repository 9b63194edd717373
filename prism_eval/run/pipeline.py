"""Items to captions to answers to verdicts, streaming and bounded.

Work is generated lazily from the benchmarks, kept in flight up to a bound, and handed on in the order of the items,
so that the tables of two runs of one plan are equal whatever the timing was. Memory holds the window, not the run.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Literal, Protocol, TypeVar

from prism_eval.benchmarks import check_image
from prism_eval.captioners.remembered import Remembered as RememberedCaptioner
from prism_eval.errors import CallError, FatalError
from prism_eval.judges import Remembered as RememberedJudge
from prism_eval.plan.orders import ONE_ORDER, Order, Orders, reorder, restore
from prism_eval.reasoners.remembered import Remembered as RememberedReasoner
from prism_eval.schema import Answer, AnswerForm, Caption, FinishReason, Image, Item, Outcome, Verdict
from prism_eval.scoring.base import Scorer

Stage = Literal["caption", "answer", "score"]
T = TypeVar("T")
_READ_AHEAD = 16
_UNWRITTEN = 4096


class ItemSource(Protocol):
    """A benchmark, as far as the pipeline knows it."""

    @property
    def name(self) -> str:
        """The name that its items carry."""
        ...

    def items(self) -> Iterator[Item]:
        """The items, lazily, from the first."""
        ...


@dataclass(frozen=True)
class Arm:
    """One row of the leaderboard: a captioner under a label."""

    label: str
    captioner: RememberedCaptioner


@dataclass(frozen=True)
class Road:
    """What every item travels: the arms, the reasoner, the scorers, and how far.

    Attributes:
        arms: The captioners.
        reasoner: The one reasoner.
        scorers: By benchmark name.
        form: How the protocol asks for answers.
        samples: Captions per image.
        through: The last stage.
        window: Items in flight at once.
        judge: Decides what the scorers' rules leave open; ``None`` for nobody.
        orders: The orders of their options that multiple-choice items are asked under.
    """

    arms: Sequence[Arm]
    reasoner: RememberedReasoner
    scorers: Mapping[str, Scorer]
    form: AnswerForm
    samples: int
    through: Stage
    window: int
    judge: RememberedJudge | None = None
    orders: Orders = ONE_ORDER


@dataclass(frozen=True, slots=True)
class Captioned:
    """An image's caption, or why there is none."""

    image: str
    image_name: str
    key: str
    caption: Caption | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Traveller:
    """An item at the end of its road, without its images.

    Attributes:
        item: The item, its options in their own order; its images are dropped.
        images: The images' digests.
        arm: The captioner's label.
        sample: Which of the captions.
        captions: One per image.
        read: What the reasoner read: the captions as one; ``None`` if one of them failed.
        answer_key: The store's key of the answer; empty if none was asked for.
        answer: The reasoner's answer, or ``None``.
        verdict: The scorer's verdict, its letter as in the item's own order; ``None`` if the road ends earlier.
        error: Why there is no answer or no verdict.
        order: Which of the item's orders its options were shown in; 0 for their own.
        chosen_position: The position of the option that was picked, as shown, from 0.
    """

    item: Item
    images: tuple[str, ...]
    arm: str
    sample: int
    captions: tuple[Captioned, ...]
    read: Caption | None = None
    answer_key: str = ""
    answer: Answer | None = None
    verdict: Verdict | None = None
    error: str = ""
    order: int = 0
    chosen_position: int | None = None


async def stream(sources: Sequence[ItemSource], road: Road, *, limit: int = 0) -> AsyncGenerator[Traveller, None]:
    """Send every item down the road, once per arm, sample and order; yields in the order of the items.

    Args:
        sources: The benchmarks.
        road: What each item travels.
        limit: Items per benchmark; 0 for all.

    Raises:
        FatalError: No further call can succeed.
        DataError: A benchmark's data is not as its definition says.
        StoreError: The store cannot be read or written.
    """
    slots = asyncio.Semaphore(road.window)
    stopped: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    pending: deque[asyncio.Task[Traveller]] = deque()

    def finish(task: asyncio.Task[Traveller]) -> None:
        slots.release()
        if not task.cancelled() and task.exception() and not stopped.done():
            stopped.set_exception(task.exception() or FatalError("stopped"))

    try:
        async for item, journey in _journeys(sources, road, limit):
            if slots.locked():
                await _first_of(slots.acquire(), stopped)
            else:
                await slots.acquire()
            task = asyncio.create_task(_travel(item, journey, road))
            task.add_done_callback(finish)
            pending.append(task)
            while pending and (pending[0].done() or len(pending) > _UNWRITTEN):
                yield await _first_of(pending.popleft(), stopped)
        while pending:
            yield await _first_of(pending.popleft(), stopped)
    finally:
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        if stopped.done():
            stopped.exception()


async def read_items(sources: Sequence[ItemSource], limit: int) -> AsyncIterator[Item]:
    """The items of every benchmark in turn, read and hashed off the event loop."""

    def read(items: Iterator[Item]) -> list[Item]:
        chunk = list(islice(items, _READ_AHEAD))
        for item in chunk:
            for image in item.images:
                _ = image.digest
        return chunk

    for source in sources:
        items = islice(source.items(), limit or None)
        while chunk := await asyncio.to_thread(read, items):
            for item in chunk:
                yield item


@dataclass(frozen=True, slots=True)
class _Journey:
    """One of an item's ways down the road."""

    arm: Arm
    sample: int
    number: int
    order: Order


async def _journeys(sources: Sequence[ItemSource], road: Road, limit: int) -> AsyncIterator[tuple[Item, _Journey]]:
    """Arms side by side on one item, so that all of them show a benchmark's start early on."""
    async for item in read_items(sources, limit):
        orders = road.orders.of(item)
        for arm in road.arms:
            for sample in range(road.samples):
                for number, order in enumerate(orders):
                    yield item, _Journey(arm, sample, number, order)


def join_captions(captions: Sequence[Caption]) -> Caption:
    """The captions of an item's images as the one text that the reasoner reads."""
    if len(captions) == 1:
        return captions[0]
    texts = [f"<image {number}>\n{caption.text}" for number, caption in enumerate(captions, 1)]
    silent = not any(caption.text for caption in captions)
    cut = any(caption.finish_reason is FinishReason.LENGTH for caption in captions)
    return Caption("" if silent else "\n\n".join(texts), FinishReason.LENGTH if cut else FinishReason.STOP)


async def _travel(item: Item, journey: _Journey, road: Road) -> Traveller:
    arm, sample = journey.arm, journey.sample
    captions = tuple(await asyncio.gather(*(_caption(image, item, arm, sample) for image in item.images)))
    light, images = replace(item, images=()), tuple(image.digest for image in item.images)
    so_far = Traveller(light, images, arm.label, sample, captions, order=journey.number)
    failed = next((captioned.error for captioned in captions if captioned.caption is None), None)
    if failed is not None:
        return replace(so_far, error=failed, verdict=_failed(failed, road))
    read = join_captions([captioned.caption for captioned in captions if captioned.caption is not None])
    so_far = replace(so_far, read=read)
    return so_far if road.through == "caption" else await _answer(so_far, read, journey.order, road)


async def _caption(image: Image, item: Item, arm: Arm, sample: int) -> Captioned:
    key = arm.captioner.key([image], sample=sample, question=item.question)
    caption, error = None, ""
    try:
        check_image(image)
        caption = await arm.captioner.caption([image], sample=sample, question=item.question)
    except FatalError:
        raise
    except CallError as failure:
        error = str(failure)
    return Captioned(image.digest, image.name, key, caption, error)


async def _answer(so_far: Traveller, read: Caption, order: Order, road: Road) -> Traveller:
    item = reorder(so_far.item, order)
    key = road.reasoner.key(read, item, sample=so_far.sample)
    try:
        answer = await road.reasoner.answer(read, item, sample=so_far.sample)
    except FatalError:
        raise
    except CallError as error:
        return replace(so_far, answer_key=key, error=str(error), verdict=_failed(str(error), road))
    so_far = replace(so_far, answer_key=key, answer=answer)
    return so_far if road.through == "answer" else await _score(so_far, item, answer, order, road)


async def _score(so_far: Traveller, shown: Item, answer: Answer, order: Order, road: Road) -> Traveller:
    scorer = road.scorers[shown.benchmark]
    verdict = scorer.score(shown, answer, road.form)
    left_open = scorer.left_open(answer, verdict) if road.judge else None
    if road.judge and left_open:
        verdict = await road.judge.decide(shown, left_open, verdict)
    error = verdict.note if verdict.outcome is Outcome.FAILED else ""
    verdict, position = restore(verdict, so_far.item, order)
    return replace(so_far, verdict=verdict, chosen_position=position, error=error)


def _failed(error: str, road: Road) -> Verdict | None:
    return Verdict(Outcome.FAILED, None, note=error) if road.through == "score" else None


async def _first_of(wanted: Coroutine[Any, Any, T] | asyncio.Task[T], stopped: asyncio.Future[None]) -> T:
    """The wanted result, unless a task stops the run before it is there."""
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
