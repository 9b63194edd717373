"""`specific(A)` lets the reasoner say what A should look at, from the question alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self, cast

from prism_eval.calls import Call, Calls
from prism_eval.calls.keys import instruction_key
from prism_eval.captioners.base import Combinator
from prism_eval.captioners.prompted import PromptedCaptioner
from prism_eval.captioners.spoken import spoken
from prism_eval.engines import OnEngine
from prism_eval.engines.templates import check_template, fill
from prism_eval.errors import UsageError
from prism_eval.plugins import from_plan
from prism_eval.schema import Caption, FinishReason, Generation, Image, Message, Request, Sampling

# Prism's own, word for word (arXiv 2406.14544; github.com/SparksJoe/Prism, decouple/utils), as are the words that join
# the answer to the caption prompt: its query-specific figures were made with them.
_ASK = """Your task is to give an concise instruction about what basic elements are needed to be described based on \
the given question. Ensure that your instructions do not cover the raw question, options or thought process of \
answering the question.

Question: In which period the number of full time employees is the maximum?
Contents to observe: the number of full time employees
Question: What is the value of the smallest bar?
Contents to observe: the heights of all bars and their values
Question: What is the main subject of the image?
Contents to observe: the central theme or object
Question: What is the position of the catcher relative to the home plate?
Contents to observe: the spatial arrangement of the objects\x20
Question: What is the expected ratio of offspring with white spots to offspring with solid coloring? \
Choose the most likely ratio.
Contents to observe: the genetic information
Question: {question}
Contents to observe:\x20"""


@dataclass(kw_only=True)
class Specific(Combinator):
    """The part's caption of an image for one question: Prism's query-specific way.

    The plan's first reasoner is told the question as the protocol puts it, and nothing else, and says what there is to
    observe; that stands behind the part's prompt. Where it says nothing, the prompt stands alone.

    Attributes:
        ask_prompt: What the reasoner is asked, with ``{question}``.
        reader: The plan's first reasoner.
        reader_sampling: How it picks its tokens.

    Raises:
        UsageError: The part is not an engine with a prompt, or the reasoner has no model.
    """

    needs_question: ClassVar[bool] = True

    ask_prompt: str = _ASK
    reader: OnEngine | None = from_plan("reader", default=None)
    reader_sampling: Sampling = from_plan("instruction_sampling", default=Sampling())
    calls: Calls | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.parts) != 1 or not isinstance(self.part, PromptedCaptioner):
            names = ", ".join(part.name for part in self.parts) or "none"
            raise UsageError(
                f"specific takes one captioner that is an engine with a prompt, and got {names}: "
                "write specific(openai:MODEL)"
            )
        if not isinstance(self.reader, OnEngine):
            # What the plan says may be any reasoner: only here is one asked for a text of its own.
            name = getattr(self.reader, "name", "none")
            raise UsageError(
                "specific lets the reasoner say what to look at, and the reasoner here has no model that could "
                f"({name}): name one that is an engine, as in -r openai:MODEL"
            )
        check_template("ask_prompt", self.ask_prompt, frozenset({"question"}))

    @property
    def identity(self) -> Mapping[str, Any]:
        """The part's, and how the reasoner's engine is asked: what it answers with the caption is another matter."""
        sampling = dataclasses.asdict(self.reader_sampling)
        asked = {"engine": dict(self._reader.engine.identity), "sampling": sampling, "ask_prompt": self.ask_prompt}
        return {"plugin": self.name, "version": self.version, "parts": [dict(self.part.identity)], "reader": asked}

    def bound(self, calls: Calls) -> Self:
        """The same, asking for each question's instruction once, for all images, samples, entries and runs."""
        bound = dataclasses.replace(self)
        bound.calls = calls
        calls.tally("instruction")
        return bound

    async def caption(self, images: Sequence[Image], *, sample: int, question: str | None = None) -> Caption:
        """Ask what to look at, then the part for a caption that does."""
        asked = self._told(await self._instruction(question or ""))
        if self.calls is None:
            return await asked.caption(images, sample=sample)
        # A call like any other: where two questions lead to one instruction, they share the caption.
        return await self.calls.within(asked.call(images, sample=sample))

    @property
    def _reader(self) -> OnEngine:
        return cast("OnEngine", self.reader)

    def _told(self, instruction: str) -> PromptedCaptioner:
        part = cast("PromptedCaptioner", self.part)
        if not instruction:
            return part
        stop = "" if instruction.endswith(".") else "."
        return dataclasses.replace(part, prompt=f"{part.prompt} Especially, pay attention to {instruction}{stop}")

    async def _instruction(self, question: str) -> str:
        """What there is to observe; empty where the reasoner would not say."""
        text = fill(self.ask_prompt, {"question": question})
        request = Request(messages=(Message("user", (text,)),), sampling=self.reader_sampling)

        async def ask() -> Generation:
            return (await self._reader.ask_engine(request)).into(Generation)

        said = await (ask() if self.calls is None else self.calls.within(self._call(text, question, ask)))
        # A model that thinks thinks about this too, and a filter's words are nothing to look at.
        return "" if said.finish_reason is FinishReason.FILTERED else spoken(said.into(Caption)).text.strip()

    def _call(self, text: str, question: str, ask: Callable[[], Awaitable[Generation]]) -> Call[Generation]:
        return Call(
            key=instruction_key(self._reader.engine.identity, text, dataclasses.asdict(self.reader_sampling)),
            stage="instruction",
            plugin=self._reader,
            about=f"what to look at for {question[:60]!r}",
            ask=ask,
            returns=Generation,
        )
