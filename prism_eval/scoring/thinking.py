"""What a model thought aloud, told from what it says.

An answer's thoughts are no answer, and a captioner's no caption: both are read through here. Linear in the text's
length, for it is untrusted and may be megabytes of marks.
"""

from __future__ import annotations

import re

_THINKING = re.compile(r"<(/?)(?:think|thinking|reasoning)>", re.IGNORECASE)


def strip_reasoning(reply: str) -> str:
    """Drop what a model thought aloud: ``<think>`` blocks, unclosed ones, and whatever precedes a lone ``</think>``."""
    kept: list[str] = []
    position, thinking = 0, False
    for tag in _THINKING.finditer(reply):
        if tag.group(1):
            # Many chat templates open the block in the prompt, so that the reply only closes it.
            if not thinking:
                kept.clear()
            thinking, position = False, tag.end()
        elif not thinking:
            kept.append(reply[position : tag.start()])
            thinking = True
    if not thinking:
        kept.append(reply[position:])
    return "".join(kept).strip()
