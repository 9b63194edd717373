"""The server killed under the load of trainers and started again at its address: what they get is right or missing."""

from __future__ import annotations

import asyncio
import json
import math
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from prism_eval.errors import RunError
from prism_eval.rewards import CaptionReward, Rollout
from prism_eval.rewards.loop import close_all
from prism_eval.rewards.remote import RemoteReward
from prism_eval.rewards.trainers import easyr1, openrlhf, swift, trl, verl
from tests.rewards.reader import COLOUR, DOGS, SHOP
from tests.rewards.serving.process import served
from tests.server.fault_server import Behaviour
from tests.server.threaded import ThreadedServer

QUESTIONS = [COLOUR, DOGS, SHOP]
STEPS, EACH = 4, 3
"""Steps of a trainer, and captions of each."""


def steps(trainer):
    """A trainer's captions: as many are worth nothing to this reader as chance will have it."""
    return [[f"Caption {step}-{number} of {trainer}." for number in range(EACH)] for step in range(STEPS)]


def by_trl(reward):
    (function,) = trl.reward_funcs(reward)

    async def step(captions):
        return await function([[{"role": "assistant", "content": one}] for one in captions], questions=asked(captions))

    return step


def by_swift(reward):
    function = swift.orm(object, reward)()

    # A loop at every step, as ms-swift has it.
    async def step(captions):
        return await asyncio.to_thread(lambda: asyncio.run(function(captions, questions=asked(captions))))

    return step


def by_verl(reward):
    compute_score = verl.compute_score(reward)

    async def one(caption):
        try:
            return (await compute_score(caption, QUESTIONS))["score"]
        except RunError:  # training stops
            return None

    async def step(captions):
        return await asyncio.gather(*map(one, captions))

    return step


def by_easyr1(reward):
    function = easyr1.batch_function(reward, missing=math.nan)

    async def step(captions):
        inputs = [{"response": one, "response_length": 9, "ground_truth": QUESTIONS} for one in captions]
        rows = await asyncio.to_thread(function, inputs)
        return [None if row["missing"] else row["overall"] for row in rows]

    return step


def by_openrlhf(reward):
    function = openrlhf.reward_func(reward)

    async def one(caption):
        prompt = "<|im_start|>user\nDescribe.<|im_end|>\n<|im_start|>assistant\n"
        try:
            given = await asyncio.to_thread(function, [prompt + caption], [prompt], [json.dumps(QUESTIONS)])
        except RunError:  # OpenRLHF stops
            return None
        return float(given["rewards"][0])

    async def step(captions):
        return await asyncio.gather(*map(one, captions))

    return step


TRAINERS = {"trl": by_trl, "swift": by_swift, "verl": by_verl, "easyr1": by_easyr1, "openrlhf": by_openrlhf}


def asked(captions):
    return [QUESTIONS] * len(captions)


async def undisturbed(tmp_path, captions):
    """What a reader that never fails makes of captions."""
    with ThreadedServer(Behaviour()) as running:
        reward = CaptionReward(f"openai:model?base_url={running.url}", store=tmp_path / "calm.sqlite")
        rewards = await reward.score_all([Rollout(caption=one, questions=QUESTIONS) for one in captions])
        await reward.close()
    return dict(zip(captions, (one.value for one in rewards), strict=True))


def free_port():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return bound.getsockname()[1]


def come_so_far(reader, working, calls):
    """Wait until the reader was asked so often, or nobody asks any more."""
    while len(reader.server.bodies) < calls and not working.done():
        time.sleep(0.01)


async def trained(step, name):
    """Everything that a trainer was given, by caption."""
    given = {}
    for captions in steps(name):
        given |= zip(captions, await step(captions), strict=True)
    return given


@pytest.mark.parametrize("patience", [60.0, 0.05])
async def test_trainers_get_the_right_reward_or_none_and_never_a_wrong_0(patience, tmp_path):
    # Trainers that wait in threads must not keep the server from being started again.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(32))
    names = [f"{name} {number}" for name in TRAINERS for number in range(2)]
    right = await undisturbed(tmp_path, [one for name in names for captions in steps(name) for one in captions])
    port, calls = free_port(), len(right) * 8
    with ThreadedServer(Behaviour(latency=0.05)) as reader, ExitStack() as running:

        def start():
            return running.enter_context(served(reader.url, tmp_path / "cache", port=port))

        server = await asyncio.to_thread(start)
        clients = [TRAINERS[name.split()[0]](RemoteReward(server.url, patience=patience)) for name in names]
        working = asyncio.gather(*map(trained, clients, names))
        for share in (0.2, 0.5):
            await asyncio.to_thread(come_so_far, reader, working, share * calls)
            server.process.kill()
            await asyncio.to_thread(server.process.wait)
            server = await asyncio.to_thread(start)
        given = {caption: value for one in await working for caption, value in one.items()}
        await asyncio.to_thread(close_all)
    assert given.keys() == right.keys()
    assert {one: value for one, value in given.items() if value is not None and value != right[one]} == {}
    assert 0.0 in right.values()
    # Who waits for it gets everything.
    assert (None not in given.values()) is (patience > 1)
