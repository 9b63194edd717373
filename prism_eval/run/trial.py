"""One item for one entry, reasoner, sample and order: captioned, answered, scored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from prism_eval.benchmarks import RowError
from prism_eval.calls import Call, made_by
from prism_eval.captioners.direct import Direct
from prism_eval.captioners.joining import join_captions
from prism_eval.engines.templates import fill, option_lines
from prism_eval.errors import CallError, Cause, DataError, FatalError, PrismError
from prism_eval.judges import Judge, read_verdict
from prism_eval.plan import Order, gold_position, reorder, restore
from prism_eval.plugins import Plugin
from prism_eval.plugins.faults import fault_of
from prism_eval.run.item_result import Captioned, ItemResult, unreadable
from prism_eval.run.items import ReadItem
from prism_eval.run.settings import Entry, Settings
from prism_eval.run.window import Window
from prism_eval.schema import Answer, AnswerForm, Caption, Image, Item, ItemKind, Outcome, Verdict
from prism_eval.scoring.base import Scorer

_SHORT = 2000
"""Characters of a reply up to which a quick scorer takes less time than a thread would to be woken for it."""


class Pictures:
    """An item's images while its trials are captioned; the last of them lets the images go."""

    def __init__(self, read: ReadItem, trials: int, window: Window) -> None:
        self.images = read.item.images
        # Counted rather than left to the garbage collector: the window must know at once that there is room.
        self._wanted_by = trials
        self._window = window

    def captioned(self) -> None:
        """One more trial has its captions, or its thumbnails are drawn."""
        self._wanted_by -= 1
        if not self._wanted_by:
            self._window.release(self.images)
            self.images = ()


