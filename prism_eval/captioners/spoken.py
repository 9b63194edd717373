"""What of a caption is a description: a model's thoughts are none. The store and the tables keep them all the same."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from prism_eval.schema import Caption, FinishReason
from prism_eval.scoring.thinking import strip_reasoning


def spoken(caption: Caption) -> Caption:
    """The caption without what its model thought aloud, as reasoners, combinators and word counts see it.

    One that is nothing but a thought which does not end is empty, and cut.
    """
    text, unfinished = _said(caption.text)
    if text == caption.text:
        return caption
    if unfinished and caption.finish_reason is FinishReason.STOP:
        return replace(caption, text="", finish_reason=FinishReason.LENGTH)
    return replace(caption, text=text)


# A caption is read once for every question about its image, one soon after the other.
@lru_cache(maxsize=512)
def _said(written: str) -> tuple[str, bool]:
    """What a text says, and whether it is nothing but a thought that goes on."""
    text = strip_reasoning(written)
    # A text without thoughts is shown byte for byte, the blanks at its ends too.
    if text == written.strip():
        return written, False
    # Whatever came next would be thought as well.
    return text, not text and not strip_reasoning(f"{written} .")
