"""What a paced server's account says: how long it worked, how long it had to, and what it was asked twice."""

from __future__ import annotations

import json
import urllib.request
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from tests.server.calls import unexcused_repeats
from tests.server.fault_server import Event
from tests.server.paced import Taken
from tests.server.prefix_cache import SIZE


@dataclass(frozen=True)
class Account:
    """The account of one or several servers that shared a run's calls.

    Attributes:
        calls: Every call.
        blocks: Blocks of tokens that any of them ever read.
    """

    calls: Sequence[Taken]
    blocks: int

    @classmethod
    def of(cls, *urls: str) -> Account:
        """Ask the servers for it."""
        calls: list[Taken] = []
        blocks: set[str] = set()
        for url in urls:
            with urllib.request.urlopen(f"{url.removesuffix('/v1')}/calls", timeout=60) as reply:
                said = json.load(reply)
            calls += [Taken(**call) for call in said["calls"]]
            blocks.update(said["blocks"])
        return cls(calls, len(blocks))

    @property
    def answered(self) -> Sequence[Taken]:
        """The calls that were answered."""
        return [call for call in self.calls if call.outcome == "ok"]

    def repeats(self, kills: Sequence[tuple[float, float]] = ()) -> int:
        """Calls that were made again though they had been answered; see `unexcused_repeats`."""
        events: list[Event] = []
        for number, call in enumerate(self.calls):
            line = Event(event="arrive", call=number, fingerprint=call.fingerprint, kind=call.kind, time=call.arrived)
            events.append(line)
            if call.outcome:
                events.append(replace(line, event="finish", time=call.ended, outcome=call.outcome))
        return len(unexcused_repeats(events, kills))

    @property
    def seconds(self) -> float:
        """From the first call's arrival to the last one's end."""
        return max(call.ended for call in self.calls) - min(call.arrived for call in self.calls)

    @cached_property
    def work(self) -> float:
        """Seconds of slots that the calls take at least."""
        return sum(call.least for call in self.answered)

    @cached_property
    def longest_chain(self) -> float:
        """Seconds that the slowest image takes at least: its caption, and then the slowest answer that reads it."""
        captions, answers = defaultdict[str, float](float), defaultdict[str, float](float)
        for call in self.answered:
            kind = captions if call.kind == "caption" else answers
            kind[call.image] = max(kind[call.image], call.least)
        return max(seconds + answers[image] for image, seconds in captions.items())

    @property
    def hits(self) -> float:
        """Prefix tokens that were not read again, as a share of those that lengths allow."""
        asked = sum(call.prompt // SIZE * SIZE for call in self.answered)
        return sum(call.cached for call in self.answered) / (asked - SIZE * self.blocks)
