"""A reasoner whose every answer goes through the store."""

from __future__ import annotations

from dataclasses import dataclass

from prism_eval.calls import Remembering
from prism_eval.plugins.identity import digest_of
from prism_eval.reasoners.base import Reasoner
from prism_eval.schema import Answer, Caption, Item


@dataclass(kw_only=True)
class Remembered(Remembering[Reasoner], Reasoner):
    """Asks the inner reasoner only for what the store does not hold."""

    def key(self, caption: Caption, item: Item, *, sample: int) -> str:
        """The store's key of an answer. It holds the caption's digest: a new caption never meets an old answer."""
        return digest_of(
            {
                "stage": "answer",
                "reasoner": self.identity_digest,
                "caption": caption.digest,
                "question": self.inner.question_identity(item),
                "sample": sample,
            }
        )

    async def answer(self, caption: Caption, item: Item, *, sample: int) -> Answer:
        """The stored answer, or the inner reasoner's, which is then stored."""
        key = self.key(caption, item, sample=sample)
        found = await self.calls.get(key, lambda: self.inner.answer(caption, item, sample=sample))
        return Answer(found.text, found.finish_reason, found.prompt_tokens, found.completion_tokens)
