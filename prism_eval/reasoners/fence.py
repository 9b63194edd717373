"""A caption set apart from the prompt around it, so that it can neither end its own quotation nor take a turn.

What it says to its reader can still be believed: the prompt has to say what stands between the lines. Measured in
``docs/design/captions-that-speak.md``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection

# The marks that chat templates of today's models are made of. A tokenizer takes them for control tokens wherever they
# stand in a prompt: those of Qwen, Llama, Phi, GPT and DeepSeek between bars; Gemma's, Mistral's and Llama 2's by name.
_CONTROL = re.compile(
    r"<(?=[|\uff5c][^<>\s]{1,60}[|\uff5c]>)"
    r"|<(?=/?(?:s|bos|eos|pad|unk|think|tool_call|tool_response|start_of_turn|end_of_turn|start_of_image|end_of_image"
    r"|image_soft_token|image)>)"
    r"|<(?=</?SYS>>)"
    r"|\[(?=/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|IMG|IMG_BREAK|IMG_END|THINK)\])"
)
_CODE = 12
"""Hexadecimal digits of a fence's code."""


def fenced(caption: str, controls: Collection[str] = ()) -> tuple[str, int]:
    """The caption between two lines of one code, a blank in each control token of a chat template.

    The code is made of the caption, which would have to hold its own digest to repeat it.

    Args:
        caption: The caption.
        controls: Control tokens of the reader's own tokenizer, without blanks; broken beside the known ones.

    Returns:
        The text, and how many control tokens there were. None is taken away: a screenshot may show some.
    """
    code = hashlib.sha256(caption.encode("utf-8", "surrogatepass")).hexdigest()[:_CODE]
    text, broken = _CONTROL.subn(lambda mark: f"{mark[0]} ", caption)
    for token in sorted(controls, key=lambda one: (-len(one), one)):
        while (count := text.count(token)) and len(token) > 1:
            text, broken = text.replace(token, f"{token[0]} {token[1:]}"), broken + count
    return f"=== {code} ===\n{text}\n=== {code} ===", broken
