"""What the callers of one server wait for together."""

import asyncio
import functools
import itertools
import re
import time

import pytest

from prism_eval.calls import Call, Calls, Limits, Patience, Store
from prism_eval.calls.lane import Lane
from prism_eval.errors import Denied, FatalError, PermanentError, RateLimited, TransientError, Unavailable
from prism_eval.schema import Generation
from tests.calls.test_calls import PLUGIN, Server

HERE = Server(where="http://a/v1")
_KEYS = itertools.count()


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "store.sqlite") as opened:
        yield opened


def calls(store, *, concurrency=16, attempts=3, seconds=5.0, first_wait=0.01):
    return Calls(store, limits=Limits(concurrency), patience=Patience(attempts, seconds, first_wait))


def call(ask, *, plugin=HERE, stage="caption"):
    return Call(key=f"{next(_KEYS):064x}", stage=stage, plugin=plugin, about="x", ask=ask, returns=Generation)


class Host:
    """A server that does what a function of the number of calls under way and of the time says."""

    def __init__(self, behave, latency=0.002):
        self.behave, self.latency = behave, latency
        self.running = self.most = 0
        self.begun: list[float] = []
        self.done = 0

    async def __call__(self):
        self.begun.append(time.monotonic())
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            error = self.behave(self)
            await asyncio.sleep(0 if error else self.latency)
            if error:
                raise error
        finally:
            self.running -= 1
        self.done += 1
        return Generation("x")


async def many(one, ask, count, **about):
    return await asyncio.gather(*(one.get(call(ask, **about)) for _ in range(count)), return_exceptions=True)


async def test_fewer_calls_go_at_once_where_the_server_takes_no_more(store):
    host = Host(lambda host: RateLimited("busy") if host.running > 4 else None)
    said = await many(calls(store), host, 200)
    assert all(isinstance(one, Generation) for one in said)
    assert len(host.begun) < 320, "16 at once would be refused three times out of four"


async def test_the_number_grows_back_and_never_beyond_what_was_asked_for(store):
    one = calls(store, concurrency=8)
    once = iter([RateLimited("busy")])
    host = Host(lambda _: next(once, None))
    await many(one, host, 20)
    host.most = 0
    await many(one, host, 200)
    assert host.most == 8


async def test_a_limit_is_one_sign_however_many_calls_meet_it(store):
    one = calls(store)
    host = Host(lambda host: RateLimited("busy") if len(host.begun) <= 16 else None)
    await many(one, host, 16)
    assert len(host.begun) == 32
    later = sorted(host.begun)[16:]
    assert host.done == 16
    assert later[8] - later[0] >= host.latency / 2, "not all of them at once"


async def test_all_calls_wait_for_the_time_that_the_server_names(store):
    host = Host(lambda host: RateLimited("busy", retry_after=0.3) if len(host.begun) == 1 else None)
    one = calls(store, concurrency=1)
    await many(one, host, 5)
    assert host.begun[1] - host.begun[0] >= 0.29
    assert len(host.begun) == 6


async def test_waiting_is_no_attempt(store):
    host = Host(lambda host: RateLimited("busy") if len(host.begun) < 6 else None)
    (said,) = await many(calls(store, attempts=1), host, 1)
    assert said.text == "x"


@pytest.mark.parametrize("error", [RateLimited("busy"), Unavailable("away"), Unavailable("refused", unproven=True)])
async def test_patience_is_the_time_without_progress(store, error):
    host, begun = Host(lambda _: error), time.monotonic()
    said = await many(calls(store, seconds=0.3), host, 30)
    assert 0.25 < time.monotonic() - begun < 8
    assert {type(one) for one in said} == {FatalError}
    assert re.search(r"given up after \d s, see --patience; finished work is in the store", str(said[0]))


async def test_a_call_in_work_is_progress_and_the_others_do_not_hammer(store):
    one = calls(store, concurrency=8, seconds=0.2)
    long, limited = Host(lambda _: None, latency=0.8), Host(lambda _: RateLimited("busy") if long.running else None)
    working = asyncio.create_task(one.get(call(long)))
    await asyncio.sleep(0)
    (said,) = await many(one, limited, 1)
    await working
    assert isinstance(said, Generation)
    assert len(limited.begun) < 12


async def test_progress_ends_the_impatience(store):
    """Each second call is refused for three times as long as patience lasts."""
    host = Host(lambda host: RateLimited("busy") if len(host.begun) % 2 else None, latency=0.05)
    said = await many(calls(store, concurrency=1, seconds=0.2, first_wait=0.02), host, 8)
    assert all(isinstance(one, Generation) for one in said)


