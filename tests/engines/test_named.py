"""Images that a server has seen are sent by name, where it knows names."""

from __future__ import annotations

import asyncio
import hashlib

import pytest

from prism_eval import evaluate
from prism_eval.engines.openai import OpenAIEngine
from prism_eval.run.reading import Table
from prism_eval.schema import Image, Message, Request, Sampling
from tests.builders import chart_folder

ONE, TWO = Image(b"\x89PNG one"), Image(b"\x89PNG two")


def ask(*images, text="How many?"):
    return Request(messages=(Message("user", (*images, text)),), sampling=Sampling(max_tokens=9))


def said_of(*images):
    return "caption of " + " ".join(hashlib.sha256(one.data).hexdigest()[:16] for one in images)


@pytest.fixture
async def engine(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    made = []

    def make(*servers, **options):
        made.append(OpenAIEngine(model="model", base_url=[one.url for one in servers], **options))
        return made[-1]

    yield make
    for one in made:
        await one.close()


def sizes(server):
    return [int(headers["Content-Length"]) for headers in server.server.headers]


def names(server):
    parts = [part for body in server.server.bodies for part in body["messages"][0]["content"]]
    return [part.get("uuid") for part in parts if part["type"] == "image_url"]


async def test_the_second_time_only_the_name_is_sent(serve, engine):
    server = serve(owner="vllm")
    asking, large = engine(server), Image(b"\x89PNG" + bytes(100_000))
    for images in ((large,), (large,), (TWO, large), (large, TWO)):
        assert (await asking.generate(ask(*images))).text == said_of(*images)
    first, *later = sizes(server)
    assert first > 100_000
    assert max(later) < 1000
    assert names(server)[0] == large.digest


@pytest.mark.parametrize("owner", ["", "sglang", "openai", "library"])
async def test_other_servers_see_no_names(serve, engine, owner):
    server = serve(owner=owner)
    asking = engine(server)
    for _ in range(2):
        assert (await asking.generate(ask(ONE))).text == said_of(ONE)
    assert names(server) == [None, None]


@pytest.mark.parametrize(("kind", "misses"), [("forgotten", 3), ("unknown", 1), ("refused", 1)])
async def test_what_is_refused_is_sent_whole_at_once(serve, engine, kind, misses):
    server = serve(owner="vllm", names=kind)
    asking = engine(server)
    for _ in range(4):
        assert (await asking.generate(ask(ONE, TWO))).text == said_of(ONE, TWO)
    assert len(server.server.misses) == misses
    assert len(server.server.bodies) == 4


async def test_each_server_has_seen_its_own(serve, engine):
    servers = serve(owner="vllm"), serve(owner="vllm")
    asking = engine(*servers)
    await asyncio.gather(*(asking.generate(ask(Image(b"\x89PNG %d" % (n % 8)), text=str(n))) for n in range(32)))
    assert [one.server.misses for one in servers] == [[], []]
    assert all(one.server.bodies for one in servers)


async def test_one_that_was_started_again_gets_them_again(serve, engine):
    server = serve(owner="vllm")
    asking = engine(server)
    await asking.generate(ask(ONE))
    assert await asking.is_there(server.url)
    server.server.pictures.clear()
    assert (await asking.generate(ask(ONE))).text == said_of(ONE)
    assert server.server.misses == []


async def test_what_is_scaled_down_has_a_name_of_its_own(serve, engine):
    from tests.builders import png

    server, image = serve(owner="vllm"), Image(png(3, (64, 64)))
    small, whole = engine(server, max_pixels=100), engine(server)
    said = [(await one.generate(ask(image))).text for one in (small, whole, small, whole)]
    assert said[0] == said[2] != said[1] == said[3] == said_of(image)


def test_a_run_says_the_same_with_names_and_without(serve, tmp_path):
    data, told = str(chart_folder(tmp_path / "data", images=4, questions=3)), []
    for owner in ("vllm", ""):
        server = serve(owner=owner)
        spec, out = f"openai:model?base_url={server.url}", tmp_path / f"run-{owner}"
        run = {"data": data, "benchmarks": "chartqa", "out": out, "store": tmp_path / f"{owner}.sqlite"}
        assert evaluate([spec, f"direct({spec})"], reasoner=spec, **run).failed == 0
        told.append(list(Table(out, "answers").rows(["captioner", "item", "key", "text"])))
        assert server.server.misses == []
    assert told[0] == told[1]
    assert len(told[0]) == 24
