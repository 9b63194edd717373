"""What a fault server's log says about its client."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tests.server.fault_server import Event


def read_log(path: Path) -> list[Event]:
    """The events of a server that ran as its own process."""
    return [Event(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def unexcused_repeats(
    events: Sequence[Event], kills: Sequence[tuple[float, float]], *, grace: float = 0.25
) -> list[Event]:
    """Arrivals that asked again for what had been answered, without a kill of the client to excuse them.

    A repeat is excused if, between the answered call's arrival and this one, the client was killed before ``grace``
    seconds had passed since the answer.

    Args:
        events: The log.
        kills: When the client was killed, and when the server had read the last of its requests, both in seconds since
            the epoch: what it had sent before it died was in flight, even if it is read a moment later.
        grace: Seconds that a finished call may take to be kept.
    """
    arrived = {event.call: event.time for event in events if event.event == "arrive"}
    answered: dict[str, Event] = {}
    repeats = []
    for event in sorted(events, key=lambda event: event.time):
        if event.event == "finish" and event.outcome == "ok":
            answered[event.fingerprint] = event
        elif event.event == "arrive" and event.fingerprint in answered:
            before = answered[event.fingerprint]
            last = min(before.time + grace, event.time)
            if not any(arrived[before.call] <= read and killed <= last for killed, read in kills):
                repeats.append(event)
    return repeats
