"""A captioner and a reasoner as one model: pictures and a prompt in, a reply out, every call remembered."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from prism_eval.benchmarks import check_image
from prism_eval.calls import Store
from prism_eval.captioners.joining import join_captions
from prism_eval.errors import CallError, FatalError, PrismError, UsageError
from prism_eval.lmms.prompt import Prompt
from prism_eval.lmms.reply import graded_text
from prism_eval.plan.plan import Plan
from prism_eval.run.assemble import Assembly, assemble
from prism_eval.run.item_result import unreadable
from prism_eval.schema import Caption, Image, Item, ItemKind


class Unanswered(PrismError):
    """Some calls failed. There is no text that could stand for their answers, so none is handed on."""


@dataclass
class _Failures:
    """What went wrong, prompt by prompt; ``fatal`` is why no further call was made."""

    single: dict[str, str] = field(default_factory=dict)
    fatal: str = ""

    def raise_if_any(self, asked: int) -> None:
        if self.fatal:
            raise Unanswered(f"stopped, no further call can succeed: {self.fatal}")
        if self.single:
            message, count = Counter(self.single.values()).most_common(1)[0]
            raise Unanswered(
                f"{len(self.single)} of {asked} answers failed and none was graded ({count} x {message}); "
                "the others are stored: give the same command again to retry just these"
            )


@dataclass
class Reader:
    """What a plan's first captioner and its reasoner make of prompts.

    Attributes:
        assembly: The plan, ready to run, without benchmarks: lmms-eval brings the questions.
    """

    assembly: Assembly

    async def reply(self, name: str, prompt: Prompt) -> str:
        """Caption the pictures, ask the reasoner, and hand on the answer as lmms-eval will grade it.

        Args:
            name: What to call the prompt in messages: its task and document.
            prompt: The pictures and the question.

        Raises:
            CallError: A call failed.
        """
        images = tuple(Image(data, f"{name}-{place}") for place, data in enumerate(prompt.pictures, 1))
        settings = self.assembly.settings
        written = await asyncio.gather(*(self._caption(image, prompt.text) for image in images))
        captions = settings.as_read(written)
        if unreadable(captions):
            return ""
        item = Item(
            benchmark=name,
            id=name,
            kind=ItemKind.SHORT,
            question=prompt.text,
            images=(),
            golds=(),
            cluster="+".join(image.digest for image in images),
        )
        reasoner = next(iter(settings.reasoners.values()))
        read = join_captions(captions, heading=settings.heading)
        answer = await settings.calls.get(reasoner.call(read, item, sample=0))
        return graded_text(answer, settings.form)

    async def replies(self, asked: Sequence[tuple[str, Callable[[], Prompt]]], done: Callable[[], object]) -> list[str]:
        """Answer many prompts, in their order.

        Args:
            asked: The name of each and what makes it; pictures are read when their turn comes.
            done: Called after each.

        Raises:
            Unanswered: A call failed; the others were made and are in the store.
        """
        window = asyncio.Semaphore(self.assembly.settings.images)
        failures = _Failures()

        async def one(name: str, make: Callable[[], Prompt]) -> str:
            async with window:
                # What stopped one call would stop each of the thousands that wait, one after the other.
                if failures.fatal:
                    return ""
                try:
                    return await self.reply(name, await asyncio.to_thread(make))
                except FatalError as error:
                    failures.fatal = str(error)
                except CallError as error:
                    failures.single[name] = str(error)
                finally:
                    done()
            # Nothing stands for an answer that failed: when all are through, none is handed on.
            return ""

        try:
            replies = await asyncio.gather(*(one(name, make) for name, make in asked))
        finally:
            await self.assembly.close()
        failures.raise_if_any(len(asked))
        return replies

    async def _caption(self, image: Image, question: str) -> Caption:
        await asyncio.to_thread(check_image, image)
        settings = self.assembly.settings
        return await settings.calls.get(settings.entries[0].captioner.call([image], sample=0, question=question))


def make_reader(plan: Plan, store: Store) -> Reader:
    """Make the plan's first captioner and its reasoner, with everything they do remembered in the store.

    Raises:
        UsageError: A spec string names what does not exist, or will not do.
    """
    assembly = assemble(plan, store, through="answer", benchmarks=())
    entry = assembly.settings.entries[0]
    if entry.captioner.answers:
        raise UsageError(f"{entry.label} writes no captions: let lmms-eval ask that model itself")
    return Reader(assembly)