async def test_one_call_at_a_time_looks_whether_somebody_is_there_again(store):
    back = time.monotonic() + 0.4
    host = Host(lambda _: Unavailable("refused", unproven=True) if time.monotonic() < back else None, latency=0.05)
    said = await many(calls(store, attempts=1), host, 50)
    assert all(isinstance(one, Generation) for one in said)
    refused = [moment for moment in host.begun if moment < back]
    assert len(refused) < 16 + 10, "the sixteen that met it first, and then one after the other"
    assert host.most == 16, "and then all of them"


async def test_a_connection_that_breaks_once_holds_nobody_up(store):
    one = calls(store, first_wait=5)
    host = Host(lambda host: Unavailable("hung up") if len(host.begun) % 25 == 3 else None)
    begun = time.monotonic()
    assert all(isinstance(said, Generation) for said in await many(one, host, 100))
    assert time.monotonic() - begun < 3


async def test_somebody_who_listens_need_not_have_replied(store, monkeypatch):
    monkeypatch.setattr("prism_eval.calls.lane._LISTENS", 0.05)
    host = Host(lambda host: Unavailable("refused", unproven=True) if len(host.begun) == 1 else None, latency=2)
    begun = time.monotonic()
    await many(calls(store), host, 16)
    assert time.monotonic() - begun < 3.5


async def test_a_call_that_alone_is_always_refused_is_one_item(store):
    """A request larger than a whole minute's quota, say: it must not be waited for until the end of all days."""
    one = calls(store, seconds=0.3, first_wait=0.001)
    alone = Host(lambda _: RateLimited("too much at once"))
    others = Host(lambda _: None)
    refused = asyncio.create_task(one.get(call(alone)))
    while not refused.done():
        assert all(isinstance(said, Generation) for said in await many(one, others, 4))
    assert type(refused.exception()) is TransientError
    assert refused.exception().attempts >= 3


async def test_what_a_server_still_answers_as_it_goes_away_is_no_sign_against_a_broken_call(store):
    """A shutdown lets what is under way end, one after the other, and breaks off what is sent meanwhile."""
    one = calls(store, attempts=2, first_wait=0.001)
    ended = [asyncio.Event() for _ in range(4)]
    left = iter(ended)

    async def older(number):
        await asyncio.sleep(0.05 * (number + 1))
        ended[number].set()
        return Generation("x")

    async def broken():
        if (end := next(left, None)) is None:
            return Generation("y")
        await end.wait()
        await asyncio.sleep(0.01)
        raise Unavailable("hung up")

    asks = [functools.partial(older, number) for number in range(4)]
    said = await asyncio.gather(*(one.get(call(ask)) for ask in (*asks, broken)))
    assert said[-1].text == "y"


async def test_a_call_that_gives_up_waiting_leaves_no_place_behind(store):
    one = calls(store, concurrency=1)
    host = Host(lambda _: None, latency=0.05)
    tasks = [asyncio.create_task(one.get(call(host))) for _ in range(6)]
    await asyncio.sleep(0.01)
    await one.stop()
    assert all(
        isinstance(said, asyncio.CancelledError) for said in await asyncio.gather(*tasks, return_exceptions=True)
    )
    assert len(await many(one, host, 3)) == 3
    assert host.most == 1


async def test_a_call_inside_a_call_waits_with_it_and_its_patience_ends(store):
    one = calls(store, concurrency=2, seconds=0.3)
    limited = Host(lambda _: RateLimited("busy"))

    async def outer():
        return await one.within(call(limited, stage="prior"))

    said = await asyncio.wait_for(many(one, outer, 6, stage="answer"), 5)
    assert {type(each) for each in said} == {FatalError}


async def test_a_lane_that_nobody_asked_for_long_was_not_stuck(monkeypatch):
    lane, patience, now = Lane("x", 4), Patience(3, 100.0, 0.001), 1000.0
    monkeypatch.setattr("prism_eval.calls.lane.time.monotonic", lambda: now)
    for later in (0, 500, 550, 590):
        now = 1000.0 + later
        async with lane.place() as place:
            lane.failed(place, TransientError("broken"), patience)
            assert not lane.is_given_up(place, patience)
    now = 1000.0 + 610
    async with lane.place() as place:
        lane.failed(place, TransientError("broken"), patience)
        assert lane.is_given_up(place, patience)


