"""`budget(A)?words=N` cuts a caption to so many words, to draw the curve of score against length."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from prism_eval.captioners.base import Combinator
from prism_eval.captioners.spoken import spoken
from prism_eval.errors import UsageError
from prism_eval.schema import Caption, FinishReason, Image

# Found in the text rather than split off it: what stands between words, line breaks above all, is kept.
_WORD = re.compile(r"\S+")


@dataclass(kw_only=True)
class Budget(Combinator):
    """The part's caption up to a number of whitespace-separated words, its line breaks kept.

    Attributes:
        words: The most words to keep. A caption that had more ends as one that ran out of tokens does.

    Raises:
        UsageError: ``words`` is negative, or there is not exactly one part.
    """

    words: int

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.words < 0:
            raise UsageError(f"budget: words={self.words} will not do: give 0 or more")
        if len(self.parts) != 1:
            raise UsageError(f"budget takes one captioner, got {len(self.parts)}: write budget(ocr)?words=100")

    async def caption(self, images: Sequence[Image], *, sample: int, question: str | None = None) -> Caption:
        """Cut what the part says."""
        caption = spoken(await self.part.caption(images, sample=sample, question=question))
        # One word more than is kept says whether anything is cut; the rest of a long caption is not looked at.
        ends = [word.end() for word in islice(_WORD.finditer(caption.text), self.words + 1)]
        if len(ends) <= self.words:
            return caption
        cut = caption.text[: ends[self.words - 1]] if self.words else ""
        # With no word at all it is whole again: nothing was asked for.
        stopped = caption.finish_reason is FinishReason.STOP and self.words > 0
        end = FinishReason.LENGTH if stopped else caption.finish_reason
        return dataclasses.replace(caption, text=cut, finish_reason=end)

    @property
    def silent(self) -> bool:  # type: ignore[override]
        """Whether no word is kept, or there would be none to keep."""
        return not self.words or self.part.silent
