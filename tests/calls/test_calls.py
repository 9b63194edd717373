import asyncio
import gc
import sys
import textwrap
import tracemalloc
from dataclasses import dataclass

import pytest

from prism_eval.calls import Call, Calls, Limits, Patience, Record, Store
from prism_eval.calls.upkeep import stats
from prism_eval.errors import FatalError, PermanentError, RateLimited, TransientError, UsageError
from prism_eval.plugins import Plugin
from prism_eval.schema import Caption, FinishReason, Generation

QUICK = Patience(attempts=3, seconds=5, first_wait=0.001)


@dataclass(kw_only=True)
class Server(Plugin):
    """Stands for a plugin whose calls go to an address."""

    where: str = ""
    serves: str | None = None
    concurrency: int | None = None

    @property
    def address(self):
        return self.where

    @property
    def root(self):
        return self.serves


PLUGIN = Server()


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "store.sqlite") as opened:
        yield opened


def calls(store, concurrency=16, **options):
    return Calls(store, limits=Limits(concurrency), **{"patience": QUICK, **options})


def call(key, ask, plugin=PLUGIN, stage="caption", returns=Generation):
    return Call(key=key * 64, stage=stage, plugin=plugin, about="image one.png", ask=ask, returns=returns)


def asking(*outcomes):
    made = []

    async def ask():
        made.append(1)
        await asyncio.sleep(0)
        outcome = outcomes[min(len(made), len(outcomes)) - 1]
        if isinstance(outcome, BaseException):
            raise outcome
        return Generation(outcome) if isinstance(outcome, str) else outcome

    ask.made = made
    return ask


async def test_a_call_is_made_once_and_then_remembered(store):
    ask, one = asking("text"), calls(store)
    assert (await one.get(call("a", ask))).text == "text"
    assert (await one.get(call("a", ask))).text == "text"
    assert (len(ask.made), one.tally("caption").made, one.tally("caption").hits) == (1, 1, 0)


async def test_a_stored_call_counts_once_however_often_it_is_looked_up(store):
    await calls(store).get(call("a", asking("text")))
    again, ask = calls(store), asking("other")
    for _ in range(3):
        assert (await again.get(call("a", ask))).text == "text"
    assert (len(ask.made), again.tally("caption").made, again.tally("caption").hits) == (0, 0, 1)


async def test_calls_in_flight_are_shared(store):
    ask, one = asking("text"), calls(store)
    texts = await asyncio.gather(*(one.get(call("a", ask)) for _ in range(5)))
    assert {generation.text for generation in texts} == {"text"}
    assert len(ask.made) == 1


async def test_what_is_returned_is_what_the_store_holds(store, tmp_path):
    """Another process wrote its own answer while ours was under way: both go on with the first."""
    one = calls(store)

    async def ask():
        with Store(tmp_path / "store.sqlite") as other:
            other.put(Record("a" * 64, "caption", "other", Generation("theirs")))
        return Generation("ours")

    assert (await one.get(call("a", ask))).text == "theirs"
    assert store.get("a" * 64).generation.text == "theirs"


async def test_transient_errors_are_retried(store):
    ask = asking(TransientError("reset"), RateLimited("slow down", retry_after=0.001), "text")
    assert (await calls(store).get(call("a", ask))).text == "text"
    assert len(ask.made) == 3


async def test_retries_end_and_the_failure_is_a_row_not_a_result(store):
    ask, one = asking(TransientError("reset")), calls(store)
    for _ in range(2):
        with pytest.raises(TransientError) as caught:
            await one.get(call("a", ask))
    assert (len(ask.made), caught.value.attempts, one.tally("caption").failed) == (3, 3, 1)
    store.flush()
    assert (stats(store.path)[0].failures, store.get("a" * 64)) == (1, None)


async def test_permanent_errors_are_not_retried(store):
    ask = asking(PermanentError("too large"))
    with pytest.raises(PermanentError):
        await calls(store).get(call("a", ask))
    assert len(ask.made) == 1


async def test_a_call_within_another_that_failed_is_not_worth_another_try(store):
    inner, one = asking(TransientError("reset")), calls(store)

    async def outer():
        return await one.within(call("a", inner))

    with pytest.raises(PermanentError, match="reset"):
        await one.get(call("b", outer))
    assert len(inner.made) == 3


async def test_a_failure_keeps_no_exception_alive(store):
    """200 refused images of 0.2 MB each: nothing of them is left but the words."""
    one = calls(store, patience=Patience(1, 1, 0.001))

    def refusing(image):
        async def ask():
            body = image + image
            raise PermanentError(f"refused {len(body)} bytes")

        return ask

    tracemalloc.start()
    for number in range(200):
        key, ask = f"{number:064x}", refusing(bytes(200_000))
        refused = Call(key=key, stage="caption", plugin=PLUGIN, about="an image", ask=ask, returns=Generation)
        with pytest.raises(PermanentError):
            await one.get(refused)
    del refused, ask
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 2_000_000


