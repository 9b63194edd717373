"""Whole runs of one model behind several servers, of which some are slow, busy, killed or the wrong ones."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter

import pytest

from prism_eval.errors import FatalError
from prism_eval.plan.plan import make_plan
from prism_eval.run.execute import run_plan
from prism_eval.run.reading import Table
from tests.builders import chart_folder
from tests.server.fault_server import tokens_of
from tests.server.prefix_cache import PrefixCache


@pytest.fixture(autouse=True)
def _no_key(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


@pytest.fixture
def run(tmp_path):
    def start(*servers, images=12, questions=4, options="", out="run", **values):
        data = tmp_path / "data"
        if not data.exists():
            chart_folder(data, images=images, questions=questions)
        spec = f"openai:model?base_url={','.join(one.url for one in servers)}{options}"
        plan = make_plan(
            {"captioners": [spec], "reasoner": spec, "benchmarks": ["chartqa"], "data": str(data), **values}
        )
        run_plan(plan, out=tmp_path / out, store=tmp_path / "store.sqlite")
        return list(Table(tmp_path / out, "verdicts").rows(["outcome", "note", "score"]))

    return start


def events(*servers):
    return [event for server in servers for event in server.server.events]


def asked_twice(*servers):
    """Requests that were answered more often than once."""
    answered = Counter(event.fingerprint for event in events(*servers) if event.outcome == "ok")
    return [fingerprint for fingerprint, count in answered.items() if count > 1]


def is_scored(row):
    return row["outcome"] in ("correct", "wrong") and row["score"] is not None


def test_the_calls_are_shared_and_each_server_has_its_own_limit(run, serve):
    servers = [serve(latency=0.02) for _ in range(4)]
    rows = run(*servers, images=40, concurrency=3)
    assert len(rows) == 160
    assert all(map(is_scored, rows))
    assert not asked_twice(*servers)
    assert [one.server.most_under_way for one in servers] == [3, 3, 3, 3]
    shares = [sum(event.event == "finish" for event in events(one)) for one in servers]
    assert sum(shares) == 200
    assert min(shares) > 30


def test_a_slow_one_gets_fewer(run, serve):
    # So long that what a busy machine adds to either is little.
    slow, fast = serve(latency=0.36), serve(latency=0.06)
    assert all(map(is_scored, run(slow, fast, images=40, concurrency=4)))
    slow_share, fast_share = (sum(event.event == "finish" for event in events(one)) for one in (slow, fast))
    assert slow_share + fast_share == 200
    assert fast_share > 3 * slow_share


@pytest.mark.parametrize("meanwhile", ["refused", "reset", "502", "503", "busy"])
def test_one_that_is_killed_and_restarted_costs_nothing(run, serve, meanwhile):
    """Nothing lost, nothing doubled, and one attempt a call is enough."""
    servers = [serve(latency=0.06) for _ in range(3)]
    killed = servers[1]

    def restart():
        while len(events(killed)) < 12:
            time.sleep(0.005)
        if meanwhile == "refused":
            killed.go_away()
        else:
            killed.behaviour.modes, killed.behaviour.fail, killed.behaviour.health = (meanwhile,), 1.0, 503
        time.sleep(1)
        restarted.append(len(events(killed)))
        killed.behaviour.fail, killed.behaviour.health = 0.0, 200
        if meanwhile == "refused":
            killed.come_back()

    restarted = []
    killer = threading.Thread(target=restart)
    killer.start()
    begun = time.monotonic()
    rows = run(*servers, images=120, attempts=1, concurrency=4)
    took = time.monotonic() - begun
    killer.join()
    assert len(rows) == 480
    assert all(map(is_scored, rows))
    # What was answered as the server died never reached us.
    assert len(asked_twice(*servers)) <= (4 if meanwhile in ("refused", "reset") else 0)
    assert took > 1.5, "or the server was back too late to be asked again"
    later = events(killed)[restarted[0] :]
    assert sum(event.outcome == "ok" for event in later) > 10, "it is asked again once it is back"


def test_while_one_is_away_it_is_looked_at_and_not_asked(run, serve):
    gone, there = serve(), serve(latency=0.02)
    gone.behaviour.modes, gone.behaviour.fail, gone.behaviour.health = ("503",), 1.0, 503
    rows = run(there, gone, images=60, attempts=1, concurrency=4)
    assert all(map(is_scored, rows))
    assert sum(event.event == "arrive" for event in events(gone)) <= 12
    assert gone.server.looks >= 2


def test_all_of_them_away_is_waited_out_as_one_is(run, serve):
    servers = [serve(latency=0.05) for _ in range(2)]

    def restart():
        while len(events(*servers)) < 12:
            time.sleep(0.005)
        for one in servers:
            one.go_away()
        time.sleep(2)
        servers[1].come_back()

    killer = threading.Thread(target=restart)
    killer.start()
    rows = run(*servers, attempts=1, concurrency=4)
    killer.join()
    assert all(map(is_scored, rows))


def test_all_of_them_gone_for_good_ends_the_run_in_one_line(run, serve):
    servers = [serve(), serve()]
    for one in servers:
        one.go_away()
    begun = time.monotonic()
    with pytest.raises(FatalError, match=r"cannot connect .*given up after \d+ s, see --patience; finished work is"):
        run(*servers, patience=2)
    assert 1.5 < time.monotonic() - begun < 12


def test_a_server_that_breaks_under_each_request_is_not_asked_for_ever(run, serve):
    servers = [serve(fail=1.0, modes=("reset",), only="bar 2 in chart 1?") for _ in range(2)]
    rows = run(*servers, attempts=2, concurrency=2, patience=20)
    assert Counter(row["outcome"] for row in rows)["failed"] == 1
    assert sum(map(is_scored, rows)) == 47


def test_other_weights_end_the_run_before_anything_is_asked(run, serve):
    servers = serve(root="/a"), serve(root="/b")
    with pytest.raises(FatalError, match=r"root is"):
        run(*servers)
    assert not events(*servers)


def test_a_run_with_one_server_goes_on_with_four(run, serve, tmp_path):
    first = serve()
    run(first)
    servers = [first, *(serve() for _ in range(3))]
    before = len(events(*servers))
    assert all(map(is_scored, run(*servers, out="again")))
    assert len(events(*servers)) == before
    manifest = json.loads((tmp_path / "again" / "manifest.json").read_text())
    assert "made_elsewhere" not in manifest["counts"]
    assert manifest["captioners"][0]["address"] == ", ".join(one.url for one in servers)


def test_the_store_says_which_server_wrote_a_text(run, serve, tmp_path):
    servers = serve(), serve()
    run(*servers)
    third = serve()
    run(third, out="again")
    manifest = json.loads((tmp_path / "again" / "manifest.json").read_text())
    assert {one["made_by"] for one in manifest["counts"]["made_elsewhere"]} == {one.url for one in servers}
    assert not events(third)


@pytest.mark.parametrize("replicas", [1, 4])
def test_questions_on_one_caption_meet_one_prefix_cache(run, serve, replicas):
    """Hits of at least 0.95 of what lengths allow: a single cache of all that was read."""
    servers = [serve(latency=0.1, caches=True, words=300) for _ in range(replicas)]
    assert all(map(is_scored, run(*servers, images=100, questions=4, concurrency=8)))
    bodies = [body for one in servers for body in one.server.bodies]
    assert len(bodies) == 500
    whole = PrefixCache()
    for body in bodies:
        whole.read(tokens_of(body))
    assert sum(one.server.cache.hits for one in servers) >= 0.95 * whole.hits
    assert whole.hits > 0.5 * whole.blocks, "or there was nothing to hit"
    if replicas > 1:
        shares = [len(one.server.bodies) for one in servers]
        assert min(shares) > 0.7 * max(shares)
