"""A captioner that asks a model: the image or images, then a prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from prism_eval.captioners.base import Captioner
from prism_eval.engines.base import Engine
from prism_eval.engines.sampling import SamplingOptions
from prism_eval.schema import Caption, Image, Message, Request


@dataclass(kw_only=True)
class PromptedCaptioner(SamplingOptions, Captioner):
    """An engine and a prompt.

    Attributes:
        engine: Where the model's tokens come from; it must take images.
        prompt: What the model is asked, after the images.
    """

    name: ClassVar[str] = "prompted"

    engine: Engine
    prompt: str

    async def caption(
        self,
        images: Sequence[Image],
        *,
        sample: int,
        question: str | None = None,
    ) -> Caption:
        """Ask the engine to describe the images; the question is not looked at."""
        request = Request(
            messages=(Message("user", (*images, self.prompt)),), sampling=self.sampling(sample), sample=sample
        )
        said = await self.engine.generate(request)
        return Caption(said.text, said.finish_reason, said.prompt_tokens, said.completion_tokens)

    async def close(self) -> None:
        """Close the engine."""
        await self.engine.close()
