"""A captioner that asks a model: the image or images, then a prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from prism_eval.captioners.base import Captioner
from prism_eval.engines.base import OnEngine
from prism_eval.plugins import from_plan
from prism_eval.schema import Caption, Image, Message, Request, Sampling


@dataclass(kw_only=True)
class PromptedCaptioner(OnEngine, Captioner):
    """An engine that takes images, and a prompt.

    Attributes:
        prompt: What the model is asked, after the images.
        sampling: How it picks its tokens.
    """

    name: ClassVar[str] = "prompted"

    prompt: str = from_plan("prompt")
    sampling: Sampling = from_plan("sampling", default=Sampling())

    async def caption(self, images: Sequence[Image], *, sample: int, question: str | None = None) -> Caption:
        """Ask the engine to describe the images; the question is not looked at."""
        asked = Message("user", (*images, self.prompt))
        request = Request(messages=(asked,), sampling=self.sampling.of_sample(sample), sample=sample)
        said = await self.ask_engine(request)
        return said.into(Caption)
