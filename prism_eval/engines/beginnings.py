"""What texts have in common at their beginning."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from prism_eval.schema import Request


def shared_length(rows: Sequence[Sequence[object]]) -> int:
    """How many tokens, or characters, all rows begin with."""
    return sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, zip(*rows, strict=False)))


def beginning_of(request: Request) -> str:
    """What a request shares with others: its images, else whatever stands before its question."""
    if images := request.images:
        return " ".join(image.digest for image in images)
    if request.raw:
        return shared_part(request.raw)
    return shared_part("".join(part for message in request.messages for part in message.parts if isinstance(part, str)))


def shared_part(prompt: str) -> str:
    """A prompt less its last paragraph, in which the question stands; the whole of one that has no other."""
    return prompt.rpartition("\n\n")[0] or prompt