@dataclass(slots=True)
class Trial:
    """One item for one entry, reasoner, sample and order.

    Attributes:
        item: The item, its options in their own order, without its images.
        digests: The images' digests.
        problem: Why the item's row cannot be used; ``None`` if it can.
        pictures: The images, shared with the item's other trials.
        entry: Who captions them.
        reasoner: The label of who reads the captions.
        sample: Which of the captions, from 0.
        number: Which of the item's orders, from 0.
        order: That order.
        settings: What every item goes through.
    """

    item: Item
    digests: tuple[str, ...]
    problem: RowError | None
    pictures: Pictures
    entry: Entry
    reasoner: str
    sample: int
    number: int
    order: Order
    settings: Settings

    async def run(self) -> ItemResult:
        """Take the item as far as the stages go; what fails on the way is in the result.

        Raises:
            FatalError: No further call can succeed.
            StoreError: The store cannot be read or written.
        """
        result = ItemResult(
            self.item, self.digests, self.entry.label, self.sample, order=self.number, reasoner=self.reasoner
        )
        # Not captioned at all: nothing that is said of it could be scored.
        if self.problem:
            self.pictures.captioned()
            result.unusable = self.problem
            return self._failed(result, str(self.problem), Cause.UNUSABLE)
        if isinstance(self.entry.captioner, Direct):
            return await self._direct(result, self.entry.captioner)
        try:
            images = self.pictures.images
            # Most items show one image, and a task of its own for it would cost more than looking its caption up.
            one = len(images) == 1
            captions = (await self._caption(*images),) if one else await self._all_captions(images)
        finally:
            del images  # a frame that waits for an answer would hold its pictures as long
            self.pictures.captioned()
        result.captions = captions
        failed = next((captioned for captioned in captions if captioned.caption is None), None)
        if failed is not None:
            return self._failed(result, failed.error, failed.cause)
        written = [captioned.caption for captioned in captions if captioned.caption is not None]
        written = self.settings.as_read(written)
        verdict = unreadable(written)
        # What a filter left is not read, and nobody should count its words.
        refused = verdict is not None and verdict.outcome is Outcome.REFUSED
        read = None if refused else join_captions(written, self.item.image_numbers, self.settings.heading)
        result.read = read
        if self.settings.through == "caption":
            return result
        if read is not None and verdict is None:
            return await self._answer(result, read)
        if self.settings.through == "score":
            result.verdict = verdict
        return result

    async def _all_captions(self, images: tuple[Image, ...]) -> tuple[Captioned, ...]:
        return tuple(await asyncio.gather(*map(self._caption, images)))

    async def _caption(self, image: Image) -> Captioned:
        captioner = self.entry.captioner
        key, caption, error, cause = "", None, "", None
        try:
            call = made_by(
                captioner,
                f"image {image.label}",
                lambda: captioner.call([image], sample=self.sample, question=self._told()),
            )
            key = call.key
            caption = await self.settings.calls.get(call)
        except FatalError:  # ends the run
            raise
        except CallError as failure:
            error, cause = str(failure), failure.cause
        return Captioned(image.digest, image.name, key, caption, error, cause)

    def _told(self) -> str:
        """The question as captioners are told it that ask for it, its options in their own order."""
        template = self.settings.choice_question
        if template is None or self.item.kind is not ItemKind.CHOICE:
            return self.item.question
        return fill(template, {"question": self.item.question, "options": option_lines(self.item)})

    async def _answer(self, result: ItemResult, read: Caption) -> ItemResult:
        shown, reasoner = reorder(self.item, self.order), self.settings.reasoners[self.reasoner]
        result = await self._asked(result, shown, reasoner, lambda: reasoner.call(read, shown, sample=self.sample))
        return await self._score(result, shown)

    async def _direct(self, result: ItemResult, direct: Direct) -> ItemResult:
        """The item as the model sees it that would have captioned it."""
        shown, reasoner = reorder(self.item, self.order), self.settings.reasoners[self.reasoner]
        try:
            if self.settings.through == "caption":
                return result
            images = self.pictures.images
            result = await self._asked(
                result, shown, direct, lambda: direct.answer_call(images, shown, reasoner, sample=self.sample)
            )
        finally:
            images = ()  # the frame that waits for a scorer would hold its pictures as long
            self.pictures.captioned()
        return await self._score(result, shown)

    async def _asked(
        self, result: ItemResult, shown: Item, plugin: Plugin, make: Callable[[], Call[Answer]]
    ) -> ItemResult:
        """The result with the plugin's answer, or with why there is none."""
        try:
            call = made_by(plugin, f"item {shown.id} of {shown.benchmark}", make)
            result.answer_key = call.key
            result.answer = await self.settings.calls.get(call)
        except FatalError:
            raise
        except CallError as error:
            # Whatever the reader cannot do is no captioner's doing.
            return self._failed(result, str(error), Cause.INFRASTRUCTURE)
        return result

    async def _score(self, result: ItemResult, shown: Item) -> ItemResult:
        if result.answer is None or self.settings.through != "score":
            return result
        scorer = self.settings.scorers[shown.benchmark]
        scoring = partial(scored, scorer, shown, result.answer, self.settings.form)
        if scorer.quick and len(result.answer.text) <= _SHORT:
            verdict, left_open = scoring()
        else:
            verdict, left_open = await asyncio.get_running_loop().run_in_executor(self.settings.scoring, scoring)
        if left_open and self.settings.judge:
            verdict = await self._judged(self.settings.judge, shown, left_open, verdict)
        if verdict.outcome is Outcome.FAILED:
            result.error, result.cause = verdict.note, Cause.INFRASTRUCTURE
        # In the item's own order again, so that tables can be read without knowing which order was shown.
        result.verdict, result.chosen_position = restore(verdict, self.item, self.order)
        result.gold_position = gold_position(shown)
        return result

    async def _judged(self, judge: Judge, shown: Item, reply: str, ruled: Verdict) -> Verdict:
        """The judge's verdict on a reply that rules left open; one that cannot be had is no score."""
        label = f"judge {self.settings.judge_label}"
        try:
            correct = read_verdict(await self.settings.calls.get(judge.call(shown, reply)))
        except FatalError:
            raise
        except CallError as error:
            return Verdict(Outcome.FAILED, None, ruled.extracted, f"{label}: {error}")
        if correct is None:
            return Verdict(Outcome.FAILED, None, ruled.extracted, f"{label}: it gave no verdict")
        return Verdict(Outcome.CORRECT if correct else Outcome.WRONG, float(correct), ruled.extracted, label)

    def _failed(self, result: ItemResult, error: str, cause: Cause | None) -> ItemResult:
        scored = self.settings.through == "score"
        result.error, result.cause = error, cause
        result.verdict = Verdict(Outcome.FAILED, None, note=error) if scored else None
        return result


def scored(scorer: Scorer, item: Item, answer: Answer, form: AnswerForm) -> tuple[Verdict, str | None]:
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
    except PrismError:  # a missing package, say: no further answer could be scored
        raise
    except BaseException as error:  # noqa: BLE001 - a stranger's scorer may do anything, and costs one item with it
        return Verdict(Outcome.FAILED, None, note=fault_of(scorer, doing, error)), None
