"""A captioner and a reasoner that answer at once: what a run costs beside its models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from prism_eval import Answer, Caption, Captioner, Image, Item, Reasoner


@dataclass(kw_only=True)
class NullCaptioner(Captioner):
    """Names the image."""

    name: ClassVar[str] = "null"

    async def caption(self, images: Sequence[Image], *, sample: int, question: str | None = None) -> Caption:
        return Caption(f"Image {images[0].digest[:12]} shows one bar of the height 10.")


@dataclass(kw_only=True)
class NullReasoner(Reasoner):
    """Says the same to everything."""

    name: ClassVar[str] = "null"

    async def answer(self, caption: Caption, item: Item, *, sample: int) -> Answer:
        return Answer("10")
