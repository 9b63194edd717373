"""`direct(A)` lets A's own model see the image and answer: what there was to be had without a caption in between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self

from prism_eval.calls import Call, Calls
from prism_eval.calls.keys import direct_key
from prism_eval.captioners.base import Combinator
from prism_eval.captioners.joining import headings, join_captions
from prism_eval.captioners.oracle import Oracle
from prism_eval.engines import OnEngine
from prism_eval.engines.templates import check_template, fill, option_lines
from prism_eval.errors import PermanentError, UsageError
from prism_eval.plugins import from_plan
from prism_eval.schema import Answer, Caption, Image, Item, ItemKind, Message, Request, Sampling

_NEEDED = {"choice_prompt": frozenset({"question", "options"}), "short_prompt": frozenset({"question"})}


class Reading(Protocol):
    """A reasoner, as far as it is known here."""

    def call(self, caption: Caption, item: Item, *, sample: int) -> Call[Answer]:
        """One answer as a call of a run."""
        ...


@dataclass(kw_only=True)
class Direct(Combinator):
    """The part's own model answers with the image. It writes no caption, and no reasoner is asked.

    `oracle` has no model: for it the reasoner reads every fact of the scene, whatever its recall, which is as much as
    an image of a twin can tell that reasoner.

    Attributes:
        choice_prompt: Template for multiple choice, behind the images, with ``{question}`` and ``{options}``.
        short_prompt: Template for short answers, with ``{question}``. Either may say ``{abstain}``.
        system: The system message; empty for none.
        abstain: What goes into ``{abstain}``, of benchmarks that have no word of their own for it.

    Raises:
        UsageError: There is not exactly one part, or it has no model that could answer.
    """

    answers: ClassVar[bool] = True

    choice_prompt: str = from_plan("direct_choice_prompt")
    short_prompt: str = from_plan("direct_short_prompt")
    system: str = from_plan("direct_system", default="")
    abstain: str = from_plan("abstain", default="cannot answer")

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.parts) != 1:
            raise UsageError(f"direct takes one captioner, got {len(self.parts)}: write direct(openai:MODEL)")
        if not isinstance(self.part, OnEngine | Oracle):
            raise UsageError(
                f"direct: {self.part.name} has no model that could answer; "
                "name a captioner that is an engine, as in direct(openai:MODEL), or direct(oracle) on twins"
            )
        for name, needed in _NEEDED.items():
            check_template(name, getattr(self, name), needed, frozenset({"abstain"}))

    @classmethod
    def settings_of_parts(cls, settings: Mapping[str, object]) -> Mapping[str, object]:
        """The part samples as the protocol lets answers be sampled, unless its own options say otherwise."""
        return {**settings, "sampling": settings.get("answer_sampling", Sampling())}

    @property
    def identity(self) -> Mapping[str, Any]:
        """All that is sent but the images and the question: how the part would be asked for a caption is not."""
        own = {name: getattr(self, name) for name in ("choice_prompt", "short_prompt", "system", "abstain")}
        asked = {key: value for key, value in self.part.identity.items() if key != "prompt"}
        return {"plugin": self.name, "version": self.version, "parts": [asked], **own}

    @property
    def address(self) -> str:
        """The part's: its server sees images and questions."""
        return self.part.address

    @property
    def addresses(self) -> tuple[str, ...]:
        """The part's."""
        return self.part.addresses

    @property
    def root(self) -> str | None:
        """The part's."""
        return self.part.root

    def bound(self, calls: Calls) -> Self:
        """The same: its part is asked for no caption."""
        return self

    async def caption(self, images: Sequence[Image], *, sample: int, question: str | None = None) -> Caption:
        """Nothing.

        Raises:
            PermanentError: Always.
        """
        raise PermanentError("direct answers questions and writes no captions")

    def answer_call(self, images: Sequence[Image], item: Item, reasoner: Reading, *, sample: int) -> Call[Answer]:
        """One answer as a call of a run.

        Args:
            images: The item's images, in order.
            item: The question, its options in the order in which they are shown.
            reasoner: Who reads the facts of a twin.
            sample: Which of the answers, from 0.

        Raises:
            PermanentError: The part is `oracle`, and an image has no facts.
        """
        part = self.part
        if isinstance(part, OnEngine):
            return self._engine_call(part, images, item, sample)
        facts = [Caption("\n".join(_facts(image))) for image in images]
        return reasoner.call(join_captions(facts, item.image_numbers), item, sample=sample)

    def _engine_call(self, part: OnEngine, images: Sequence[Image], item: Item, sample: int) -> Call[Answer]:
        sampling: Sampling = getattr(part, "sampling", Sampling())
        messages = self._messages(images, item)
        choices = item.letters if item.kind is ItemKind.CHOICE else ()
        request = Request(messages=messages, sampling=sampling.of_sample(sample), sample=sample, choices=choices)

        async def ask() -> Answer:
            return (await part.ask_engine(request)).into(Answer)

        return Call(
            key=direct_key(self.identity_digest, messages, sample=sample),
            stage="answer",
            plugin=part,
            about=f"item {item.id} of {item.benchmark}",
            ask=ask,
            returns=Answer,
            shares=" ".join(image.digest for image in images),
        )

    def _messages(self, images: Sequence[Image], item: Item) -> tuple[Message, ...]:
        template = self.choice_prompt if item.kind is ItemKind.CHOICE else self.short_prompt
        slots = {"question": item.question, "options": option_lines(item), "abstain": item.abstain or self.abstain}
        asked = Message("user", (*_headed(images, item.image_numbers), fill(template, slots)))
        return (Message("system", (self.system,)), asked) if self.system else (asked,)


def _headed(images: Sequence[Image], numbers: Sequence[int]) -> list[str | Image]:
    """The images where their captions would stand: one alone, several each under its placeholder."""
    if len(images) == 1:
        return list(images)
    pairs = zip(headings(images, numbers), images, strict=True)
    return [part for pair in pairs for part in pair]


def _facts(image: Image) -> Sequence[str]:
    if image.facts is None:
        raise PermanentError(f"direct(oracle) needs synthetic twins; image {image.label} has no facts")
    return image.facts
