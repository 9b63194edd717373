"""One reward, asked from whatever loop or thread a trainer has."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from prism_eval.errors import UsageError
from prism_eval.rewards import CaptionReward, Rollout
from prism_eval.rewards.loop import OwnLoop
from tests.rewards.reader import COLOUR
from tests.server.fault_server import Behaviour
from tests.server.threaded import ThreadedServer

ROLLOUTS = [Rollout(caption=f"A blue car, number {number}.", questions=[COLOUR]) for number in range(4)]


@pytest.fixture
def source(tmp_path):
    with ThreadedServer(Behaviour()) as running:
        spec = f"openai:model?base_url={running.url}"
        own = OwnLoop(CaptionReward(spec, store=tmp_path / "store.sqlite"))
        yield own
        own.close()


def values(rewards):
    return [one.value for one in rewards]


def test_a_new_loop_at_every_step_threads_and_no_loop_give_the_same(source):
    first = values(asyncio.run(source.score_all(ROLLOUTS)))
    assert None not in first
    assert values(asyncio.run(source.score_all(ROLLOUTS))) == first
    assert values(source.score_all_now(ROLLOUTS)) == first
    with ThreadPoolExecutor(4) as threads:
        assert [values(one) for one in threads.map(source.score_all_now, [ROLLOUTS] * 8)] == [first] * 8


def test_it_can_be_closed_and_asked_again(source):
    first = values(source.score_all_now(ROLLOUTS))
    source.close()
    assert values(source.score_all_now(ROLLOUTS)) == first


def test_it_is_not_asked_in_a_process_that_was_forked_off(source, monkeypatch):
    source.score_all_now(ROLLOUTS)
    mine = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: mine + 1)
    with pytest.raises(UsageError, match="another process"):
        source.score_all_now(ROLLOUTS)
    monkeypatch.undo()
