"""The reasoner contract."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from prism_eval.calls import Call, Calls
from prism_eval.calls.keys import answer_key
from prism_eval.plugins import Plugin
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

    def question_identity(self, item: Item) -> Mapping[str, object]:
        """What of the item the answer depends on, as JSON values: the question as it is put."""
        put = {"kind": item.kind, "question": item.question, "options": list(item.options)}
        # Two editions may ask one question with other words for "not answerable": two calls.
        return {**put, "abstain": item.abstain} if item.abstain else put

    def call(self, caption: Caption, item: Item, *, sample: int) -> Call[Answer]:
        """One answer as a call of a run: its key, and how to ask for it."""
        return Call(
            key=answer_key(self.identity_digest, caption, self.question_identity(item), sample=sample),
            stage="answer",
            plugin=self,
            about=f"item {item.id} of {item.benchmark}",
            ask=lambda: self.answer(caption, item, sample=sample),
            returns=Answer,
            shares=caption.digest,
        )

    def bound(self, calls: Calls) -> Self:
        """The reasoner as a run uses it: whatever it asks besides goes through the run's calls."""
        return self

    async def close(self) -> None:
        """Give back connections, threads and memory."""
