"""What a model thought aloud, told from what it says.

An answer's thoughts are no answer, and a captioner's no caption: both are read through here. Linear in the text's
length, for it is untrusted and may be megabytes of marks.
"""

from __future__ import annotations

import re

_MARK = re.compile(
    r"""<(?P<tag>/?)(?:\w{1,20}[:_])?(?:think|thinking|thoughts?|thought_process|reasoning|reflection|scratchpad
        |chain_of_thought|inner_monologue)>  # <seed:think>, too
    | ◁(?P<kimi>/?)think▷
    | \[(?P<mistral>/?)think\]
    | <\|(?P<token>begin|start|end)_(?:of_)?(?:thought|think|thinking)\|>
    | <unused9(?P<gemma>[45])>
    | (?:<\|channel>(?:thought|analysis)\b|(?P<gemma4><channel\|>))
    | (?:<\|think\|>|(?P<solar><\|content\|>))
    | <\|channel\|>(?P<channel>final|analysis|commentary)[^<\n]{0,60}<\|message\|>
    """,
    re.IGNORECASE | re.VERBOSE,
)
# What every mark begins with: looking for these in a text that has none costs a twentieth of the pattern.
_BEGINNINGS = re.compile(r"[<◁\[]")
_CLOSING = {"/", "end", "5", "final", "<channel|>", "<|content|>"}


def strip_reasoning(reply: str) -> str:
    """Drop what a model thought aloud: ``<think>`` blocks, unclosed ones, and whatever precedes a lone ``</think>``.

    So are the other marks that models have for it: ``◁think▷``, ``[THINK]``, ``<seed:think>``, the channels of gpt-oss.
    """
    reply = _without_bare_channels(reply)
    if not _BEGINNINGS.search(reply):
        return reply.strip()
    kept: list[str] = []
    position, thinking = 0, False
    for mark in _MARK.finditer(reply):
        if any(group and group.lower() in _CLOSING for group in mark.groups()):
            # Many chat templates open the block in the prompt, so that the reply only closes it.
            if not thinking:
                kept.clear()
            thinking, position = False, mark.end()
        elif not thinking:
            kept.append(reply[position : mark.start()])
            thinking = True
    if not thinking:
        kept.append(reply[position:])
    return "".join(kept).strip()


def _without_bare_channels(reply: str) -> str:
    # A server that drops special tokens leaves gpt-oss's "analysis...assistantfinal..." as plain words.
    _, final, said = reply.rpartition("assistantfinal")
    return said if final and reply.startswith("analysis") else reply
