"""A caption set apart from the prompt around it, so that it can neither end its own quotation nor take a turn.

What it says to its reader can still be believed: the prompt has to say what stands between the lines. Measured in
``docs/design/captions-that-speak.md``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from itertools import pairwise

from prism_eval.files.lookalikes import plain

# The marks that chat templates of today's models are made of. A tokenizer takes them for control tokens wherever they
# stand in a prompt. By their form: with a bar inside (Qwen, Llama, Phi, GPT, DeepSeek, GLM, Kimi, Granite, Gemma 4), or
# of words that a low line joins (Gemma, Command R, InternVL, SmolVLM; Mistral in brackets). Others by name.
_NAMES = (
    *("s", "bos", "eos", "pad", "unk", "mask", "cls", "sep", "think", "user", "assistant", "system", "human", "bot"),
    *("image", "img", "video", "audio", "ref", "box", "quad", "answer", "sop", "eop", "eod", "eot", "eoh", "eoa"),
    *("eosys", "AI", "global-img", r"seed:\w{1,20}", r"mask:\d{1,3}", r"(?:unused|loc|seg)\d{1,5}"),
)
_IN_BRACKETS = (
    *("INST", "IMG", "AUDIO", "THINK", "ARGS", "PREFIX", "SUFFIX", "MIDDLE", "BOS", "EOS", "EOT", "PAD", "UNK", "CLS"),
    *("SEP", "[gs]?MASK", r"control_\d{1,4}", "[A-Z]{2,20}(?:_[A-Z0-9]{1,20}){1,5}"),
)
_CONTROL = re.compile(
    r"<(?=\|[^<>\s]{1,60}>)"
    r"|<(?=[^<>\s|]{1,60}\|>)"
    r"|<(?=/?[A-Za-z0-9]{1,30}(?:_[A-Za-z0-9]{1,30}){1,6}>)"
    rf"|<(?=/?(?:{'|'.join(_NAMES)})>)"
    r"|<(?=</?SYS>>)"
    rf"|\[(?=/?(?:{'|'.join(_IN_BRACKETS)})\])"
    # MiniMax's
    r"|[\[\]](?=(?:~!?b|e~)[\[\]])"
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
    looks, places = plain(caption)
    # Spelt in other characters it is none yet; a tokenizer may make them alike before it looks.
    marks = [places[mark.start()] for mark in _CONTROL.finditer(looks)]
    ends = [0, *(place + 1 for place in marks)]
    text, broken = " ".join([caption[one:other] for one, other in pairwise([*ends, len(caption)])]), len(marks)
    for token in sorted(controls, key=lambda one: (-len(one), one)):
        while (count := text.count(token)) and len(token) > 1:
            text, broken = text.replace(token, f"{token[0]} {token[1:]}"), broken + count
    return f"=== {code} ===\n{text}\n=== {code} ===", broken