async def test_total_time_is_limited(store):
    ask = asking(TransientError("reset"))
    patience = Patience(attempts=1000, seconds=0.05, first_wait=0.02)
    with pytest.raises(TransientError):
        await calls(store, patience=patience).get(call("a", ask))
    assert 1 <= len(ask.made) < 20


async def test_a_server_that_stays_away_stops_the_run(store):
    ask, one = asking(TransientError("refused")), calls(store)
    for key in "abcd":
        with pytest.raises(TransientError):
            await one.get(call(key, ask))
    with pytest.raises(FatalError, match="5 calls in a row failed"):
        await one.get(call("e", ask))


async def test_a_replay_makes_no_calls(store):
    ask = asking("text")
    with pytest.raises(PermanentError, match="prism-eval caption"):
        await calls(store, live=frozenset()).get(call("a", ask))
    assert not ask.made


async def test_what_a_context_cut_is_asked_again_by_each_run_that_can_and_read_by_replays(store):
    cut = Generation("The", FinishReason.CONTEXT, note="the server's context of 64 tokens")
    small, larger, never = asking(cut), asking("The whole"), asking("never")
    one = calls(store)
    assert [(await one.get(call("a", small))).text for _ in range(3)] == ["The"] * 3
    assert len(small.made) == 1
    assert await calls(store, live=frozenset()).get(call("a", never)) == cut
    two = calls(store)
    assert [(await two.get(call("a", larger))).text for _ in range(3)] == ["The whole"] * 3
    assert (await calls(store).get(call("a", never))).text == "The whole"
    assert (len(larger.made), len(never.made)) == (1, 0)


async def test_a_reply_that_the_store_cannot_hold_is_a_failure_of_its_call(store):
    huge = Generation("x", seconds=1.0)
    object.__setattr__(huge, "completion_tokens", 2**70)
    one = calls(store)
    said = await asyncio.gather(
        *(one.get(call(key, asking(reply))) for key, reply in (("a", "x"), ("b", huge), ("c", "y"))),
        return_exceptions=True,
    )
    assert [getattr(one, "text", type(one)) for one in said] == ["x", PermanentError, "y"]
    store.flush()
    assert [(line.generations, line.failures) for line in stats(store.path)] == [(2, 1)]
    with pytest.raises(PermanentError, match="cannot hold this caption"):
        await one.get(call("b", asking("again")))


class Copies(Server):
    replicas = 4


class _Busy:
    """Counts how many calls are under way at once."""

    def __init__(self):
        self.running, self.most = 0, 0

    async def __call__(self):
        self.running += 1
        self.most = max(self.most, self.running)
        await asyncio.sleep(0.001)
        self.running -= 1
        return Generation("x")


def _many(plugin, ask, count=30, tag="0"):
    return [
        Call(key=f"{tag}{index:063x}", stage="caption", plugin=plugin, about="x", ask=ask, returns=Generation)
        for index in range(count)
    ]


async def test_one_address_has_one_limit_whoever_calls_it(store):
    busy, one = _Busy(), calls(store, concurrency=3)
    first, second = Server(where="http://a/v1"), Server(where="http://a/v1")
    await asyncio.gather(*map(one.get, _many(first, busy, tag="1") + _many(second, busy, tag="2")))
    assert busy.most == 3


async def test_addresses_do_not_wait_for_each_other(store):
    busy, one = _Busy(), calls(store, concurrency=3)
    plugins = [Server(where="http://a/v1"), Server(where="http://b/v1"), Server()]
    wanted = [each for tag, plugin in enumerate(plugins) for each in _many(plugin, busy, tag=str(tag))]
    await asyncio.gather(*map(one.get, wanted))
    assert busy.most == 9


async def test_a_limit_in_a_spec_is_obeyed(store):
    busy, one = _Busy(), calls(store, concurrency=3)
    plugin = Server(where="http://a/v1", concurrency=7)
    one.limits.declare(plugin)
    await asyncio.gather(*map(one.get, _many(plugin, busy)))
    assert (busy.most, one.limits.largest) == (7, 7)


@pytest.mark.parametrize(("concurrency", "most"), [(None, 12), (5, 20)])
async def test_a_model_in_several_copies_has_so_many_times_the_limit(store, concurrency, most):
    busy, one = _Busy(), calls(store, concurrency=3)
    plugin = Copies(where="http://a/v1", concurrency=concurrency)
    one.limits.declare(plugin)
    await asyncio.gather(*map(one.get, _many(plugin, busy)))
    assert (busy.most, one.limits.largest) == (most, most)