async def test_what_is_waited_for_can_be_told(store, monkeypatch):
    monkeypatch.setattr("prism_eval.calls.limits._SHOWN_AFTER", 0.05)
    one = calls(store)
    back = time.monotonic() + 1.5
    words = "http://a/v1: cannot connect (connection refused); is the server running?"
    host = Host(lambda _: Unavailable(words) if time.monotonic() < back else None)
    waiting = asyncio.create_task(one.get(call(host)))
    assert list(one.limits.waits()) == []
    await asyncio.sleep(0.2)
    (said,) = one.limits.waits()
    assert re.fullmatch(r"waiting for http://a/v1: cannot connect \(connection refused\) \([01] s\)", said)
    await waiting
    assert list(one.limits.waits()) == []


class TestWhoseFault:
    """Refusals of single requests cost items; those that all of the first calls meet end the run."""

    @staticmethod
    def refusing(error, *, of=lambda number: True, slow=0.0):
        async def ask(number):
            if of(number):
                raise error(number)
            await asyncio.sleep(slow)
            return Generation("x")

        return ask

    @staticmethod
    async def outcomes(one, ask, count, plugin=HERE):
        wanted = (one.get(call(lambda number=number: ask(number), plugin=plugin)) for number in range(count))
        said = await asyncio.gather(*wanted, return_exceptions=True)
        return [type(each) for each in said]

    async def test_equal_refusals_of_the_first_ten(self, store):
        ask = self.refusing(lambda number: PermanentError(f"{number} tokens are too many (request {number:x}a)"))
        kinds = await self.outcomes(calls(store), ask, 36)
        assert FatalError in kinds

    async def test_fewer_than_ten_are_items(self, store):
        kinds = await self.outcomes(calls(store), self.refusing(lambda _: PermanentError("no")), 9)
        assert kinds == [PermanentError] * 9

    async def test_refusals_that_differ_are_items(self, store):
        ask = self.refusing(lambda number: PermanentError("not a " + "abcdefghij"[number % 10] * 3))
        assert await self.outcomes(calls(store), ask, 36) == [PermanentError] * 36

    async def test_one_slow_success_among_the_first_shows_that_the_others_were_items(self, store):
        ask = self.refusing(lambda _: PermanentError("no"), of=lambda number: number != 5, slow=0.1)
        kinds = await self.outcomes(calls(store), ask, 60)
        assert kinds == [PermanentError] * 5 + [Generation] + [PermanentError] * 54

    async def test_what_the_store_holds_shows_it_too(self, store):
        stored = call(self.refusing(None, of=lambda _: False), plugin=HERE)
        known = Call(
            key=stored.key, stage="caption", plugin=HERE, about="x", ask=lambda: _text("x"), returns=Generation
        )
        await calls(store).get(known)
        one = calls(store)
        await one.get(known)
        kinds = await self.outcomes(one, self.refusing(lambda _: PermanentError("no")), 30)
        assert set(kinds) == {PermanentError}

    async def test_a_plugin_in_process_that_fails_at_everything_costs_items(self, store):
        kinds = await self.outcomes(calls(store), self.refusing(lambda _: PermanentError("no")), 30, plugin=PLUGIN)
        assert set(kinds) == {PermanentError}

    async def test_three_denied_calls_are_the_key(self, store):
        kinds = await self.outcomes(calls(store), self.refusing(lambda number: Denied("no" * number)), 3)
        assert FatalError in kinds

    async def test_one_denied_call_is_an_item(self, store):
        ask = self.refusing(lambda _: Denied("flagged"), of=lambda number: number == 0)
        kinds = await self.outcomes(calls(store), ask, 30)
        assert kinds == [Denied] + [Generation] * 29

    async def test_a_key_that_expires_ends_the_run(self, store):
        one = calls(store, concurrency=1)
        ask = self.refusing(lambda _: Denied("expired"), of=lambda number: number > 10)
        kinds = await self.outcomes(one, ask, 60)
        assert kinds[:11] == [Generation] * 11
        assert kinds.index(FatalError) == 11 + 19


async def _text(text):
    return Generation(text)


async def test_what_others_wait_for_goes_before_what_nothing_waits_for(store):
    one, order = calls(store, concurrency=1), []

    def asking(name):
        async def ask():
            order.append(name)
            await asyncio.sleep(0.002)
            return Generation(name)

        return ask

    stages = ["answer", "answer", "caption", "judge", "instruction", "answer", "caption"]
    wanted = [one.get(call(asking(f"{stage} {number}"), stage=stage)) for number, stage in enumerate(stages)]
    await asyncio.gather(*wanted)
    # The first was alone when it came; the others go by what waits for them, and then in the order in which they came.
    ahead = ["caption 2", "instruction 4", "caption 6"]
    assert order == ["answer 0", *ahead, "answer 1", "judge 3", "answer 5"]
