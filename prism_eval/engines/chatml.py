"""Conversations as Qwen's chat format writes them, in which CapRL's question files store their prompts."""

from __future__ import annotations

import re

from prism_eval.schema import Message

USER = "<|im_start|>user\n"
PICTURE = f"{USER}<|vision_start|><|image_pad|><|vision_end|>"
"""Where the picture stands: CapRL's program looks for it at the beginning of a user's turn, and nowhere else."""

_TURN = re.compile(r"<\|im_start\|>(\w+)\n(.*?)(?:<\|im_end\|>\n?|\Z)", re.DOTALL)


def turns_of(text: str) -> tuple[Message, ...]:
    """The turns of a conversation; what the model's own turn begins with is one, if it begins with anything."""
    turns = [(role, said) for role, said in _TURN.findall(text) if said or role != "assistant"]
    return tuple(Message(role, (said,)) for role, said in turns) or (Message("user", (text,)),)
