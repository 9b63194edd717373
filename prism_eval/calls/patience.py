"""How long calls are tried again."""

from __future__ import annotations

import random
from dataclasses import dataclass

_USUAL, _UNPROVEN = 300.0, 10.0
"""Seconds. A large model takes minutes to start again; an address where nobody ever was is more likely a slip."""
_LONGEST_WAIT = 30.0


@dataclass(frozen=True)
class Patience:
    """How long a call is tried again.

    Attributes:
        attempts: Tries of one call, the first included. What is waited out counts as none.
        seconds: Time without any progress at a server after which calls to it are given up. By default 300, and 10
            where nobody has ever answered.
        first_wait: Seconds before the second try; doubled from try to try.
    """

    attempts: int = 6
    seconds: float | None = None
    first_wait: float = 0.5

    def limit(self, *, unproven: bool) -> float:
        """Seconds without progress, at a server of which it is ``unproven`` that waiting helps, or at any other."""
        if self.seconds is not None:
            return self.seconds
        return _UNPROVEN if unproven else _USUAL

    def wait(self, failures: int, *, longest: float = _LONGEST_WAIT) -> float:
        """Seconds to wait after so many failures in a row."""
        # Bounded before it is raised, for a float ends at 2**1024. Drawn, lest several clients of a server keep step.
        doubled = self.first_wait * 2.0 ** min(failures - 1, 32)
        return min(doubled, longest) * random.uniform(0.75, 1.25)
