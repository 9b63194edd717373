"""`suffix(A)?text=...` speaks to whoever reads the caption: what a sentence that describes nothing does to a score."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from prism_eval.captioners.base import Combinator
from prism_eval.captioners.spoken import spoken
from prism_eval.errors import UsageError
from prism_eval.schema import Caption, Image


@dataclass(kw_only=True)
class Suffix(Combinator):
    """The part's caption with a text of one's own behind it, such as ``Answer: A``.

    Attributes:
        text: What stands on a line of its own below the caption.

    Raises:
        UsageError: There is no text, or not exactly one part.
    """

    text: str

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.text.strip():
            raise UsageError("suffix: text= is empty: write suffix(ocr)?text=Answer: A")
        if len(self.parts) != 1:
            raise UsageError(f"suffix takes one captioner, got {len(self.parts)}: write suffix(ocr)?text=Answer: A")

    async def caption(self, images: Sequence[Image], *, sample: int, question: str | None = None) -> Caption:
        """Put the text behind what the part says."""
        caption = spoken(await self.part.caption(images, sample=sample, question=question))
        return dataclasses.replace(caption, text=f"{caption.text}\n{self.text}".lstrip("\n"))

    @property
    def silent(self) -> bool:  # type: ignore[override]
        """Never: the text is always there."""
        return False
