"""A trainer that asks a server: it gets the same rewards, waits where it must, and never takes an outage for a 0."""

from __future__ import annotations

import asyncio
import json

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from prism_eval.errors import DataError, PermanentError, RunError, UsageError
from prism_eval.rewards import CaptionReward, LengthTerm, Question, Reward, Rollout
from prism_eval.rewards.remote import RemoteReward
from prism_eval.rewards.serving.admission import Admission
from prism_eval.rewards.serving.application import Service
from prism_eval.rewards.trainers.trl import reward_funcs
from tests.rewards.reader import COLOUR, DOGS, Scripted, finds

GOOD, HALF, LOST = "The car is blue and there are three dogs.", "The car is blue .", "The car is lost."
QUESTIONS = [COLOUR, DOGS]


def says(caption, item):
    return PermanentError("the reader is gone") if "lost" in caption.text else finds(caption, item)


def service(tmp_path, *, most=99, token="", **settings):
    reward = CaptionReward(Scripted(says=says), store=tmp_path / "store.sqlite", **settings)
    return Service(reward=reward, admission=Admission(most), token=token).application()


def rollouts(*captions, **more):
    return [Rollout(caption=caption, questions=QUESTIONS, **more) for caption in captions]


async def test_rewards_are_those_of_the_server_with_all_their_parts(tmp_path):
    here = CaptionReward(Scripted(says=says), store=tmp_path / "here.sqlite", length=LengthTerm())
    wanted = await here.score_all(rollouts(GOOD, HALF, LOST, tokens=2560))
    await here.close()
    async with TestServer(service(tmp_path, length=LengthTerm())) as server:
        remote = RemoteReward(str(server.make_url("/")))
        assert await remote.score_all(rollouts(GOOD, HALF, LOST, tokens=2560)) == wanted
        assert await remote.score_all([]) == []
        await remote.close()
    assert [one.value for one in wanted] == [1.1, 0.6, None]


async def test_questions_in_every_form_reach_it_and_bad_ones_cost_their_row(tmp_path):
    forms = [QUESTIONS, json.dumps(QUESTIONS), [Question("What colour is the car?", ("red", "blue"), 1)], [], [7]]
    asked = [Rollout(caption=GOOD, questions=form) for form in forms]
    async with TestServer(service(tmp_path)) as server:
        remote = RemoteReward(str(server.make_url("/get_reward")))
        given = await remote.score_all(asked)
        assert [one.value for one in given] == [1.0, 1.0, 1.0, None, None]
        with pytest.raises(DataError, match="no questions"):
            await remote.score_all(asked[3:])
        await remote.close()


async def test_trl_is_handed_it_as_any_other(tmp_path):
    async with TestServer(service(tmp_path)) as server:
        (function,) = reward_funcs(RemoteReward(str(server.make_url("/"))))
        assert await function([GOOD, LOST], questions=[QUESTIONS] * 2) == [1.0, None]
        await asyncio.to_thread(function.close)


class Flaky:
    """A server whose first replies are not what was asked for."""

    def __init__(self, *replies):
        self.replies = list(replies)
        self.asked = 0

    def application(self):
        app = web.Application()
        app.router.add_post("/score", self.reply)
        return app

    async def reply(self, request):
        self.asked += 1
        status, body, headers = self.replies.pop(0) if self.replies else (503, b"", {})
        if status == 0:
            request.transport.abort()
        return web.Response(status=status or 200, body=body, headers=headers)


OK = json.dumps({"rewards": [Reward(value=0.5, accuracy=0.5).told()]}).encode()
NOW = {"Retry-After": "0.01"}


@pytest.mark.parametrize(
    "first", [(503, b"", NOW), (503, b"", {"Retry-After": "soon"}), (0, b"", {}), (500, b"{}", {}), (200, b"{}", {})]
)
async def test_what_may_pass_is_waited_out(first, monkeypatch):
    monkeypatch.setattr("prism_eval.rewards.remote._FIRST_WAIT", 0.01)
    flaky = Flaky(first, (200, OK, {}))
    async with TestServer(flaky.application()) as server:
        remote = RemoteReward(str(server.make_url("/")))
        assert [one.value for one in await remote.score_all(rollouts(GOOD))] == [0.5]
        await remote.close()
    assert flaky.asked == 2


async def test_when_patience_ends_there_is_no_value():
    async with TestServer(Flaky(*[(503, b"", NOW)] * 3).application()) as server:
        remote = RemoteReward(str(server.make_url("/")), patience=0.1)
        (given, _) = await remote.score_all(rollouts(GOOD, HALF))
        await remote.close()
    assert (given.value, given.accuracy) == (None, None)
    assert "busy" in given.problem
    nobody = RemoteReward("http://127.0.0.1:9", patience=0.05)
    (given,) = await nobody.score_all(rollouts(GOOD))
    await nobody.close()
    assert given.value is None
    assert "http://127.0.0.1:9" in given.problem


async def test_what_waiting_does_not_mend_is_told(tmp_path):
    async with TestServer(service(tmp_path, most=1, token="secret")) as server:
        url = str(server.make_url("/"))
        stranger, known = RemoteReward(url, token="wrong"), RemoteReward(url, token="secret")
        with pytest.raises(UsageError, match="wants a bearer token"):
            await stranger.score_all(rollouts(GOOD))
        with pytest.raises(UsageError, match="send 1 at most"):
            await known.score_all(rollouts(GOOD, HALF))
        assert [one.value for one in await known.score_all(rollouts(GOOD))] == [1.0]
        await stranger.close()
        await known.close()
    for reply in (b"<html>", json.dumps({"rewards": [{"value": 1}]}).encode()):
        async with TestServer(Flaky((200, reply, {})).application()) as server:
            remote = RemoteReward(str(server.make_url("/")))
            with pytest.raises(RunError, match=r"no server of rewards|no reward, but"):
                await remote.score_all(rollouts(GOOD))
            await remote.close()


def test_slips_are_told():
    with pytest.raises(UsageError, match="no address"):
        RemoteReward("127.0.0.1:18889")
    with pytest.raises(UsageError, match="patience"):
        RemoteReward("http://127.0.0.1:18889", patience=0)
