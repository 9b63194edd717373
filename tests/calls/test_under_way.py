"""Clients of one store that are asked for the same at the same time."""

from __future__ import annotations

import asyncio

import pytest

from prism_eval.calls import Call, Calls, Limits, Patience, Store, UnderWay
from prism_eval.errors import PermanentError
from prism_eval.schema import Generation
from tests.calls.test_calls import Server

HERE = Server(where="http://a/v1")


@pytest.fixture
def clients(tmp_path):
    """Makes clients of one store, one limit and one record of what is under way."""
    limits, under_way = Limits(4), UnderWay()
    with Store(tmp_path / "store.sqlite") as store:
        yield lambda: Calls(store, limits=limits, patience=Patience(1), under_way=under_way)


class Asked:
    """Answers when it is told to, or fails so many times first."""

    def __init__(self, failures=0):
        self.times, self.failures, self.begun, self.go_on = 0, failures, asyncio.Event(), asyncio.Event()

    async def __call__(self):
        self.times += 1
        number = self.times
        self.begun.set()
        await self.go_on.wait()
        if number <= self.failures:
            raise PermanentError("no")
        return Generation(f"text {number}")


def call(ask):
    return Call(key="0" * 64, stage="answer", plugin=HERE, about="x", ask=ask, returns=Generation)


async def test_one_makes_the_call_and_both_have_its_text(clients):
    ask = Asked()
    waiting = [asyncio.create_task(clients().get(call(ask))) for _ in range(5)]
    await ask.begun.wait()
    ask.go_on.set()
    assert [said.text for said in await asyncio.gather(*waiting)] == ["text 1"] * 5
    assert ask.times == 1


async def test_what_one_fails_at_the_next_makes(clients):
    ask = Asked(failures=1)
    waiting = [asyncio.create_task(clients().get(call(ask))) for _ in range(3)]
    await ask.begun.wait()
    ask.go_on.set()
    first, *others = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(first, PermanentError)
    assert [said.text for said in others] == ["text 2"] * 2


async def test_who_gives_up_takes_it_from_nobody(clients):
    ask, giving_up = Asked(), clients()
    first = asyncio.create_task(giving_up.get(call(ask)))
    await ask.begun.wait()
    second = asyncio.create_task(clients().get(call(ask)))
    await asyncio.sleep(0)
    first.cancel()
    await giving_up.give_up()
    ask.go_on.set()
    assert (await second).text == "text 2"
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_what_has_ended_is_forgotten(clients):
    ask = Asked()
    ask.go_on.set()
    client = clients()
    await client.get(call(ask))
    assert not await client._under_way.ended_elsewhere("0" * 64)
