"""What of a caption is a description: a model's thoughts are none, nor are the marks of its chat template.

The store and the tables keep them all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from prism_eval.schema import Caption, FinishReason
from prism_eval.scoring.thinking import strip_reasoning

_TOKEN = "<[|\uff5c][\\w\u2581]{1,40}[|\uff5c]>"
_OPENING = re.compile(
    rf"\s*(?:<\|(?:im_start|start_header_id|start)\|>\s*assistant\b|{_TOKEN}|<s>|<bos>|<start_of_turn>model\b)"
)
_CLOSING = re.compile(rf"(?:{_TOKEN}|</s>|<eos>|<end_of_turn>)\s*")
_OPEN_TAG, _CLOSE_TAG = "<answer>", "</answer>"


def spoken(caption: Caption) -> Caption:
    """The caption without what its model thought aloud, as reasoners, combinators and word counts see it.

    What a chat template puts around a reply, and ``<answer>`` around it all, go as well: a screenshot's own are inside.

    One that is nothing but a thought which does not end is empty, and cut.
    """
    text, unfinished = _said(caption.text)
    if text == caption.text:
        return caption
    if unfinished and caption.finish_reason is FinishReason.STOP:
        return replace(caption, text="", finish_reason=FinishReason.LENGTH)
    return replace(caption, text=text)


def as_read(captions: Iterable[Caption], *, verbatim: bool) -> list[Caption]:
    """Captions as they are read: `spoken`, unless a protocol has them verbatim."""
    return list(captions) if verbatim else list(map(spoken, captions))


# A caption is read once for every question about its image, one soon after the other.
@lru_cache(maxsize=512)
def _said(written: str) -> tuple[str, bool]:
    """What a text says, and whether it is nothing but a thought that goes on."""
    text = _without_wrapping(strip_reasoning(written))
    # A text without thoughts is shown byte for byte, the blanks at its ends too.
    if text == written.strip():
        return written, False
    # Whatever came next would be thought as well.
    return text, not text and not strip_reasoning(f"{written} .")


def _without_wrapping(text: str) -> str:
    start, end = 0, len(text)
    while opening := _OPENING.match(text, start, end):
        start = opening.end()
    while closing := _CLOSING.fullmatch(text, max(start, text.rfind("<", start, end)), end):
        end = closing.start()
    inner = text[start:end].strip()
    tagged = inner.removeprefix(_OPEN_TAG).removesuffix(_CLOSE_TAG)
    return tagged.strip() if inner.startswith(_OPEN_TAG) and _CLOSE_TAG not in tagged else inner