async def test_calls_inside_calls_of_one_address_do_not_wait_for_each_other_s_places(store):
    one, plugin = calls(store, concurrency=2), Server(where="http://a/v1")
    busy = _Busy()

    def outer(number):
        async def ask():
            (inner,) = _many(plugin, busy, count=1, tag=f"{number:x}")
            return await one.within(inner)

        return Call(key=f"{number + 100:064x}", stage="answer", plugin=plugin, about="x", ask=ask, returns=Generation)

    await asyncio.wait_for(asyncio.gather(*(one.get(outer(number)) for number in range(8))), 5)
    assert busy.most == 2


def test_two_limits_for_one_address_are_a_usage_error():
    limits = Limits(16)
    limits.declare(Server(where="http://a/v1", concurrency=7))
    limits.declare(Server(where="http://a/v1"))
    with pytest.raises(UsageError, match=r"concurrency=7 and concurrency=8 for one address, http://a/v1"):
        limits.declare(Server(where="http://a/v1", concurrency=8))


async def test_calls_in_flight_can_be_given_up(store):
    wanted, begun, ended = calls(store), asyncio.Event(), asyncio.Event()

    async def ask():
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    waiting = asyncio.create_task(wanted.get(call("a", ask)))
    await begun.wait()
    waiting.cancel()
    await wanted.stop()
    assert ended.is_set()
    assert store.get("a" * 64) is None


async def test_results_of_another_server_are_told(store):
    here, there = Server(where="http://a/v1", serves="weights-1"), Server(where="http://b/v1", serves="weights-2")
    await calls(store).get(call("a", asking("text"), plugin=here))
    same, other = calls(store), calls(store)
    await same.get(call("a", asking("text"), plugin=here))
    assert list(same.origins.elsewhere()) == []
    await other.get(call("a", asking("text"), plugin=there))
    (one,) = other.origins.elsewhere()
    assert (one.count, one.made_by, one.asked_now) == (1, "http://a/v1 (weights-1)", "http://b/v1 (weights-2)")


async def test_another_model_under_the_same_address_is_told_once_the_server_has_said_so(store):
    await calls(store).get(call("a", asking("text"), plugin=Server(where="http://a/v1", serves="weights-1")))
    plugin, later = Server(where="http://a/v1"), calls(store)
    await later.get(call("a", asking("text"), plugin=plugin))
    assert list(later.origins.elsewhere()) == []
    plugin.serves = "weights-2"
    (one,) = later.origins.elsewhere()
    assert one.made_by == "http://a/v1 (weights-1)"


class TestAStrangersFault:
    """Whatever a plugin does, one call fails, in three lines that name it, the image and its own code."""

    @staticmethod
    async def failure(store, ask, returns=Caption):
        with pytest.raises(PermanentError) as caught:
            await calls(store).get(call("a", ask, returns=returns))
        return str(caught.value)

    @pytest.mark.parametrize(
        "error",
        [
            *(kind("boom") for kind in (ZeroDivisionError, KeyError, StopIteration, RecursionError, SystemExit)),
            *(kind("boom") for kind in (asyncio.CancelledError, MemoryError, UsageError)),
            ExceptionGroup("boom", [ValueError()]),
        ],
    )
    async def test_anything_it_raises(self, store, error):
        said = await self.failure(store, asking(error))
        assert "captioner 'server', image one.png" in said
        assert "boom" in said or isinstance(error, StopIteration)
        assert len(said.splitlines()) <= 3

    async def test_the_last_line_of_its_own_code_is_named(self, store, tmp_path, monkeypatch):
        (tmp_path / "stranger.py").write_text(
            textwrap.dedent(
                """
                import json
                from dataclasses import dataclass
                from prism_eval.plugins import Plugin

                @dataclass(kw_only=True)
                class Stranger(Plugin):
                    async def ask(self):
                        return json.loads("{")
                """
            ),
            encoding="utf-8",
        )
        monkeypatch.syspath_prepend(str(tmp_path))
        import stranger

        plugin = stranger.Stranger()
        with pytest.raises(PermanentError) as caught:
            await calls(store).get(call("a", plugin.ask, plugin=plugin))
        first, second, third = str(caught.value).splitlines()
        assert "captioner 'stranger', image one.png" in first
        assert second.startswith("JSONDecodeError: Expecting property name")
        assert third.endswith('stranger.py, line 9, in ask: return json.loads("{")')
        del sys.modules["stranger"]

    async def test_a_wrong_type(self, store):
        assert "caption() returned str, not a prism_eval.Caption" in await self.failure(store, _returning("text"))
        assert "caption() returned NoneType" in await self.failure(store, _returning(None))

    async def test_what_is_not_async(self, store):
        assert "caption() is not async: it returned Caption at once" in await self.failure(store, lambda: Caption("x"))

    async def test_a_cancellation_of_ours_is_none_of_its_faults(self, store):
        one = calls(store)
        waiting = asyncio.create_task(one.get(call("a", asyncio.Event().wait)))
        await asyncio.sleep(0.01)
        await one.stop()
        with pytest.raises(asyncio.CancelledError):
            await waiting


def _returning(value):
    async def ask():
        return value

    return ask
