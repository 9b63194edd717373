"""A judge whose every verdict goes through the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from prism_eval.calls import Calls
from prism_eval.errors import CallError, FatalError
from prism_eval.identity import digest_of
from prism_eval.judges.prompted import Judge, read_verdict
from prism_eval.schema import Item, Outcome, Verdict


@dataclass(kw_only=True)
class Remembered:
    """Asks the inner judge only for what the store does not hold.

    Attributes:
        inner: The judge.
        calls: Its calls.
        label: How notes name it.
    """

    inner: Judge
    calls: Calls
    label: str

    @cached_property
    def identity(self) -> Mapping[str, Any]:
        """The inner judge's."""
        return self.inner.identity

    @cached_property
    def _identity_digest(self) -> str:
        return digest_of(self.identity)

    def key(self, item: Item, reply: str) -> str:
        """The store's key of a verdict: who judges, and all that is shown."""
        asked = {"kind": item.kind, "question": item.question, "options": list(item.options), "golds": list(item.golds)}
        return digest_of({"stage": "judge", "judge": self._identity_digest, "item": asked, "reply": reply})

    async def decide(self, item: Item, reply: str, ruled: Verdict) -> Verdict:
        """The judge's verdict on a reply that rules left open.

        A judge that cannot be asked, or gives no verdict, makes the verdict ``FAILED``: never a score.

        Args:
            item: The question as the reasoner saw it.
            reply: What is to be graded.
            ruled: The verdict by rules alone.

        Raises:
            FatalError: No further call can succeed.
        """
        try:
            said = await self.calls.get(self.key(item, reply), lambda: self.inner.ask(item, reply))
        except FatalError:
            raise
        except CallError as error:
            return Verdict(Outcome.FAILED, None, ruled.extracted, f"judge {self.label}: {error}")
        correct = bool(read_verdict(said))
        outcome = Outcome.CORRECT if correct else Outcome.WRONG
        return Verdict(outcome, float(correct), ruled.extracted, f"judge {self.label}")

    async def close(self) -> None:
        """Give up the calls in flight and close the inner judge."""
        await self.calls.stop()
        await self.inner.close()
