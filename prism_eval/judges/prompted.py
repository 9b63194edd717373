"""A judge that asks a model: an engine, and a prompt that asks it for one verdict."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import resources
from typing import ClassVar

from prism_eval.engines.base import OnEngine
from prism_eval.engines.templates import check_template, fill, option_lines
from prism_eval.errors import PermanentError
from prism_eval.judges.base import Judge, read_verdict
from prism_eval.plugins import from_plan
from prism_eval.schema import Generation, Item, ItemKind, Message, Request, Sampling

_NEEDED = frozenset({"question", "golds", "reply"})
_LONGEST_REPLY = 8000
"""Characters of a reply that are shown: its end holds the answer, and a judge's context is not ours to fill."""
_QUOTED = 80


def _shipped_prompt() -> str:
    return resources.files("prism_eval.judges").joinpath("prompt.txt").read_text(encoding="utf-8")


@dataclass(kw_only=True)
class PromptedJudge(OnEngine, Judge):
    """Asks an engine whether an answer says the same as a gold answer.

    Attributes:
        prompt: The template, with ``{question}``, ``{golds}`` and ``{reply}``.
        sampling: How the model picks its tokens.
    """

    name: ClassVar[str] = "judge"

    prompt: str = field(default_factory=_shipped_prompt)
    sampling: Sampling = from_plan("sampling", default=Sampling())

    def __post_init__(self) -> None:
        check_template("the judge's prompt", self.prompt, _NEEDED)

    async def ask(self, item: Item, reply: str) -> Generation:
        """Let the model grade a reply.

        Raises:
            PermanentError: The model said neither "Verdict: correct" nor "Verdict: wrong".
            CallError: The engine could not be asked.
        """
        slots = {"question": _question(item), "golds": _golds(item), "reply": reply[-_LONGEST_REPLY:]}
        asked = Message("user", (fill(self.prompt, slots),))
        said = await self.ask_engine(Request(messages=(asked,), sampling=self.sampling))
        if read_verdict(said) is None:
            quoted = " ".join(said.text[-_QUOTED:].split()) or said.note
            # A guess would be a score that nobody gave, and the same question would get the same reply.
            raise PermanentError(f"its reply has no line 'Verdict: correct' or 'Verdict: wrong': {quoted!r}")
        return said


def _question(item: Item) -> str:
    return "\n".join(filter(None, [item.question, option_lines(item)]))


def _golds(item: Item) -> str:
    texts = dict(item.lettered)
    if item.kind is not ItemKind.CHOICE:
        return "\n".join(item.golds)
    # Letter and text: a reply may give either.
    return "\n".join(f"{gold}. {texts[gold]}" for gold in item.golds)
