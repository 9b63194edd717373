"""A reasoner that asks a model: caption first, question last, as the protocol words it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from prism_eval.engines.base import Engine
from prism_eval.engines.sampling import SamplingOptions
from prism_eval.errors import UsageError
from prism_eval.reasoners.base import Reasoner
from prism_eval.schema import Answer, Caption, Item, ItemKind, Message, Request

_SLOT = re.compile(r"\{(caption|question|options)\}")
_NEEDED = {
    "choice_prompt": frozenset({"caption", "question", "options"}),
    "short_prompt": frozenset({"caption", "question"}),
}


def fill(template: str, slots: Mapping[str, str]) -> str:
    """Put texts into a template's ``{caption}``, ``{question}`` and ``{options}``; all other braces are plain text.

    One pass, so that a caption which itself says ``{question}`` stays as it was written.
    """
    return _SLOT.sub(lambda slot: slots[slot[1]], template)


def option_lines(item: Item) -> str:
    """An item's options, one ``A. text`` a line."""
    return "\n".join(f"{letter}. {text}" for letter, text in zip(item.letters, item.options, strict=True))


def check_template(name: str, template: str, needed: frozenset[str]) -> None:
    """See that a template has exactly the slots its items can fill.

    Raises:
        UsageError: A slot is missing, or one stands there that such items leave empty.
    """
    found = frozenset(_SLOT.findall(template))
    for slot in sorted(needed - found):
        raise UsageError(f"{name} has no {{{slot}}}: the {slot} would never be shown to the reasoner")
    for slot in sorted(found - needed):
        raise UsageError(f"{name} has {{{slot}}}, but the items it is for have no {slot}")


@dataclass(kw_only=True)
class PromptedReasoner(SamplingOptions, Reasoner):
    """An engine and the protocol's answer templates.

    Attributes:
        engine: Where the model's tokens come from.
        choice_prompt: Template for multiple choice, with ``{caption}``, ``{question}`` and ``{options}``. Captions
            shared by many questions belong in front, where a server's prefix cache finds them.
        short_prompt: Template for short answers, with ``{caption}`` and ``{question}``.
        system: The system message; empty for none.
        no_caption: What stands where an empty caption would.
    """

    name: ClassVar[str] = "prompted"

    engine: Engine
    choice_prompt: str
    short_prompt: str
    system: str = ""
    no_caption: str = "(no caption)"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, needed in _NEEDED.items():
            check_template(name, getattr(self, name), needed)

    async def answer(self, caption: Caption, item: Item, *, sample: int) -> Answer:
        """Ask the engine the item's question about the caption."""
        request = Request(messages=self._messages(caption, item), sampling=self.sampling(sample), sample=sample)
        said = await self.engine.generate(request)
        return Answer(said.text, said.finish_reason, said.prompt_tokens, said.completion_tokens)

    async def close(self) -> None:
        """Close the engine."""
        await self.engine.close()

    def _messages(self, caption: Caption, item: Item) -> tuple[Message, ...]:
        template = self.choice_prompt if item.kind is ItemKind.CHOICE else self.short_prompt
        shown = caption.text if caption.text.strip() else self.no_caption
        slots = {"caption": shown, "question": item.question, "options": option_lines(item)}
        asked = Message("user", (fill(template, slots),))
        return (Message("system", (self.system,)), asked) if self.system else (asked,)
