"""Load on servers of all kinds, in a made-up time: how long it takes and what is refused on the way.

The bound is what no client can beat: every place of the server busy from the first call to the last.
"""

from __future__ import annotations

import asyncio
import random

import pytest

from prism_eval.calls import Patience
from prism_eval.errors import RateLimited, TransientError, Unavailable
from tests.calls.simulated import Made, simulated

PLACES, LATENCY = 64, 0.2


def unlucky(busy=0.0, broken=0.0, gone=0.0, *, after=None):
    """Refuses and breaks so many of all calls, whatever else it has to do."""
    rng = random.Random(0)
    kinds = [RateLimited("429", retry_after=after), TransientError("500"), Unavailable("hung up"), None]
    weights = [busy, broken, gone, 1 - busy - broken - gone]
    return lambda _: rng.choices(kinds, weights)[0]


def takes(places, *, after=None):
    """Takes so many calls at once and refuses the others."""
    return lambda server: RateLimited("429", retry_after=after) if server.under_way >= places else None


def allows(calls, seconds):
    """Takes so many calls in each window, and says when the next one begins."""
    taken = {}

    def refuses(_):
        now = asyncio.get_running_loop().time()
        window = int(now / seconds)
        taken[window] = taken.get(window, 0) + 1
        return RateLimited("429", retry_after=(window + 1) * seconds - now) if taken[window] > calls else None

    return refuses


def changes(before, after, *, at):
    """Is one server for so many seconds, and then another one."""
    begun = []

    def refuses(server):
        now = asyncio.get_running_loop().time()
        begun[:] = begun or [now]
        return (before if now - begun[0] < at else after)(server)

    return refuses


@pytest.mark.parametrize(
    "refuses",
    [
        unlucky(busy=0.0125),
        unlucky(busy=0.03),
        unlucky(busy=0.03, after=1.0),
        unlucky(busy=0.05),
        unlucky(busy=0.0125, broken=0.0125, gone=0.025),
        unlucky(gone=0.1),
    ],
)
@pytest.mark.parametrize("spread", [0.0, 0.5])
def test_a_few_that_fail_by_chance_cost_their_share(refuses, spread):
    calls = 4000
    ended = simulated(Made(refuses, LATENCY), calls, most=PLACES, spread=spread)
    assert ended.failed == 0
    assert ended.seconds < 1.25 * calls * LATENCY / PLACES
    assert ended.limit > 0.9 * PLACES


@pytest.mark.parametrize("after", [None, 1.0])
@pytest.mark.parametrize(("places", "longer", "refused"), [(60, 1.05, 0.01), (32, 1.08, 0.025), (8, 1.25, 0.08)])
@pytest.mark.parametrize("spread", [0.0, 0.5])
def test_a_server_with_fewer_places_is_found_out_at_once(places, longer, refused, after, spread):
    calls = 200 * places
    server = Made(takes(places, after=after), LATENCY)
    ended = simulated(server, calls, most=PLACES, spread=spread)
    # What it says to wait, it says after the first round, and of small servers whenever one more was asked of it.
    waits = (after or 0.0) * (1 if places > 30 else 20)
    assert ended.seconds < longer * calls * LATENCY / places + waits
    assert len(server.refused) < PLACES - places + refused * calls
    assert places <= ended.limit < places + 2


def test_a_server_that_becomes_smaller_or_larger_is_followed():
    small = takes(24)
    shrinks, grows = (changes(*both, at=5) for both in ((lambda _: None, small), (small, lambda _: None)))
    server = Made(shrinks, LATENCY)
    # 1,600 calls in the first five seconds, and the others at 120 a second.
    assert simulated(server, 6000, most=PLACES).seconds < 1.08 * (5 + 4400 / 120)
    assert len(server.refused) < 0.03 * 6000
    # 600 calls in the first five seconds, and the others at 320 a second.
    assert simulated(Made(grows, LATENCY), 6000, most=PLACES).seconds < 1.15 * (5 + 5400 / 320)


def test_a_quota_is_used_up_and_not_hammered():
    server = Made(allows(1000, 10.0), LATENCY)
    ended = simulated(server, 5000, most=PLACES)
    assert ended.seconds < 1.05 * (40 + 1000 / 320)
    assert len(server.refused) < 0.05 * 5000


def test_who_refuses_everything_for_a_while_is_asked_rarely():
    closed = changes(unlucky(busy=1.0), lambda _: None, at=20)
    server = Made(closed, LATENCY)
    ended = simulated(server, 2000, most=PLACES)
    assert ended.failed == 0
    assert len(server.refused) < PLACES + 10


def test_one_that_is_told_to_come_again_tomorrow_holds_up_nobody_and_is_not_believed():
    once = iter([RateLimited("429", retry_after=86_400.0)])
    server = Made(lambda made: next(once, None) if len(made.asked) == 1000 else None, LATENCY)
    ended = simulated(server, 2000, most=PLACES, patience=Patience(seconds=30.0))
    assert ended.failed == 0
    assert 30 < ended.seconds < 45
