"""A judge whose every verdict goes through the store."""

from __future__ import annotations

from dataclasses import dataclass

from prism_eval.calls import Remembering
from prism_eval.errors import CallError, FatalError
from prism_eval.judges.prompted import Judge, read_verdict
from prism_eval.plugins.identity import digest_of
from prism_eval.schema import Item, Outcome, Verdict


@dataclass(kw_only=True)
class Remembered(Remembering[Judge]):
    """Asks the inner judge only for what the store does not hold.

    Attributes:
        label: How notes name it.
    """

    label: str

    def key(self, item: Item, reply: str) -> str:
        """The store's key of a verdict: who judges, and all that is shown."""
        asked = {"kind": item.kind, "question": item.question, "options": list(item.options), "golds": list(item.golds)}
        return digest_of({"stage": "judge", "judge": self.identity_digest, "item": asked, "reply": reply})

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
