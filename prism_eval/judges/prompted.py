"""A judge: an engine, and a prompt that asks it for one verdict."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, ClassVar

from prism_eval.engines.base import Engine
from prism_eval.engines.sampling import SamplingOptions
from prism_eval.errors import PermanentError, UsageError
from prism_eval.plugins.identity import identity_of
from prism_eval.schema import FinishReason, Generation, Item, ItemKind, Message, Request

_SLOT = re.compile(r"\{(question|golds|reply)\}")
_VERDICT = re.compile(r"^[ \t*_>#-]*verdict[ *_]*:[ *_]*(correct|wrong)[ \t*_.\r]*$", re.IGNORECASE | re.MULTILINE)
_LONGEST_REPLY = 8000
_QUOTED = 80


def _shipped_prompt() -> str:
    return resources.files("prism_eval.judges").joinpath("prompt.txt").read_text(encoding="utf-8")


@dataclass(kw_only=True)
class Judge(SamplingOptions):
    """Asks an engine whether an answer says the same as a gold answer.

    Attributes:
        engine: Where the model's tokens come from.
        prompt: The template, with ``{question}``, ``{golds}`` and ``{reply}``.
    """

    name: ClassVar[str] = "judge"
    version: ClassVar[str] = "1"

    engine: Engine
    prompt: str = field(default_factory=_shipped_prompt)

    def __post_init__(self) -> None:
        super().__post_init__()
        for slot in sorted({"question", "golds", "reply"} - set(_SLOT.findall(self.prompt))):
            raise UsageError(f"the judge's prompt has no {{{slot}}}")

    async def ask(self, item: Item, reply: str) -> Generation:
        """Let the model grade a reply.

        Args:
            item: The question, with its options as the reasoner saw them, and its gold answers.
            reply: What is to be graded; its end, if it is very long.

        Raises:
            PermanentError: The model said neither "Verdict: correct" nor "Verdict: wrong".
            CallError: The engine could not be asked.
        """
        slots = {"question": _question(item), "golds": _golds(item), "reply": reply[-_LONGEST_REPLY:]}
        # One pass, so that a reply which itself says {golds} stays as it was written.
        prompt = _SLOT.sub(lambda slot: slots[slot[1]], self.prompt)
        said = await self.engine.generate(Request(messages=(Message("user", (prompt,)),), sampling=self.sampling(0)))
        if read_verdict(said) is None:
            quoted = " ".join(said.text[-_QUOTED:].split())
            raise PermanentError(f"its reply has no line 'Verdict: correct' or 'Verdict: wrong': {quoted!r}")
        return said

    @property
    def identity(self) -> Mapping[str, Any]:
        """Everything that can change this judge's verdicts."""
        return identity_of(self)

    async def close(self) -> None:
        """Close the engine."""
        await self.engine.close()


def read_verdict(said: Generation) -> bool | None:
    """Whether a judge's reply says "correct", by its last line that is a verdict; ``None`` if none is."""
    if said.finish_reason is not FinishReason.STOP:
        return None
    found = _VERDICT.findall(said.text)
    return found[-1].casefold() == "correct" if found else None


def _question(item: Item) -> str:
    lines = [f"{letter}. {text}" for letter, text in zip(item.letters, item.options, strict=True)]
    return "\n".join([item.question, *lines])


def _golds(item: Item) -> str:
    if item.kind is not ItemKind.CHOICE:
        return "\n".join(item.golds)
    return "\n".join(f"{gold}. {item.options[item.letters.index(gold)]}" for gold in item.golds)
