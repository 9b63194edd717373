"""A reasoner that asks a model: caption first, question last, as the protocol words it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from prism_eval.engines.base import OnEngine
from prism_eval.engines.templates import check_template, fill, option_lines
from prism_eval.plugins import from_plan
from prism_eval.reasoners.base import Reasoner
from prism_eval.schema import Answer, Caption, Item, ItemKind, Message, Request, Sampling

_NEEDED = {
    "choice_prompt": frozenset({"caption", "question", "options"}),
    "short_prompt": frozenset({"caption", "question"}),
}
# CapRL's prompts offer no way out.
_FREE = frozenset({"abstain"})


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
        sampling: How the model picks its tokens.
    """

    name: ClassVar[str] = "prompted"

    choice_prompt: str = from_plan("choice_prompt")
    short_prompt: str = from_plan("short_prompt")
    system: str = from_plan("system", default="")
    no_caption: str = from_plan("no_caption", default="(no caption)")
    abstain: str = from_plan("abstain", default="cannot answer")
    sampling: Sampling = from_plan("sampling", default=Sampling())

    def __post_init__(self) -> None:
        for name, needed in _NEEDED.items():
            check_template(name, getattr(self, name), needed, _FREE)

    async def answer(self, caption: Caption, item: Item, *, sample: int) -> Answer:
        """Ask the engine the item's question about the caption."""
        request = Request(
            messages=self._messages(caption, item),
            sampling=self.sampling.of_sample(sample),
            sample=sample,
            choices=item.letters if item.kind is ItemKind.CHOICE else (),
        )
        return (await self.ask_engine(request)).into(Answer)

    def shown(self, caption: Caption) -> str:
        """The caption as it stands in a prompt: a blank where one belongs reads as a fault of the prompt."""
        return caption.text if caption.text.strip() else self.no_caption

    def _messages(self, caption: Caption, item: Item) -> tuple[Message, ...]:
        template = self.choice_prompt if item.kind is ItemKind.CHOICE else self.short_prompt
        slots = {"caption": self.shown(caption), "question": item.question, "options": option_lines(item)}
        slots["abstain"] = item.abstain or self.abstain
        asked = Message("user", (fill(template, slots),))
        return (Message("system", (self.system,)), asked) if self.system else (asked,)
