"""The judge contract: a model that decides what a benchmark's rule leaves open."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass

from prism_eval.calls import Call
from prism_eval.calls.keys import judge_key
from prism_eval.plugins import Plugin
from prism_eval.schema import FinishReason, Generation, Item

# Models set it bold, quote it or put a dash before it. With a word more ("correct, but ...") it is no verdict.
_VERDICT = re.compile(r"^[ \t*_>#-]*verdict[ *_]*:[ *_]*(correct|wrong)[ \t*_.\r]*$", re.IGNORECASE | re.MULTILINE)


@dataclass(kw_only=True)
class Judge(Plugin, ABC):
    """Says whether an answer says the same as a gold answer, where no rule can tell.

    Subclass it as a dataclass: its fields are its options, as for a captioner.
    """

    @abstractmethod
    async def ask(self, item: Item, reply: str) -> Generation:
        """Grade a reply.

        Args:
            item: The question, with its options as the reasoner saw them, and its gold answers.
            reply: What is to be graded.

        Returns:
            A text whose last line of the form ``Verdict: correct`` or ``Verdict: wrong`` is the decision.

        Raises:
            PermanentError: There is no decision.
            CallError: Nobody could be asked.
        """

    def call(self, item: Item, reply: str) -> Call[Generation]:
        """One decision as a call of a run: its key, and how to ask for it."""
        # By the reply, not by who gave it: captioners that led to the same answer share one decision.
        return Call(
            key=judge_key(self.identity_digest, item, reply),
            stage="judge",
            plugin=self,
            about=f"item {item.id} of {item.benchmark}",
            ask=lambda: self.ask(item, reply),
            returns=Generation,
        )

    async def close(self) -> None:
        """Give back connections, threads and memory."""


def read_verdict(said: Generation) -> bool | None:
    """Whether a judge's reply says "correct", by its last line that is a verdict; ``None`` if none is."""
    # Cut short, it may have been about to take its verdict back.
    if said.finish_reason is not FinishReason.STOP:
        return None
    # The last one, since a model that thinks aloud writes the word before it has decided.
    found = _VERDICT.findall(said.text)
    return found[-1].casefold() == "correct" if found else None
