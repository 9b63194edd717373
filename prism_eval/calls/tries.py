"""How often one call was tried, and whether it is worth another try."""

from __future__ import annotations

import time

from prism_eval.calls.call import KEPT, CallFailure
from prism_eval.calls.lane import Lane, Place
from prism_eval.calls.patience import Patience
from prism_eval.errors import CallError, FatalError, RateLimited, TransientError, Unavailable


class Tries:
    """The tries of one call.

    A broken exchange counts against the attempts. What the whole lane waits out counts only if the server answered
    others that were begun since the last try: then the call itself may be what it cannot do. A connection that is
    refused never counts.

    Args:
        lane: Where the call is made.
        patience: How long it is tried.

    Attributes:
        made: Tries so far.
        pause: Seconds until the next one, beside what the lane waits for.
    """

    def __init__(self, lane: Lane, patience: Patience) -> None:
        self.made = 0
        self.pause = 0.0
        self._lane = lane
        self._patience = patience
        self._counted = 0
        self._last = time.monotonic()
        self._first_refusal: float | None = None

    def failed(self, error: CallError, place: Place) -> CallFailure | None:
        """Take in how a try ended; ``None`` if there is to be another.

        Args:
            error: How it ended.
            place: Where it was made.
        """
        self.made += 1
        if not isinstance(error, TransientError):
            if not isinstance(error, FatalError):
                self._lane.answered(place)
            return CallFailure.of(error, self.made)
        waited_out = isinstance(error, RateLimited | Unavailable)
        self._lane.failed(place, error, self._patience)
        if not waited_out or self._may_be_its_own(error):
            self._counted += 1
        self._last = time.monotonic()
        if self._lane.is_given_up(place, self._patience):
            return self._given_up(error) if waited_out else CallFailure.of(error, self.made)
        if self._counted >= self._patience.attempts and not self._has_time(error):
            return CallFailure.of(error, self.made)
        self.pause = 0.0 if waited_out else self._patience.wait(self._counted)
        return None

    def _may_be_its_own(self, error: TransientError) -> bool:
        refused = isinstance(error, Unavailable) and error.unproven
        # A server that goes away still answers some of what it had: that says nothing of who is there now.
        return self._lane.answered_last > self._last and not refused

    def _has_time(self, error: TransientError) -> bool:
        # Under a quota that is shared with others a call can lose the race again and again.
        if not isinstance(error, RateLimited):
            return False
        now = time.monotonic()
        if self._first_refusal is None:
            self._first_refusal = now
        return now - self._first_refusal < self._patience.limit(unproven=False)

    def _given_up(self, error: TransientError) -> CallFailure:
        trouble = self._lane.trouble
        seconds = time.monotonic() - trouble.since if trouble else 0.0
        return CallFailure(FatalError, f"{error} (given up after {seconds:.0f} s, see --patience; {KEPT})", self.made)
