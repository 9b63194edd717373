"""A whole run against each way in which a server may be busy, away, slow or unwilling."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from prism_eval.errors import FatalError
from prism_eval.plan.plan import make_plan
from prism_eval.run.execute import run_plan
from prism_eval.run.reading import Table
from tests.builders import chart_folder

IMAGES, QUESTIONS = 3, 5
CALLS = IMAGES + IMAGES * QUESTIONS


@pytest.fixture(autouse=True)
def _no_key(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


@pytest.fixture
def run(tmp_path):
    def start(server, *, images=IMAGES, questions=QUESTIONS, options="", where="", **values):
        data = tmp_path / "data"
        if not data.exists():
            chart_folder(data, images=images, questions=questions)
        spec = f"openai:model?base_url={server.url}{options}"
        plan = make_plan(
            {"captioners": [spec], "reasoner": spec, "benchmarks": ["chartqa"], "data": str(data), **values}
        )
        folder = tmp_path / where
        run_plan(plan, out=folder / "run", store=folder / "store.sqlite")
        return Table(folder / "run", "verdicts").rows(["outcome", "note", "score"])

    return start


def finished(server):
    return Counter(event.outcome for event in server.server.events if event.event == "finish")


def is_scored(row):
    return row["outcome"] in ("correct", "wrong") and row["score"] is not None


QUOTAS = {
    "Retry-After": {"retry_after": "1"},
    "nothing": {"retry_after": ""},
    "Retry-After 0": {"retry_after": "0"},
    "a date gone by": {"retry_after": "Thu, 01 Jan 1970 00:00:30 GMT"},
    "reset": {"retry_after": "", "headers": {"x-ratelimit-reset-requests": "700ms"}},
    "RESOURCE_EXHAUSTED": {"over": "exhausted"},
    "429 inside a 200": {"over": "limited"},
    "503": {"over": "busy"},
    "529": {"over": "529"},
    "insufficient_quota between successes": {"over": "credit"},
}


def test_sixty_items_under_a_quota_of_ten_are_sixty_verdicts(run, serve, tmp_path):
    servers = {name: serve(quota=10, **behaviour) for name, behaviour in QUOTAS.items()}
    chart_folder(tmp_path / "data", images=12, questions=5)
    # Side by side, for each does nothing but wait, most of its eight seconds.
    with ThreadPoolExecutor(len(servers)) as side_by_side:
        ended = side_by_side.map(lambda name: list(run(servers[name], where=name, attempts=3)), servers)
    for (name, server), rows in zip(servers.items(), ended, strict=True):
        assert len(rows) == 60, name
        assert all(map(is_scored, rows)), name
        said = finished(server)
        assert said["ok"] == 72, f"{name}: what succeeded is not asked again"
        assert said.total() - said["ok"] <= 72, f"{name}: what is refused waits with the others"


def test_a_limit_that_never_ends_is_given_up_when_patience_is_over(run, serve):
    server = serve(fail=1.0, modes=("429",))
    begun = time.monotonic()
    with pytest.raises(FatalError, match=r"too many requests .*given up after \d s, see --patience; finished work is"):
        run(server, patience=2)
    assert 1.9 < time.monotonic() - begun < 10
    assert finished(server).total() <= 40, "16 calls, then 8, 4, 2, 1"


def test_a_closed_account_is_told_from_a_throttle(run, serve):
    server = serve(fail=1.0, modes=("credit",))
    with pytest.raises(FatalError, match="you exceeded your current quota"):
        run(server, patience=1)


def test_a_wrong_key_that_the_list_does_not_ask_for_ends_the_run(run, serve):
    with pytest.raises(FatalError, match=r"wants a key, and \$OPENAI_API_KEY is not set.* all of the first calls"):
        run(serve(fail=1.0, modes=("401",)))


@pytest.mark.parametrize("mode", ["400", "401", "403", "413", "422"])
def test_one_request_that_is_refused_is_one_item(run, serve, mode):
    rows = list(run(serve(fail=1.0, modes=(mode,), only="bar 2 in chart 1?")))
    assert Counter(row["outcome"] for row in rows)["failed"] == 1
    assert sum(map(is_scored, rows)) == IMAGES * QUESTIONS - 1


def test_a_refusal_that_all_of_the_first_calls_meet_ends_the_run(run, serve):
    server = serve(fail=1.0, modes=("400",), only="What is")
    with pytest.raises(FatalError, match=r"this request is not valid .*all of the first calls; finished work"):
        run(server, images=40, questions=4)
    # Ten are enough; on a busy machine so many may be on their way before the first is heard of.
    assert finished(server)["400"] < 160


@pytest.mark.parametrize("meanwhile", ["refused", "reset", "502", "503"])
def test_a_restart_is_waited_out(run, serve, meanwhile):
    """Whether its port is closed, held open by a container's host, or answered by a gateway."""
    server = serve(latency=0.05)

    def restart():
        while len(server.server.events) < 12:
            time.sleep(0.01)
        if meanwhile == "refused":
            server.go_away()
        else:
            server.behaviour.modes, server.behaviour.fail = (meanwhile,), 1.0
        time.sleep(3)
        server.behaviour.fail = 0.0
        if meanwhile == "refused":
            server.come_back()

    killer = threading.Thread(target=restart)
    killer.start()
    rows = list(run(server, images=10, questions=4, attempts=2, concurrency=4))
    killer.join()
    assert len(rows) == 40
    assert all(map(is_scored, rows))


def test_a_dead_server_ends_the_run_in_one_line_and_finished_work_is_kept(run, serve, capfd):
    server = serve(latency=0.05)

    def kill():
        while len(server.server.events) < 60:
            time.sleep(0.01)
        server.go_away()

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(FatalError, match=r"cannot connect \(connection refused\).*finished work is in the store"):
        run(server, images=10, questions=6, patience=1)
    killer.join()
    assert "Task exception was never retrieved" not in capfd.readouterr().err
    answered = {event.fingerprint for event in server.server.events if event.outcome == "ok"}
    before = len(server.server.events)
    server.come_back()
    rows = list(run(server, patience=1))
    assert len(rows) == 60
    assert all(map(is_scored, rows))
    again = [event.fingerprint for event in server.server.events[before:] if event.event == "arrive"]
    # What was answered as the server died never reached us.
    assert len(answered.intersection(again)) <= 16


def test_a_server_that_is_started_after_the_run_is_waited_for(run, serve):
    server = serve()
    server.go_away()
    starter = threading.Timer(2, server.come_back)
    starter.start()
    assert all(map(is_scored, run(server)))
    starter.join()


def test_a_queue_at_the_server_is_not_the_reply_s_time(run, serve):
    """Sixteen calls stand in line for one place: the last of them waits for more than twice the time limit."""
    server = serve(slots=1, latency=0.3)
    assert all(map(is_scored, run(server, options="&timeout=2", attempts=1)))
    assert finished(server) == {"ok": CALLS}


def test_a_reply_that_takes_longer_than_the_limit_gets_more_time(run, serve):
    server = serve(fail=1.0, modes=("slow",), slow=0.7, only="bar 2 in chart 1?")
    assert all(map(is_scored, run(server, options="&timeout=0.3", attempts=4)))
