"""Whose fault a failure is: the call's own, which costs one item, or the server's, which ends the run."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping
from typing import TypeVar

from prism_eval.calls.call import KEPT, Call, CallFailure
from prism_eval.errors import CallError, ContextExceeded, Denied, FatalError, PermanentError, TransientError
from prism_eval.schema import Generation

G = TypeVar("G", bound=Generation)
_IN_A_ROW: Mapping[type[CallError], int] = {TransientError: 5, Denied: 20}
"""Calls in a row to one lane that end so. Fewer could be bad luck; broken ones cost minutes each, denied ones none."""
_FIRST: Mapping[type[CallError], int] = {Denied: 3, PermanentError: 10, ContextExceeded: 20}
"""First calls that end alike: few show that a key is wrong; a set may begin with some items that no server takes, and
with many that are long."""


class Blame:
    """How the calls of one run ended, as far as it tells who is to blame."""

    def __init__(self) -> None:
        self._in_a_row: defaultdict[Hashable, Counter[type[CallError]]] = defaultdict(Counter)
        self._openings: defaultdict[tuple[str, int], _Opening] = defaultdict(_Opening)

    def begin(self, call: Call[G]) -> None:
        """A call is about to be made."""
        self._opening(call).begin(call.key)

    def answered(self, call: Call[G]) -> None:
        """A call succeeded, now or in an earlier run."""
        if self._in_a_row:
            self._in_a_row.pop(call.plugin.lane, None)
        self._opening(call).over = True

    def failed(self, call: Call[G], failure: CallFailure) -> CallFailure:
        """A call failed; returns the failure that it is, which ends the run where it is not this call's alone."""
        refused = issubclass(failure.kind, PermanentError)
        alike = self._opening(call).end(call.key, failure if refused else None)
        # A plugin in process that fails at everything is a stranger's fault, and costs rows.
        if alike and call.plugin.address:
            said = f"{failure.text} (so ended all of the first calls; {KEPT})"
            return CallFailure(FatalError, said, failure.attempts)
        # Counted for a lane: one dead server must not be forgiven because another one answers in between.
        row = self._in_a_row[call.plugin.lane]
        count = row[failure.kind] + 1
        row.clear()
        row[failure.kind] = count
        if count < _IN_A_ROW.get(failure.kind, count + 1):
            return failure
        said = f"{count} calls in a row failed after every retry; the last: {failure.text} ({KEPT})"
        return CallFailure(FatalError, said, failure.attempts)

    def _opening(self, call: Call[G]) -> _Opening:
        return self._openings[call.stage, id(call.plugin)]


class _Opening:
    """The first calls of a stage to one plugin.

    The first to be begun, not the first to end: a refusal comes at once, and what succeeds takes its time.
    """

    def __init__(self) -> None:
        self.over = False
        self._ends: dict[str, tuple[type[CallError], str] | None] = {}

    def begin(self, key: str) -> None:
        if len(self._ends) < max(_FIRST.values()):
            self._ends.setdefault(key, None)

    def end(self, key: str, refusal: CallFailure | None) -> bool:
        """Whether all the first calls are now known to be refused, and alike."""
        if self.over or key not in self._ends:
            return False
        if refusal is None:
            self.over = True
            return False
        denied = refusal.kind is Denied
        # Denied in whatever words: gateways put requests' names into theirs.
        self._ends[key] = (refusal.kind, "" if denied else _without_numbers(refusal.text))
        wanted = _FIRST[refusal.kind]
        first = list(self._ends.values())[:wanted]
        return len(first) >= wanted and set(first) == {self._ends[key]}


def _without_numbers(text: str) -> str:
    """The text without sizes, counts and request ids, in which one refusal of two requests differs."""
    return re.sub(r"\S*\d\S*", "", text)
