"""The fault server itself: what other tests conclude from it must be so."""

from __future__ import annotations

import contextlib
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException, RemoteDisconnected

import pytest

from tests.server.calls import unexcused_repeats
from tests.server.fault_server import MODES, Behaviour, Event
from tests.server.plugin import ServerProcess
from tests.server.threaded import ThreadedServer

Serve = Callable[..., ThreadedServer]


def ask(url: str, text: str) -> str:
    body = json.dumps({"model": "model", "messages": [{"role": "user", "content": text}]}).encode()
    request = urllib.request.Request(f"{url}/chat/completions", data=body)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            said: str = json.loads(response.read())["choices"][0]["message"]["content"]
            return said
    except urllib.error.HTTPError as error:
        error.close()
        return str(error.code)
    except (ConnectionResetError, RemoteDisconnected):
        return "reset"


def test_answers_depend_on_the_text_alone(serve: Serve) -> None:
    one, two = serve(seed=1), serve(seed=2)
    texts = [f"{number}?\nA. x\nB. y\nC. z" for number in range(20)]
    answers = [ask(one.url, text) for text in texts]
    assert answers == [ask(two.url, text) for text in texts]
    assert set(answers) == {"Answer: A", "Answer: B", "Answer: C"}


def test_faults_depend_on_seed_request_and_turn_and_not_on_the_order(serve: Serve) -> None:
    def outcomes(texts: list[str]) -> dict[str, list[str]]:
        server = serve(fail=0.5, modes=("429", "500", "reset"), seed=4)
        return {text: [ask(server.url, text) for _ in range(4)] for text in texts}

    texts = [str(number) for number in range(10)]
    forward = outcomes(texts)
    assert outcomes(texts[::-1]) == forward
    said = [outcome for turns in forward.values() for outcome in turns]
    assert {"429", "500", "reset"} < set(said)
    assert 10 <= sum(outcome.startswith("Answer") for outcome in said) <= 30


def test_a_process_logs_arrivals_and_finishes(spawn_server: Callable[..., ServerProcess]) -> None:
    server = spawn_server(seed=1, fail=1.0, modes="500")
    assert [ask(server.url, text) for text in ("a", "a", "b")] == ["500"] * 3
    events = server.events()
    assert [event.event for event in events] == ["arrive", "finish"] * 3
    assert [event.outcome for event in events[1::2]] == ["500"] * 3
    assert events[0].fingerprint == events[2].fingerprint != events[4].fingerprint
    assert [event.time for event in events] == sorted(event.time for event in events)


@pytest.mark.parametrize("mode", sorted(set(MODES) - {"hang"}))
def test_every_mode_is_played_and_noted(mode: str, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(urllib.request.HTTPRedirectHandler, "redirect_request", lambda *_: None)
    server = serve(fail=1.0, modes=(mode,), slow=0.0)
    with contextlib.suppress(ValueError, LookupError, TypeError, HTTPException):
        ask(server.url, "x")
    assert [event.outcome for event in server.server.events if event.event == "finish"] == [mode]


def timeline(*moments: tuple[str, int, float]) -> list[Event]:
    return [
        Event(
            event=what, call=call, fingerprint="f", kind="answer", time=time, outcome="ok" if what == "finish" else ""
        )
        for what, call, time in moments
    ]


@pytest.mark.parametrize(
    ("kills", "excused"),
    [
        ([], False),
        ([0.5], True),
        ([1.1], True),
        ([1.5], False),
        ([-1.0], False),
        ([2.5], False),
        ([1.5, 0.5], True),
    ],
)
def test_only_a_kill_in_flight_or_just_after_excuses_a_repeat(kills: list[float], excused: bool) -> None:
    events = timeline(("arrive", 0, 0.0), ("finish", 0, 1.0), ("arrive", 1, 2.0), ("finish", 1, 3.0))
    assert (unexcused_repeats(events, [(kill, kill) for kill in kills]) == []) is excused


def test_a_retry_after_a_fault_is_no_repeat() -> None:
    failed = Event(event="finish", call=0, fingerprint="f", kind="answer", time=1.0, outcome="500")
    events = [*timeline(("arrive", 0, 0.0)), failed, *timeline(("arrive", 1, 2.0), ("finish", 1, 3.0))]
    assert unexcused_repeats(events, []) == []


def test_an_unknown_mode_is_an_error() -> None:
    with pytest.raises(ValueError, match="unknown mode 'no such'"):
        Behaviour(modes=("no such",))
