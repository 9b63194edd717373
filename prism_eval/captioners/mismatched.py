"""`mismatched(A)` describes another image: what a caption is worth that is fluent and beside the point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prism_eval.captioners.base import Combinator
from prism_eval.errors import PermanentError, UsageError
from prism_eval.schema import Caption, Image


@dataclass(kw_only=True)
class Mismatched(Combinator):
    """The part's caption of another image of the same benchmark.

    Raises:
        UsageError: There is not exactly one part.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.parts) != 1:
            raise UsageError(f"mismatched takes one captioner, got {len(self.parts)}: write mismatched(ocr)")

    async def caption(self, images: Sequence[Image], *, sample: int, question: str | None = None) -> Caption:
        """Show the part the other images.

        Raises:
            PermanentError: An image has no other image to be mistaken for.
        """
        for image in images:
            if image.other is None:
                raise PermanentError(
                    f"mismatched: image {image.label} is the only one of its benchmark; "
                    "raise --limit or drop this captioner"
                )
        return await self.part.caption(_others(images), sample=sample, question=question)

    def seen(self, images: Sequence[Image]) -> Sequence[object]:
        """Whatever the part sees of the other images."""
        return self.part.seen(_others(images))


def _others(images: Sequence[Image]) -> tuple[Image, ...]:
    # `seen` is asked before `caption` can refuse: here an image without another is only passed over.
    return tuple(image.other for image in images if image.other is not None)
