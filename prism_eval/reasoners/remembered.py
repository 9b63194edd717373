"""A reasoner whose every answer goes through the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from prism_eval.calls import Calls
from prism_eval.identity import digest_of
from prism_eval.reasoners.base import Reasoner
from prism_eval.schema import Answer, Caption, Item


@dataclass(kw_only=True)
class Remembered(Reasoner):
    """Asks the inner reasoner only for what the store does not hold."""

    inner: Reasoner
    calls: Calls

    @cached_property
    def identity(self) -> Mapping[str, Any]:
        """The inner reasoner's."""
        return self.inner.identity

    @cached_property
    def _identity_digest(self) -> str:
        return digest_of(self.identity)

    def key(self, caption: Caption, item: Item, *, sample: int) -> str:
        """The store's key of an answer. It holds the caption's digest: a new caption never meets an old answer."""
        return digest_of(
            {
                "stage": "answer",
                "reasoner": self._identity_digest,
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

    async def close(self) -> None:
        """Give up the calls in flight and close the inner reasoner."""
        await self.calls.stop()
        await self.inner.close()
