"""The reasoner contract."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from prism_eval.plugins.identity import Plugin
from prism_eval.schema import Answer, Caption, Item


@dataclass(kw_only=True)
class Reasoner(Plugin, ABC):
    """Reads a caption and a question, never the image; writes an answer.

    Subclass it as a dataclass: its fields are its options, as for a captioner.
    """

    @abstractmethod
    async def answer(self, caption: Caption, item: Item, *, sample: int) -> Answer:
        """Answer the item's question from the caption.

        Args:
            caption: What the captioner said. The captions of several images stand in one text, each under its
                ``<image n>`` placeholder.
            item: The question. Implementations must not look at ``item.images`` or ``item.golds``.
            sample: Index of the caption this answer is for, from 0.

        Raises:
            TransientError: Worth another try.
            PermanentError: This question cannot be answered.
            FatalError: Nothing further can be answered.
        """

    def question_identity(self, item: Item) -> Mapping[str, Any]:
        """What of the item the answer depends on: the question as it is put."""
        return {"kind": item.kind, "question": item.question, "options": list(item.options)}

    async def close(self) -> None:
        """Give back connections, threads and memory."""
