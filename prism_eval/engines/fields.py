"""Fields of a request that only some servers know: which of them one server takes, found out once."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection

from prism_eval.engines.http import Reply
from prism_eval.engines.once import Once
from prism_eval.engines.probe import trial_of
from prism_eval.schema import NEUTRAL, Request, Sampling

Ask = Callable[[Request, Collection[str]], Awaitable[Reply]]
"""Sends a request without some of its fields; raises what a refusal means that is none of the fields' doing."""


class Fields:
    """What one server takes of ``repetition_penalty``, ``top_k`` and ``min_p``.

    Nothing is asked ahead: most servers take or ignore what they do not know, and a run pays for no call more. Only
    when one refuses a request that holds such fields, a short one finds out whether they are why.

    Attributes:
        refused: The fields the server does not take, as far as is known.
    """

    def __init__(self) -> None:
        self.refused: frozenset[str] = frozenset()

    async def refused_of(self, sampling: Sampling, ask: Ask, once: Once) -> frozenset[str]:
        """Find out which fields of a sampling are refused, and return all that are known to be."""
        held = frozenset(name for name in NEUTRAL if getattr(sampling, name) is not None)
        # One probe for all calls that were refused meanwhile, and none for refusals that come later.
        if held:
            self.refused |= await once.get(held, lambda: _refused(held, sampling, ask))
        return self.refused


def named_in(said: str) -> frozenset[str]:
    """Which of the fields a server speaks of."""
    return frozenset(name for name in NEUTRAL if re.search(rf"\b{name}\b", said))


async def _refused(held: frozenset[str], sampling: Sampling, ask: Ask) -> frozenset[str]:
    """Which of the fields are refused: those without which a short request passes that did not pass with them.

    Where none passes at all, those that the server has named: something else is refused besides.
    """
    request = trial_of(sampling, sees=False)
    refused: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()
    while not (reply := await ask(request, refused)).ok:
        if refused == held:
            return named
        # Servers name one field at a time, or none at all.
        new = (held - refused) & named_in(reply.body.decode("utf-8", "replace"))
        named |= new
        refused |= new or held
    return refused
