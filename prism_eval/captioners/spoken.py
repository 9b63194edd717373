"""What of a caption is a description: a model's thoughts are none. The store and the tables keep them all the same."""

from __future__ import annotations

from dataclasses import replace

from prism_eval.schema import Caption, FinishReason
from prism_eval.scoring.thinking import strip_reasoning


def spoken(caption: Caption) -> Caption:
    """The caption without what its model thought aloud, as reasoners, combinators and word counts see it.

    One that is nothing but a thought which does not end is empty, and cut.
    """
    text = strip_reasoning(caption.text)
    # Not for blanks at its ends: a caption that holds no thoughts is shown byte for byte.
    if text == caption.text.strip():
        return caption
    # Whatever came next would be thought as well.
    unfinished = not text and not strip_reasoning(f"{caption.text} .")
    if unfinished and caption.finish_reason is FinishReason.STOP:
        return replace(caption, text="", finish_reason=FinishReason.LENGTH)
    return replace(caption, text=text)
