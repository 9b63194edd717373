"""Replies of replicas are those of the engine itself, whatever dies meanwhile."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from prism_eval.engines.probe import trial_of
from prism_eval.engines.ray.engine import RayEngine
from prism_eval.errors import FatalError, PermanentError, PrismError, RateLimited, TransientError, Unavailable
from prism_eval.schema import Image, Sampling
from tests.engines.ray.conftest import Make, Nodes, asked, noted, picture, ready
from tests.engines.ray.counting import Counting, Garbage


async def test_replies_are_those_of_the_engine_itself(make: Make, tmp_path: Path) -> None:
    engine, alone = make(salt="remark", pause=0.02), Counting(model="m", salt="remark")
    await ready(engine)
    requests = [asked(picture(number % 5), f"Describe {number}", seed=number) for number in range(30)]
    requests += [asked(f"half a pair \ud800 {number}", temperature=1.0) for number in range(6)]
    assert await asyncio.gather(*map(engine.generate, requests)) == [await alone.generate(one) for one in requests]
    ranked = "Caption.\n\nQuestion?", (" a", " bc", " \ud800")
    assert await engine.log_likelihood(*ranked) == await alone.log_likelihood(*ranked)
    assert (engine.root, engine.ranks()) == ("weights of m", True)
    assert (engine.identity, engine.remarks) == (alone.identity, ("It counts.",))
    assert "3 of 3 replicas ready" in await ready(engine)
    assert len({pid for _, pid, *_ in noted(tmp_path, "begin")}) == 3, "all of them had something to do"


async def test_it_is_probed_as_the_engine_itself_would_be(make: Make, tmp_path: Path) -> None:
    engine = make()
    nothing = await engine.probe()
    assert (nothing.context, noted(tmp_path, "load")) == (4096, []), "nothing is started to say what the files say"
    found = await engine.probe(trial_of(Sampling(), sees=True))
    assert (found.context, found.version, found.root) == (4096, "1", "weights of m")
    assert (found.images, found.log_probabilities) == (True, True)
    assert "3 of 3 replicas ready" in found.note


async def test_questions_on_one_caption_meet_one_replica(make: Make, tmp_path: Path) -> None:
    engine = make()
    await ready(engine)
    for caption in range(8):
        for question in range(4):
            await engine.generate(asked(f"Caption {caption}.\n\nUse it.\n\nQuestion {question}"))
    homes = {question: pid for _, pid, _, _, question in noted(tmp_path, "begin")}
    assert len(homes) == 32
    by_caption = Counter(pid for _, pid, *_ in noted(tmp_path, "begin"))
    assert all(count % 4 == 0 for count in by_caption.values()), "no caption was read twice"
    assert len(by_caption) > 1


async def test_images_go_once_and_are_let_go(make: Make) -> None:
    import ray
    from ray._private.internal_api import memory_summary

    engine = make(pause=0.05)
    await ready(engine)
    put, count = ray.put, 0

    def counted(data: bytes) -> object:
        nonlocal count
        count += 1
        return put(data)

    pictures = await engine._pool.pictures()  # type: ignore[union-attr]
    pictures._put = counted
    one = picture(1)
    await asyncio.gather(*(engine.generate(asked(one, one, f"Question {number}")) for number in range(12)))
    assert (count, len(pictures)) == (1, 0)
    # Three times what the store of a node holds, ten at a time.
    for start in range(0, 150, 10):
        these = [picture(start + number, 2 * 2**20) for number in range(10)]
        await asyncio.gather(*(engine.generate(asked(image, "Describe")) for image in these))
    await asyncio.sleep(1)
    said = memory_summary(engine.address, stats_only=True)
    assert "Spilled" not in said, said
    assert len(pictures) == 0


async def test_a_replica_that_dies_costs_only_what_it_worked_on(make: Make, tmp_path: Path) -> None:
    engine = make(pause=0.1)
    await ready(engine)
    mark = tmp_path / "died"
    requests = [asked(f"request {number}") for number in range(60)]
    requests.insert(20, asked(f"die once:{mark}"))
    said = await _sent(engine, requests, at_once=12)
    alone = Counting(model="m")
    assert said == [await alone.generate(one) for one in requests]
    begun, ended = _by_request(tmp_path)
    assert set(ended.values()) == {1}, "nothing was written twice"
    lost = sum(begun.values()) - sum(ended.values())
    assert 1 <= lost <= 12 / 3 + 2, "only what was in flight at one of three"
    assert len(begun) == 61
    assert any("1 died" in remark for remark in engine.remarks)
    assert "3 of 3" in await ready(engine), "it comes back"
    assert len(noted(tmp_path, "load")) == 4


async def test_a_process_that_is_killed_is_handed_over_without_a_try(make: Make, tmp_path: Path) -> None:
    engine = make(pause=0.3)
    await ready(engine)
    calls = [asyncio.create_task(engine.generate(asked(f"{number}"))) for number in range(9)]
    await asyncio.sleep(0.15)
    _, pid, *_ = noted(tmp_path, "begin")[0]
    os.kill(int(pid), signal.SIGKILL)
    assert len(await asyncio.gather(*calls)) == 9
    begun, ended = _by_request(tmp_path)
    assert (len(ended), set(ended.values())) == (9, {1})
    assert sum(begun.values()) == 9 + 3


async def test_a_node_that_is_lost_costs_only_what_it_worked_on(make: Make, nodes: Nodes, tmp_path: Path) -> None:
    engine = make(pause=0.1)
    await ready(engine)
    requests = [asked(picture(number), f"request {number}") for number in range(90)]
    running = asyncio.create_task(_sent(engine, requests, at_once=9))
    await asyncio.sleep(0.5)
    await asyncio.to_thread(nodes.lose, nodes.workers[0])
    alone = Counting(model="m")
    assert await running == [await alone.generate(one) for one in requests]
    begun, ended = _by_request(tmp_path)
    assert sum(ended.values()) - 90 <= 3, "what it had written and could not say any more"
    assert sum(begun.values()) - 90 <= 6
    nodes.add()
    assert "3 of 3" in await ready(engine)


async def test_a_request_that_kills_is_no_endless_matter(make: Make, tmp_path: Path) -> None:
    engine = make()
    with pytest.raises(TransientError, match="3 replicas died while they worked on this call"):
        await engine.generate(asked("die"))
    assert len(noted(tmp_path, "begin")) == 3
    assert (await engine.generate(asked("well"))).text


@pytest.mark.parametrize(
    ("word", "kind", "says"),
    [
        ("exit", PermanentError, "SystemExit: of a model's own"),
        ("value", PermanentError, "ValueError: line one line two"),
        ("cancel", PermanentError, "CancelledError"),
        ("permanent", PermanentError, "xxxxxxx"),
        ("unpicklable", PrismError, "holds a lock"),
    ],
)
async def test_errors_arrive_as_ours(word: str, kind: type[PrismError], says: str, make: Make) -> None:
    engine = make(replicas=1)
    with pytest.raises(PrismError) as raised:
        await engine.generate(asked(word))
    assert type(raised.value) is kind
    said = str(raised.value)
    assert says in said
    assert len(said) <= 4001
    assert len(said.splitlines()) <= 3
    assert "Traceback" not in said
    assert raised.value.__cause__ is None
    assert engine.remarks == (), "it lives"


async def test_what_a_strangers_error_asks_for_is_kept(make: Make) -> None:
    with pytest.raises(RateLimited, match="odd") as raised:
        await make(replicas=1).generate(asked("odd"))
    assert raised.value.retry_after == 2.5


async def test_garbage_is_told(make: Make) -> None:
    engine = make(Garbage(model="m"), replicas=1)
    with pytest.raises(PermanentError, match=r"generate\(\) gave dict, not a Completion"):
        await engine.generate(asked("x"))
    with pytest.raises(PermanentError, match="could not convert string to float"):
        await engine.log_likelihood("x", ["y"])


async def test_one_that_does_not_load_says_why_in_one_line(make: Make, tmp_path: Path) -> None:
    engine = make(refuses="no such weights")
    for _ in range(2):
        with pytest.raises(FatalError, match=r"^ray:counting:m: \S+: no such weights$"):
            await engine.generate(asked("x"))
    assert len(noted(tmp_path, "load")) == 3


async def test_one_whose_process_ends_at_its_start_is_given_up(make: Make, tmp_path: Path) -> None:
    engine = make(refuses="exit", replicas=1)
    with pytest.raises(FatalError, match=r"its process ended 5 times in a row: ") as raised:
        await engine.generate(asked("x"))
    assert len(str(raised.value).splitlines()) == 1
    assert len(noted(tmp_path, "load")) == 5


async def test_more_than_the_cluster_has_works_with_what_there_is(make: Make) -> None:
    engine = make(replicas=5)
    assert (await engine.generate(asked("x"))).text
    with pytest.raises(Unavailable, match=r"no room in the cluster .*: each takes 1 CPU, 4 GPU, and 0 of 3 CPU, "):
        await make(replicas=1, gpus=4.0, salt="2").generate(asked("x"))


async def test_engines_that_want_the_same_share_replicas(make: Make, tmp_path: Path) -> None:
    one, two = make(replicas=2), make(replicas=2)
    assert one.lane == two.lane
    await asyncio.gather(ready(one), ready(two))
    assert len(noted(tmp_path, "load")) == 2
    await one.close()
    assert (await two.generate(asked(Image(b"x")))).text, "the first one's end is not the other's"


async def test_a_connection_of_the_script_s_own_is_left_as_it_is(make: Make, nodes: Nodes) -> None:
    import ray

    await asyncio.to_thread(ray.init, nodes.address, log_to_driver=False)
    try:
        engine = make(replicas=1)
        assert (await engine.generate(asked("x"))).text
        await engine.close()
        assert ray.is_initialized()
    finally:
        ray.shutdown()


async def test_two_clusters_are_one_too_many(make: Make) -> None:
    engine = make(replicas=1)
    await ready(engine)
    with pytest.raises(FatalError, match="a run can use one cluster"):
        await ready(make(address="", salt="2"))
    with pytest.raises(FatalError, match="a run can use one cluster"):
        await ready(make(address="127.0.0.1:1", salt="2"))


async def test_an_address_where_nobody_is(make: Make) -> None:
    with pytest.raises(FatalError, match=r"no cluster at address=127.0.0.1:1 \(.*refused\); start one"):
        await ready(make(address="127.0.0.1:1"))


async def _sent(engine: RayEngine, requests: list, *, at_once: int) -> list:
    places = asyncio.Semaphore(at_once)

    async def one(request):
        async with places:
            return await engine.generate(request)

    return await asyncio.gather(*map(one, requests))


def _by_request(tmp_path: Path) -> tuple[Counter[str], Counter[str]]:
    """How often each request was begun and ended."""
    return Counter(note[3] for note in noted(tmp_path, "begin")), Counter(note[3] for note in noted(tmp_path, "end"))
