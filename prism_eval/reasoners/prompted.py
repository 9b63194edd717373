"""A reasoner that asks a model: caption first, question last, as the protocol words it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar

from prism_eval.engines.base import OnEngine
from prism_eval.engines.chatml import PICTURE, USER, turns_of
from prism_eval.engines.marks import marks_in
from prism_eval.engines.templates import check_template, fill, option_lines
from prism_eval.errors import UsageError
from prism_eval.plugins import from_plan
from prism_eval.reasoners.base import Reasoner
from prism_eval.reasoners.fence import fenced
from prism_eval.schema import Answer, Caption, Item, ItemKind, Message, Request, Sampling, Through

_NEEDED = {
    "choice_prompt": frozenset({"caption", "question", "options"}),
    "short_prompt": frozenset({"caption", "question"}),
}
# CapRL's prompts offer no way out.
_FREE = frozenset({"abstain"})
_NAMED = 8
"""Control tokens that a remark names."""


@dataclass(kw_only=True)
class PromptedReasoner(OnEngine, Reasoner):
    """An engine and the protocol's answer templates.

    Attributes:
        choice_prompt: Template for multiple choice, with ``{caption}``, ``{question}`` and ``{options}``. Captions
            shared by many questions belong in front, where a server's prefix cache finds them.
        short_prompt: Template for short answers, with ``{caption}`` and ``{question}``. Either may say ``{abstain}``.
        system: The system message; empty for none.
        no_caption: What stands where an empty caption would.
        abstain: What goes into ``{abstain}``, of benchmarks that have no word of their own for it.
        stored: What takes the place of the picture in prompts that the data store, with ``{caption}``; empty where such
            prompts are not used.
        through: Whether those are sent as they are, or turn by turn as chat messages.
        fence: Whether a caption stands between two lines of a code of its own, its control tokens broken.
        sampling: How the model picks its tokens.
    """

    name: ClassVar[str] = "prompted"

    choice_prompt: str = from_plan("choice_prompt")
    short_prompt: str = from_plan("short_prompt")
    system: str = from_plan("system", default="")
    no_caption: str = from_plan("no_caption", default="(no caption)")
    abstain: str = from_plan("abstain", default="cannot answer")
    stored: str = from_plan("stored", default="", added=True)
    through: Through = from_plan("through", default="completions", added=True)
    fence: bool = from_plan("fence", default=False, added=True)
    sampling: Sampling = from_plan("sampling", default=Sampling())
    _unmarked: set[str] = field(default_factory=set, init=False, repr=False, compare=False)
    _speaking: set[str] = field(default_factory=set, init=False, repr=False, compare=False)
    _controls: set[str] = field(default_factory=set, init=False, repr=False, compare=False)
    _asked: set[str] = field(default_factory=set, init=False, repr=False, compare=False)
    _mute: bool = field(default=False, init=False, repr=False, compare=False)

    @property
    def remarks(self) -> tuple[str, ...]:
        """The engine's, how stored prompts were sent, and how many of them had no place for a caption."""
        if not self.stored:
            return (*super().remarks, *self._on_fence())
        way = "turn by turn through its chat" if self.through == "chat" else "as they are, in no chat template"
        told = (*super().remarks, f"Stored prompts were sent to {self.engine.model} {way}.")
        if not self._unmarked:
            return told
        few = ", ".join(sorted(self._unmarked)[:3])
        return (*told, f"{len(self._unmarked)} stored prompts have no picture mark and held no caption ({few}).")

    def _on_fence(self) -> Iterator[str]:
        """How many captions held control tokens, and by whose word what is one."""
        if self._speaking:
            count = len(self._speaking)
            yield f"Captions that held control tokens of a chat template, each broken by a blank: {count}."
        if self._mute:
            yield (
                f"The tokenizer of {self.engine.model} could not be asked for control tokens of its own: marks that no "
                "known chat template has stand in captions as they are."
            )
        if self._asked:
            few = ", ".join(sorted(self._controls)[:_NAMED]) or "none is one"
            yield f"The tokenizer of {self.engine.model} was asked about {len(self._asked)} marks in captions: {few}."

    @property
    def sends_raw(self) -> bool:
        """Whether it sends plain text in place of messages."""
        return bool(self.stored) and self.through == "completions"

    def __post_init__(self) -> None:
        if self.stored:
            check_template("stored", self.stored, frozenset({"caption"}))
        if self.sends_raw and not self.engine.completes:
            raise UsageError(
                f"engine {self.engine.name} cannot be given a stored prompt as it is: read with another, such as "
                "openai:MODEL, or add answer.through=chat to the protocol, as in 'caprl?answer.through=chat'"
            )
        for name, needed in _NEEDED.items():
            check_template(name, getattr(self, name), needed, _FREE)

    async def answer(self, caption: Caption, item: Item, *, sample: int) -> Answer:
        """Ask the engine the item's question about the caption."""
        asked = partial(Request, sampling=self.sampling.of_sample(sample), sample=sample)
        if not self._is_stored(item):
            choices = item.letters if item.kind is ItemKind.CHOICE else ()
            await self.look(caption)
            request = asked(messages=self._messages(caption, item), choices=choices)
        elif self.sends_raw:
            request = asked(messages=(), raw=self._filled(caption, item))
        else:
            request = asked(messages=turns_of(self._filled(caption, item)))
        return (await self.ask_engine(request)).into(Answer)

    def question_identity(self, item: Item) -> Mapping[str, object]:
        """What of the item is sent: its stored prompt, where that is."""
        put = super().question_identity(item)
        return {**put, "stored": item.stored_prompt} if self._is_stored(item) else put

    def _is_stored(self, item: Item) -> bool:
        """Whether the item's own prompt is sent, and not the protocol's."""
        return bool(self.stored and item.stored_prompt)

    def _filled(self, caption: Caption, item: Item) -> str:
        """The stored prompt with the caption for its picture; as it is where it has none, as CapRL's program does."""
        if PICTURE not in item.stored_prompt:
            self._unmarked.add(item.id)
        sentence = fill(self.stored, {"caption": caption.text or self.no_caption})
        return item.stored_prompt.replace(PICTURE, USER + sentence)

    async def look(self, caption: Caption) -> None:
        """Ask the reader's tokenizer for control tokens in a caption that is to be fenced, beside the known ones."""
        if not self.fence or not caption.text.strip():
            return
        text, _ = fenced(caption.text, self._controls)
        if (found := await self.engine.control_tokens(text)) is None:
            self._mute |= bool(marks_in(text))
        else:
            self._asked.update(marks_in(text))
            self._controls |= found

    def shown(self, caption: Caption) -> str:
        """The caption as it stands in a prompt: a blank where one belongs reads as a fault of the prompt."""
        if not caption.text.strip():
            return self.no_caption
        if not self.fence:
            return caption.text
        text, broken = fenced(caption.text, self._controls)
        if broken:
            self._speaking.add(caption.digest)
        return text

    def _messages(self, caption: Caption, item: Item) -> tuple[Message, ...]:
        template = self.choice_prompt if item.kind is ItemKind.CHOICE else self.short_prompt
        slots = {"caption": self.shown(caption), "question": item.question, "options": option_lines(item)}
        slots["abstain"] = item.abstain or self.abstain
        asked = Message("user", (fill(template, slots),))
        return (Message("system", (self.system,)), asked) if self.system else (asked,)
