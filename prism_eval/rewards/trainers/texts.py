"""The caption in what a trainer hands over."""

from __future__ import annotations

import re
from collections.abc import Mapping

from prism_eval.errors import DataError

# What a chat template puts before a reply: of Qwen and its kin, Llama 3, Phi, Gemma, Mistral and Llama 2.
_TURN = re.compile(
    r"<\|im_start\|>\s*assistant\s*?\n|<\|start_header_id\|>\s*assistant\s*<\|end_header_id\|>\s*|<\|assistant\|>\s*"
    r"|<start_of_turn>model\s*?\n|\[/INST\]\s*|\bASSISTANT:\s*"
)


def text_of(completion: object) -> str:
    """The text of a completion: itself, or that of the last of its messages.

    Raises:
        DataError: It is neither.
    """
    match completion:
        case str(text):
            return text
        case [*_, {"content": content}]:
            return _joined(content)
        case _:
            raise DataError(f"no caption can be found in a completion of type {type(completion).__name__}")


def _joined(content: object) -> str:
    if isinstance(content, list | tuple):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))
    return "" if content is None else str(content)


def reply_in(query: str, prompt: str) -> str:
    """The reply in a whole text of prompt and reply.

    Args:
        query: The whole text, a chat's control tokens included.
        prompt: Its prompt, as far as the trainer says; it may look otherwise in ``query``, where each image is many
            tokens.

    Raises:
        DataError: It cannot be told where the reply begins.
    """
    if prompt and query.startswith(prompt):
        return query[len(prompt) :]
    # The first turn of a model is the reply: what stands behind it was written by the policy, whatever it looks like.
    turns = len(_TURN.findall(prompt)) or 1
    for number, turn in enumerate(_TURN.finditer(query), 1):
        if number == turns:
            return query[turn.end() :]
    raise DataError("where the caption begins in `query` cannot be told: it does not begin with its prompt")
