import asyncio

import pytest

from prism_eval.calls import Calls, Patience, Store
from prism_eval.calls.upkeep import stats
from prism_eval.errors import FatalError, PermanentError, RateLimited, TransientError
from prism_eval.schema import Generation

QUICK = Patience(attempts=3, seconds=5, first_wait=0.001)


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "store.sqlite") as opened:
        yield opened


def calls(store, **options):
    return Calls(store=store, stage="caption", source="test", **{"patience": QUICK, **options})


def asking(*outcomes):
    made = []

    async def ask():
        made.append(1)
        await asyncio.sleep(0)
        outcome = outcomes[min(len(made), len(outcomes)) - 1]
        if isinstance(outcome, Exception):
            raise outcome
        return Generation(outcome)

    ask.made = made
    return ask


async def test_a_call_is_made_once_and_then_remembered(store):
    ask, one = asking("text"), calls(store)
    assert (await one.get("k", ask)).text == "text"
    assert (await one.get("k", ask)).text == "text"
    assert (len(ask.made), one.tally.made, one.tally.hits) == (1, 1, 1)


async def test_calls_in_flight_are_shared(store):
    ask, one = asking("text"), calls(store)
    texts = await asyncio.gather(*(one.get("k", ask) for _ in range(5)))
    assert {generation.text for generation in texts} == {"text"}
    assert len(ask.made) == 1


async def test_transient_errors_are_retried(store):
    ask = asking(TransientError("reset"), RateLimited("slow down", retry_after=0.001), "text")
    assert (await calls(store).get("k", ask)).text == "text"
    assert len(ask.made) == 3


async def test_retries_end_and_the_failure_is_a_row_not_a_result(store):
    ask, one = asking(TransientError("reset")), calls(store)
    for _ in range(2):
        with pytest.raises(TransientError) as caught:
            await one.get("k", ask)
    assert (len(ask.made), caught.value.attempts, one.tally.failed) == (3, 3, 1)
    store.flush()
    assert (stats(store.path)[0].failures, store.get("k")) == (1, None)


async def test_permanent_errors_are_not_retried(store):
    ask = asking(PermanentError("too large"))
    with pytest.raises(PermanentError):
        await calls(store).get("k", ask)
    assert len(ask.made) == 1


async def test_total_time_is_limited(store):
    ask = asking(TransientError("reset"))
    patience = Patience(attempts=1000, seconds=0.05, first_wait=0.02)
    with pytest.raises(TransientError):
        await calls(store, patience=patience).get("k", ask)
    assert 1 <= len(ask.made) < 20


async def test_a_server_that_stays_away_stops_the_run(store):
    ask, one = asking(TransientError("refused")), calls(store)
    for key in "abcd":
        with pytest.raises(TransientError):
            await one.get(key, ask)
    with pytest.raises(FatalError, match="5 calls in a row failed"):
        await one.get("e", ask)


async def test_a_replay_makes_no_calls(store):
    ask = asking("text")
    with pytest.raises(PermanentError, match="prism-eval caption"):
        await calls(store, live=False).get("k", ask)
    assert not ask.made


async def test_concurrency_is_bounded(store):
    running, most = 0, 0

    async def ask():
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001)
        running -= 1
        return Generation("x")

    one = calls(store, concurrency=3)
    await asyncio.gather(*(one.get(str(index), ask) for index in range(30)))
    assert most == 3


async def test_calls_in_flight_can_be_given_up(store):
    wanted, begun, ended = calls(store), asyncio.Event(), asyncio.Event()

    async def ask():
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    waiting = asyncio.create_task(wanted.get("key", ask))
    await begun.wait()
    waiting.cancel()
    await wanted.stop()
    assert ended.is_set()
    assert store.get("key") is None
