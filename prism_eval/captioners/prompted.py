"""A captioner that asks a model: the image or images, then a prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from prism_eval.captioners.base import Captioner
from prism_eval.engines.base import OnEngine
from prism_eval.plugins import from_plan
from prism_eval.plugins.identity import digest_of
from prism_eval.schema import Caption, Image, Message, Request, Sampling


@dataclass(kw_only=True)
class PromptedCaptioner(OnEngine, Captioner):
    """An engine that takes images, and a prompt.

    Attributes:
        prompt: What the model is asked, after the images.
        sampling: How it picks its tokens.
        per_question: Whether each question on an image is captioned anew, as CapRL's program does, with draws of its
            own; the prompt is the same.
    """

    name: ClassVar[str] = "prompted"

    prompt: str = from_plan("prompt")
    sampling: Sampling = from_plan("sampling", default=Sampling())
    per_question: bool = from_plan("per_question", default=False, added=True)

    @property
    def needs_question(self) -> bool:  # type: ignore[override]
        """Whether each question has captions of its own."""
        return self.per_question

    async def caption(self, images: Sequence[Image], *, sample: int, question: str | None = None) -> Caption:
        """Ask the engine to describe the images; the question is not shown, and decides at most what is drawn."""
        said = await self.ask_engine(self.request(images, sample=sample, question=question))
        return said.into(Caption)

    def request(self, images: Sequence[Image], *, sample: int, question: str | None = None) -> Request:
        """What the engine is asked; see `caption`."""
        asked, sampling = Message("user", (*images, self.prompt)), self.sampling.of_sample(sample)
        if self.per_question and question and sampling.seed is not None and sampling.temperature != 0:
            sampling = replace(sampling, seed=sampling.seed + int(digest_of(question)[:7], 16))
        return Request(messages=(asked,), sampling=sampling, sample=sample)
