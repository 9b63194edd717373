"""The server under clients: full, locked, with a reader that fails and one that goes away. Never a 0 that is none."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from prism_eval.errors import PermanentError
from prism_eval.rewards import CaptionReward, Rollout
from prism_eval.rewards.serving.admission import Admission
from prism_eval.rewards.serving.application import Service
from prism_eval.rewards.serving.diary import Diary
from tests.rewards.reader import COLOUR, DOGS, SHOP, Scripted, finds
from tests.server.fault_server import Behaviour
from tests.server.threaded import ThreadedServer

QUESTIONS = [COLOUR, DOGS]
PAIRS = [["What colour is the car?\n   - A) red\n   - B) blue", "B"]]
BLUE, RED = "A blue car.", "A red car."


@asynccontextmanager
async def served(reward, *, most=100, token="", diary=None):
    service = Service(reward=reward, admission=Admission(most), token=token, diary=diary or Diary(None))
    async with TestServer(service.application()) as server, aiohttp.ClientSession(server.make_url("/")) as client:
        yield client


def scripted(tmp_path, says=finds, **settings):
    return CaptionReward(Scripted(says=says), store=tmp_path / "store.sqlite", **settings)


def own(*captions, questions=QUESTIONS):
    return {"rollouts": [{"caption": caption, "questions": questions} for caption in captions]}


def caprl(*captions):
    return {"prompts": [[caption, PAIRS] for caption in captions], "query": [], "labels": []}


async def post(client, path, body, **headers):
    async with client.post(path, json=body, headers=headers) as response:
        return response.status, await response.json(), response.headers


@dataclass(kw_only=True)
class Held(Scripted):
    """Answers once it is let."""

    begun: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, caption, item, *, sample):
        self.begun.set()
        await self.go_on.wait()
        return await super().answer(caption, item, sample=sample)


async def test_every_form_is_answered_on_its_route(tmp_path):
    async with served(scripted(tmp_path)) as client:
        status, said, _ = await post(client, "/get_reward", caprl(BLUE, RED, ""))
        assert (status, said) == (200, {"rewards": [1.0, 0.0, 0.0], "qa_rewards": [1.0, 0.0, 0.0]})
        prompt = "<|im_start|>user\nDescribe.<|im_end|>\n<|im_start|>assistant\n"
        theirs = {"query": [f"{prompt}{BLUE}<|im_end|>"], "prompts": [prompt], "labels": [json.dumps([COLOUR])]}
        status, said, _ = await post(client, "/get_reward", theirs)
        assert (status, said["rewards"], said["extra_logs"]["failed"]) == (200, [1.0], [0.0])
        status, said, _ = await post(client, "/get_reward", {"query": [], "prompts": [], "labels": []})
        assert (status, said["rewards"]) == (200, [])
        status, said, _ = await post(client, "/score", own("The car is blue ."))
        assert (status, said["rewards"][0]["value"], said["rewards"][0]["abstained"]) == (200, 0.5, 4)


async def test_what_cannot_be_found_out_is_null_or_503_and_never_0(tmp_path):
    def says(caption, item):
        return PermanentError("the reader is gone") if "red" in caption.text else finds(caption, item)

    async with served(scripted(tmp_path, says)) as client:
        status, said, _ = await post(client, "/score", own(BLUE, RED))
        assert (status, [one["value"] for one in said["rewards"]]) == (200, [0.5, None])
        status, said, headers = await post(client, "/get_reward", caprl(BLUE, RED))
        assert status == 503
        assert "1 of 2 rewards could not be found out" in said["error"]
        assert int(headers["Retry-After"]) > 0
        assert "rewards" not in said


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("/score", b"{", "no JSON"),
        ("/score", b"[" * 100_000, "no JSON"),
        ("/score", b"\xff\xfe", "no JSON"),
        ("/score", json.dumps(own(BLUE, questions=[])).encode(), ""),
        ("/get_reward", b"{}", "neither CapRL's"),
        ("/get_reward", json.dumps({"prompts": [[BLUE, []]], "query": []}).encode(), "there are no questions"),
        (
            "/get_reward",
            json.dumps({"prompts": [[BLUE, PAIRS], [BLUE, [7]]]}).encode(),
            r"prompts[1]: '7' is no question",
        ),
    ],
)
async def test_what_was_sent_wrong_is_told_with_400(path, body, told, tmp_path):
    async with served(scripted(tmp_path)) as client, client.post(path, data=body) as response:
        said = await response.json()
        if told:
            assert (response.status, told in said["error"]) == (400, True)
        else:
            assert said["rewards"][0]["value"] is None
            assert "no questions" in said["rewards"][0]["problem"]


async def test_a_full_server_says_when_to_come_again(tmp_path):
    reader = Held(says=finds)
    reward = CaptionReward(reader, store=tmp_path / "store.sqlite")
    async with served(reward, most=3) as client:
        first = asyncio.create_task(post(client, "/score", own(BLUE, RED)))
        await reader.begun.wait()
        status, said, headers = await post(client, "/score", own(BLUE, RED))
        assert (status, headers["Retry-After"]) == (503, "1")
        assert "the queue is full" in said["error"]
        status, said, _ = await post(client, "/score", own(*[BLUE] * 4))
        assert (status, said["error"]) == (413, "4 rollouts in one request: send 3 at most")
        reader.go_on.set()
        assert (await first)[0] == 200
        assert (await post(client, "/score", own(BLUE, RED)))[0] == 200


async def test_what_two_requests_ask_at_once_is_asked_once(tmp_path):
    reader = Held(says=finds)
    async with served(CaptionReward(reader, store=tmp_path / "store.sqlite")) as client:
        asking = [asyncio.create_task(post(client, "/score", own(BLUE, RED))) for _ in range(4)]
        await reader.begun.wait()
        reader.go_on.set()
        said = [[one["value"] for one in body["rewards"]] for _, body, _ in await asyncio.gather(*asking)]
    assert said == [[0.5, 0.0]] * 4
    assert len(reader.asked) == 2 * 8


async def test_a_token_is_asked_for_where_there_is_one(tmp_path):
    async with served(scripted(tmp_path), token="secret") as client:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "secret"}):
            for path in ("/score", "/get_reward"):
                status, said, _ = await post(client, path, own(BLUE), **headers)
                assert (status, said) == (401, {"error": "this server wants a bearer token"})
        async with client.get("/metrics") as response:
            assert response.status == 401
        async with client.get("/health") as response:
            said = await response.json()
        assert (said["status"], said["pending"], said["reader"]) == ("ok", 0, "scripted")
        assert (await post(client, "/score", own(BLUE), Authorization="Bearer secret"))[0] == 200


async def test_prometheus_reads_what_was_counted(tmp_path):
    async with served(scripted(tmp_path)) as client:
        await post(client, "/score", own(BLUE, RED, questions=[COLOUR]))
        await post(client, "/score", {})
        async with client.get("/metrics") as response:
            assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
            lines = (await response.text()).splitlines()
    assert 'prism_eval_reward_requests_total{form="own",status="200"} 1' in lines
    assert 'prism_eval_reward_requests_total{form="unknown",status="400"} 1' in lines
    assert 'prism_eval_reward_rollouts_total{result="paid"} 1' in lines
    assert 'prism_eval_reward_rollouts_total{result="zero"} 1' in lines
    assert 'prism_eval_reward_asks_total{outcome="correct"} 8' in lines
    assert "prism_eval_reward_pending 0" in lines
    assert all(line.startswith(("# HELP", "# TYPE", "prism_eval_reward_")) for line in lines)


async def test_captions_that_earn_nothing_and_the_longest_are_written_down(tmp_path):
    diary = Diary(tmp_path / "diary.jsonl")
    async with served(scripted(tmp_path), diary=diary) as client:
        await post(client, "/score", own("A blue car with three dogs beside it", BLUE, "Nothing.", RED))
    lines = [json.loads(line) for line in (tmp_path / "diary.jsonl").read_text().splitlines()]
    assert [(line["why"], line["caption"]) for line in lines] == [
        ("longest", "A blue car with three dogs beside it"),
        ("zero", "Nothing."),
        ("zero", RED),
    ]
    assert lines[1]["asks"][0]["reply"].startswith("Answer: ")


async def wanted(tmp_path, rollouts):
    """The rewards that a reader gives which never fails."""
    with ThreadedServer(Behaviour()) as running:
        reward = CaptionReward(f"openai:model?base_url={running.url}", store=tmp_path / "calm.sqlite")
        rewards = await reward.score_all(rollouts)
        await reward.close()
    return [one.value for one in rewards]


async def test_64_clients_and_a_reader_that_fails_get_no_wrong_0(tmp_path):
    clients, each = 64, 4
    texts = [f"Caption {number} of a car and dogs." for number in range(clients * each)]
    questions = [COLOUR, DOGS, SHOP]
    right = dict(
        zip(texts, await wanted(tmp_path, [Rollout(caption=one, questions=questions) for one in texts]), strict=True)
    )
    # One call in twenty fails at first, and whatever is asked of one caption always.
    modes = ("429", "500", "reset", "cut", "malformed", "empty")
    with ThreadedServer(Behaviour(fail=0.05, modes=modes, refuses="Caption 13 of")) as running:
        spec = f"openai:model?base_url={running.url}"
        reward = CaptionReward(spec, store=tmp_path / "store.sqlite", concurrency=32)
        async with served(reward, most=200) as client:

            async def ask(number):
                mine = texts[number * each : (number + 1) * each]
                while True:
                    status, said, headers = await post(client, "/score", own(*mine, questions=questions))
                    if status == 200:
                        return list(zip(mine, [one["value"] for one in said["rewards"]], strict=True))
                    assert status == 503
                    assert int(headers["Retry-After"]) >= 1
                    # Not as long as it says: the test has no other load to wait for.
                    await asyncio.sleep(0.02)

            answered = [pair for pairs in await asyncio.gather(*map(ask, range(clients))) for pair in pairs]
    assert len(answered) == clients * each
    assert {text for text, value in answered if value is None} == {"Caption 13 of a car and dogs."}
    assert all(value == right[text] for text, value in answered if value is not None)


@pytest.mark.parametrize("over", ["429", "busy"])
@pytest.mark.parametrize("after", ["", "0.2"])
async def test_a_reader_that_takes_fewer_calls_is_kept_full_and_refuses_few(over, after, tmp_path):
    takes, texts = 8, [f"Caption {number} of a car." for number in range(60)]
    right = await wanted(tmp_path, [Rollout(caption=one, questions=QUESTIONS) for one in texts])
    with ThreadedServer(Behaviour(latency=0.05, takes=takes, over=over, retry_after=after)) as running:
        spec = f"openai:model?base_url={running.url}"
        async with served(CaptionReward(spec, store=tmp_path / "store.sqlite", concurrency=32)) as client:
            _, said, _ = await post(client, "/score", own(*texts))
        outcomes = Counter(event.outcome for event in running.server.events if event.event == "finish")
    assert [one["value"] for one in said["rewards"]] == right
    assert running.server.most_under_way == takes
    # What was sent before anything was known, and one or two each eighth round of those that take 8 of 480 calls.
    assert outcomes[over] < 32 - takes + 0.15 * outcomes["ok"]


def leave_after(running, calls):
    """Take the reader away once it was asked so often."""
    while len(running.server.bodies) < calls:
        time.sleep(0.005)
    running.go_away()


async def test_a_reader_that_is_killed_and_comes_back_costs_a_retry_and_no_0(tmp_path):
    texts = [f"Caption {number} of a car." for number in range(40)]
    right = await wanted(tmp_path, [Rollout(caption=one, questions=QUESTIONS) for one in texts])
    with ThreadedServer(Behaviour(latency=0.02)) as running:
        spec = f"openai:model?base_url={running.url}"
        reward = CaptionReward(spec, store=tmp_path / "store.sqlite", concurrency=8, patience=0.5)
        async with served(reward) as client:
            assert (await post(client, "/score", own(texts[0])))[0] == 200
            under_way = asyncio.create_task(post(client, "/score", own(*texts)))
            await asyncio.to_thread(leave_after, running, 40)
            status, said, _ = await under_way
            values = [one["value"] for one in said["rewards"]]
            assert status == 200
            assert None in values
            assert all(value in (None, one) for value, one in zip(values, right, strict=True))
            await asyncio.to_thread(running.come_back)
            _, said, _ = await post(client, "/score", own(*texts))
            assert [one["value"] for one in said["rewards"]] == right


async def test_a_reader_that_was_never_there_is_503_and_no_0(tmp_path):
    spec = "openai:model?base_url=http://127.0.0.1:9/v1"
    async with served(CaptionReward(spec, store=tmp_path / "store.sqlite", patience=0.1)) as client:
        for path, body in (("/score", own(BLUE)), ("/get_reward", caprl(BLUE))):
            status, said, headers = await post(client, path, body)
            assert (status, int(headers["Retry-After"]) > 0) == (503, True)
            assert "cannot connect" in said["error"]
            assert "rewards" not in said


async def test_openrlhf_s_own_client_is_answered(tmp_path):
    agent = pytest.importorskip("openrlhf.utils.agent", reason="OpenRLHF is not installed")
    prompt = "<|im_start|>user\nDescribe.<|im_end|>\n<|im_start|>assistant\n"
    async with TestServer(Service(reward=scripted(tmp_path), admission=Admission(9)).application()) as server:
        executor = agent.SingleTurnAgentExecutor(remote_rm_url=str(server.make_url("/get_reward")))
        (given,) = await executor._fetch_rewards_via_http([prompt + BLUE], [prompt], [json.dumps([COLOUR])])
    assert (given["rewards"], given["extra_logs"]["asks"]) == ([1.0], [8.0])
