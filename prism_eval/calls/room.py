"""How many calls a server takes at once, as far as its answers and its refusals show.

A refusal says that the server is full only where it has not taken as many lately, or where others are refused as well
with no answer in between. One that is refused while all around it are answered would be with half the calls, too.
"""

from __future__ import annotations

import math

MANY = 6
"""Failures with no answer in between of more than one in so many calls that are under way mean all of them."""
_RARELY = 8
"""Rounds until a server that was full is asked for one call more."""


class Room:
    """What one server takes at once.

    The limit begins at the most. Where the server is full it becomes what it did take, and from there it grows: in
    eight rounds by one, and if that one is answered by one a round, by two, by four. A round are as many answers as the
    limit.

    Args:
        most: Calls that may be under way at once; ``inf`` for no bound.

    Attributes:
        limit: Calls that may be under way at once now.
    """

    def __init__(self, most: float) -> None:
        self.limit = self._most = most
        self._refusals = 0  # with no answer in between
        self._step, self._goal = 1.0, math.inf  # calls more in a round, until so many were taken
        self._taken = self._taken_before = 0  # the most at once, in this round and the last
        self._answers = 0  # in this round

    def answered(self, among: int) -> None:
        """A call was answered while ``among`` calls were under way, itself among them."""
        self._refusals = 0
        if self._answers >= self.limit:
            self._taken_before, self._taken, self._answers = self._taken, 0, 0
        self._answers += 1
        self._taken = max(self._taken, among)
        if among >= self._goal:
            self._step = max(1.0, 2 * self._step)
            self._goal = among + self._step
        self.limit = min(self._most, self.limit + self._step / self.limit)

    def refused(self, among: int, left: int) -> bool:
        """A call was refused; returns whether that means all of them.

        Args:
            among: Calls that were under way when it was begun, itself among them.
            left: Those that are now, without it.
        """
        self._refusals += 1
        is_odd = among <= max(self._taken, self._taken_before)
        is_many = MANY * self._refusals > left + 1 and self._refusals > is_odd
        if is_many:
            self._taken = self._taken_before = 0
        elif is_odd:
            self._step = max(1.0, self._step)
            return False
        # Two in a row, for one may be the one in a hundred that some gateways refuse whatever there is to do.
        is_full = left + self._refusals + 1 > self.limit
        if is_full and (is_many or self._refusals > 1):
            self.limit = float(max(1, left))
            # Where nothing at all is taken it is not the number: that grows back as fast as it may.
            self._step = 1 / _RARELY if left else 1.0
            self._goal = self.limit + 1
        return is_many
