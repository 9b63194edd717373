"""One model under several addresses: who is asked, who is away, who is back, and who serves something else."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections import Counter

import pytest

from prism_eval import evaluate
from prism_eval.engines.openai import OpenAIEngine
from prism_eval.errors import FatalError, RateLimited, Unavailable, UsageError
from prism_eval.schema import Message, Request, Sampling
from tests.builders import chart_folder


@pytest.fixture
def places(tmp_path):
    data = str(chart_folder(tmp_path / "data", images=12, questions=4))
    return {"data": data, "benchmarks": "chartqa", "store": tmp_path / "store.sqlite", "out": tmp_path / "run"}


def spec(*servers, options=""):
    return f"openai:model?base_url={','.join(server.url for server in servers)}{options}"


def engine(*servers, **options):
    return OpenAIEngine(model="model", base_url=",".join(server.url for server in servers), **options)


def asked(text):
    return Request(messages=(Message("user", (text,)),), sampling=Sampling())


def calls(server):
    """The calls that reached a server, by the text of their last message."""
    contents = [body["messages"][-1]["content"] for body in server.server.bodies]
    return Counter(content if isinstance(content, str) else content[-1]["text"] for content in contents)


def test_all_are_asked_and_a_caption_s_questions_go_to_one(places, serve, tmp_path):
    servers = [serve(latency=0.05) for _ in range(3)]
    data = str(chart_folder(tmp_path / "more", images=60, questions=4))
    result = evaluate(spec(*servers), reasoner=spec(*servers), concurrency=16, **{**places, "data": data})
    assert result.failed == 0
    assert result.tallies["caption"].made + result.tallies["answer"].made == 60 + 240
    assert sum(calls(server).total() for server in servers) == 60 + 240
    assert all(calls(server).total() >= 60 for server in servers), "none of them stands idle"
    homes = [{text.partition("Question:")[0] for text in calls(server) if "Question:" in text} for server in servers]
    captions = Counter(caption for home in homes for caption in home)
    assert sum(count == 1 for count in captions.values()) >= 0.8 * len(captions), "most captions are read by one"


def test_who_is_asked_is_no_part_of_what_a_text_is(places, serve, tmp_path):
    one, two = serve(), serve()
    evaluate(spec(one), reasoner=spec(one), **places)
    again = evaluate(spec(one, two), reasoner=spec(two, one), **{**places, "out": tmp_path / "again"})
    assert [tally.made for tally in again.tallies.values()] == [0, 0]
    assert engine(one).identity == engine(one, two).identity


async def test_one_that_is_away_hands_its_calls_over_and_comes_back(serve):
    well, ill = serve(), serve()
    both = engine(well, ill)
    await both.probe()
    ill.behaviour.fail, ill.behaviour.modes = 1.0, ("503",)
    for number in range(20):
        assert (await both.generate(asked(f"caption {number}\n\nquestion"))).text
    met = calls(ill).total()
    assert calls(well).total() == 20
    assert met <= 3, "once it was away nobody asked it"
    ill.behaviour.fail = 0.0
    await asyncio.sleep(1.1)
    for number in range(40):
        await both.generate(asked(f"caption {number + 20}\n\nquestion"))
        await asyncio.sleep(0.01)
    assert calls(ill).total() - met > 5, "it has its share again"
    await both.close()


async def test_where_all_are_away_it_is_as_with_one(serve):
    one, two = serve(fail=1.0, modes=("busy",)), serve(fail=1.0, modes=("busy",))
    both = engine(one, two)
    with pytest.raises((Unavailable, RateLimited), match="HTTP 503"):
        await both.generate(asked("x"))
    assert (calls(one).total(), calls(two).total()) == (1, 1), "each was asked once"
    await both.close()


def test_a_server_that_is_killed_loses_nothing_and_nothing_is_asked_twice(places, serve, spawn_server):
    well, killed = serve(latency=0.05), spawn_server(latency=0.05)
    threading.Timer(1.5, lambda: killed.process.send_signal(signal.SIGKILL)).start()
    result = evaluate(spec(well, killed), reasoner=spec(well, killed), concurrency=2, **places)
    assert result.failed == 0
    assert (result.tallies["caption"].made, result.tallies["answer"].made) == (12, 48)
    assert max(calls(well).values()) <= 12, "only captions are asked in the same words"


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ({"root": "a/b"}, {"root": "c/d"}, "root is a/b and c/d"),
        ({"context": 4096}, {"context": 8192}, "max_model_len is 4096 and 8192"),
        ({}, {"models": ("other",)}, "does not list the model 'model' but other"),
    ],
)
def test_servers_of_different_models_are_refused(first, second, words, places, serve):
    one, two = serve(**first), serve(**second)
    with pytest.raises(FatalError, match=words) as caught:
        evaluate(spec(one, two), reasoner="lexical", **places)
    assert two.url in str(caught.value)


async def _ask_on(both):
    for number in range(50):
        await both.generate(asked(f"caption {number}\n\nquestion"))
        await asyncio.sleep(0.02)


async def test_one_that_comes_back_as_another_model_is_refused(serve):
    well, ill = serve(root="a"), serve(root="a")
    both = engine(well, ill)
    await _ask_on(both)
    ill.behaviour.fail, ill.behaviour.modes, ill.behaviour.root = 1.0, ("503",), "b"
    for number in range(12):
        await both.generate(asked(f"caption {number}\n\nquestion"))
    ill.behaviour.fail = 0.0
    await asyncio.sleep(1.1)
    with pytest.raises(FatalError, match="do not serve the same"):
        await _ask_on(both)
    await both.close()


def test_a_slow_one_gets_fewer(places, serve):
    quick, slow = serve(latency=0.02), serve(latency=1.0)
    result = evaluate(spec(quick, slow), reasoner=spec(quick, slow), concurrency=4, **places)
    assert result.failed == 0
    assert calls(quick).total() > calls(slow).total()


def test_addresses_are_read_as_one_is(serve):
    one = OpenAIEngine(model="m", base_url="http://A:8000, http://b:8001/v1/")
    assert (one.address, one.replicas) == ("http://a:8000/v1, http://b:8001/v1", 2)
    with pytest.raises(UsageError, match="names http://a/v1 twice"):
        OpenAIEngine(model="m", base_url="http://a,http://a/v1")
    with pytest.raises(UsageError, match="no http://"):
        OpenAIEngine(model="m", base_url="http://a,")
