"""How often one call was tried, and whether it is worth another try."""

from __future__ import annotations

import time

from prism_eval.calls.call import KEPT, CallFailure
from prism_eval.calls.lane import Lane
from prism_eval.calls.lanes import Lanes
from prism_eval.calls.patience import Patience
from prism_eval.calls.places import Held, Place
from prism_eval.errors import CallError, FatalError, RateLimited, TransientError, Unavailable


class Tries:
    """The tries of one call.

    A broken exchange counts against the attempts. What the whole lane waits out counts only if the server answered
    others that were begun since the last try: then the call itself may be what it cannot do. A connection that is
    refused never counts. Nor, where several servers share the calls, does what one of them hands over to the next, but
    once for each: a call that ends every server it is sent to must not go round for ever.

    Args:
        lane: Where the call is made.
        patience: How long it is tried.

    Attributes:
        made: Tries so far.
        pause: Seconds until the next one, beside what the lane waits for.
        at: The lane of the last one that was answered.
    """

    def __init__(self, lane: Lane | Lanes, patience: Patience) -> None:
        self.made = 0
        self.pause = 0.0
        self.at = ""
        self._lane = lane
        self._first = False
        self._left: set[str] = set()
        self._patience = patience
        self._counted = 0
        self._last = time.monotonic()
        self._first_refusal: float | None = None

    def place(self, shares: str, *, ahead: bool) -> Held:
        """A place for the next try.

        Args:
            shares: What others begin with as well.
            ahead: Whether other calls wait for what this one makes.
        """
        return self._lane.place(first=self._first, ahead=ahead, shares=shares, avoid=self._left)

    def answered(self, place: Place) -> None:
        """A try was answered."""
        self.at = place.lane.name
        self._lane.answered(place)

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
        waited_out, new = isinstance(error, RateLimited | Unavailable), place.lane.name not in self._left
        self._left.add(place.lane.name)
        all_wait = self._lane.failed(place, error, self._patience)
        # One that is refused whatever is tried must not keep others out: it goes before them only once.
        self._first, self.pause = self.made == 1, 0.0
        if waited_out and new and self._lane.elsewhere(place):
            self._first, self._last = True, time.monotonic()
            return None
        if not waited_out or self._may_be_its_own(error, place):
            self._counted += 1
        self._last = time.monotonic()
        if self._lane.is_given_up(place, self._patience):
            return self._given_up(error) if waited_out else CallFailure.of(error, self.made)
        if self._counted >= self._patience.attempts and not self._has_time(error):
            return CallFailure.of(error, self.made)
        self.pause = self._wait_alone(error, all_wait=all_wait)
        return None

    def _wait_alone(self, error: TransientError, *, all_wait: bool) -> float:
        """Seconds that a call waits by itself, its place being left to others."""
        wait = self._patience.wait(max(1, self._counted))
        if isinstance(error, RateLimited):
            # Not beyond all patience: a gateway may name a day.
            named = min(error.retry_after or 0.0, self._patience.limit(unproven=False))
            return 0.0 if all_wait else max(named, wait)
        return 0.0 if isinstance(error, Unavailable) else wait

    def _may_be_its_own(self, error: TransientError, place: Place) -> bool:
        refused = isinstance(error, Unavailable) and error.unproven
        # A server that goes away still answers some of what it had: that says nothing of who is there now.
        return place.lane.answered_last > self._last and not refused

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
