"""`merge(A, B)` reads several captions as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from prism_eval.captioners.base import Combinator
from prism_eval.captioners.spoken import spoken
from prism_eval.errors import UsageError
from prism_eval.plugins import added
from prism_eval.schema import Caption, FinishReason, Image

N = TypeVar("N", int, float)


@dataclass(kw_only=True)
class Merge(Combinator):
    """The parts' captions in order, a blank line between them.

    It is filtered where all of them are. Beside others, one that was filtered is lacking as if it had been cut.

    Attributes:
        order: ``prism`` for the last part's caption first and nothing between them, as Prism fuses ``A~B``; by default
            they stand as they are named.

    Raises:
        UsageError: There are fewer than two parts.
    """

    order: Literal["prism"] | None = added(None)

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.parts) < 2:
            raise UsageError("merge needs at least two captioners: write merge(ocr, file:captions.jsonl)")

    async def caption(self, images: Sequence[Image], *, sample: int, question: str | None = None) -> Caption:
        """Ask every part in turn; an error of one spares those behind it."""
        captions = [spoken(await part.caption(images, sample=sample, question=question)) for part in self.parts]
        # A refusal describes nothing.
        telling = [caption for caption in captions if caption.finish_reason is not FinishReason.FILTERED] or captions
        # A part that saw nothing (`blind`, a page without text) leaves no empty paragraph.
        texts = [caption.text for caption in telling if caption.text]
        return Caption(
            "".join(reversed(texts)) if self.order else "\n\n".join(texts),
            _end({caption.finish_reason for caption in captions}),
            _total([caption.prompt_tokens for caption in captions]),
            _total([caption.completion_tokens for caption in captions]),
            "; ".join(dict.fromkeys(caption.note for caption in captions if caption.note)),
            _total([caption.seconds for caption in captions]),
            _total([caption.cached_tokens for caption in captions]),
            _total([caption.image_tokens for caption in captions]),
        )


def _end(reasons: set[FinishReason]) -> FinishReason:
    # The leaderboard counts captions that were cut: a whole part beside one that lacks something must not hide it.
    if len(reasons) == 1:
        return reasons.pop()
    return FinishReason.CONTEXT if FinishReason.CONTEXT in reasons else FinishReason.LENGTH


def _total(counts: list[N | None]) -> N | None:
    # A sum over some of the parts would pass for what the whole caption cost.
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None
