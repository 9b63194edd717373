"""A captioner whose every caption goes through the store."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from prism_eval.calls import Calls, Remembering
from prism_eval.captioners.base import Captioner, Combinator
from prism_eval.plugins.identity import digest_of
from prism_eval.schema import Caption, Image


@dataclass(kw_only=True)
class Remembered(Remembering[Captioner], Captioner):
    """Asks the inner captioner only for what the store does not hold."""

    def key(self, images: Sequence[Image], *, sample: int, question: str | None) -> str:
        """The store's key of a caption."""
        return digest_of(
            {
                "stage": "caption",
                "captioner": self.identity_digest,
                "images": [image.digest for image in self.inner.sees(images)],
                "sample": sample,
                "question": question if self.inner.needs_question else None,
            }
        )

    async def caption(self, images: Sequence[Image], *, sample: int, question: str | None = None) -> Caption:
        """The stored caption, or the inner captioner's, which is then stored."""
        key = self.key(images, sample=sample, question=question)
        found = await self.calls.get(key, lambda: self.inner.caption(images, sample=sample, question=question))
        return Caption(found.text, found.finish_reason, found.prompt_tokens, found.completion_tokens)

    @property
    def needs_question(self) -> bool:  # type: ignore[override]
        """The inner captioner's."""
        return self.inner.needs_question

    def sees(self, images: Sequence[Image]) -> tuple[Image, ...]:
        """What the inner captioner sees."""
        return self.inner.sees(images)


def remember(captioner: Captioner, calls_of: Callable[[Captioner], Calls]) -> Remembered:
    """Make a captioner, and every part of it, remembered.

    Args:
        captioner: A captioner, combinators included.
        calls_of: Makes the calls of one captioner.
    """
    calls = calls_of(captioner)
    if isinstance(captioner, Combinator):
        captioner = dataclasses.replace(captioner, parts=tuple(remember(part, calls_of) for part in captioner.parts))
    return Remembered(inner=captioner, calls=calls)
