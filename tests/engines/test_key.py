"""A key goes to whoever gave it out, by a road that nobody reads, and into nothing that is kept."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from prism_eval.engines.address import is_this_machine
from prism_eval.engines.key import key_for, variable_for, without_key
from prism_eval.engines.openai import OpenAIEngine
from prism_eval.errors import CallError, FatalError, UsageError
from prism_eval.schema import Message, Request, Sampling
from tests.server.threaded import ThreadedServer

Serve = Callable[..., ThreadedServer]
KEY = "sk-0123456789abcdef"
ASK = Request(messages=(Message("user", ("What is shown?",)),), sampling=Sampling(max_tokens=9))


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("http://127.0.0.1:8000/v1", True),
        ("http://127.9.9.9/v1", True),
        ("http://[::1]:8000/v1", True),
        ("http://[::ffff:127.0.0.1]/v1", True),
        ("http://localhost:1/v1", True),
        ("http://a.localhost/v1", True),
        ("http://0.0.0.0:8000/v1", True),
        ("localhost:6379", True),
        ("http://localhost.evil.example/v1", False),
        ("http://127.0.0.1.evil.example/v1", False),
        ("http://10.0.0.1/v1", False),
        ("https://[::ffff:10.0.0.1]/v1", False),
    ],
)
def test_what_is_this_machine(host: str, here: bool) -> None:
    assert is_this_machine(host) is here


@pytest.mark.parametrize(
    ("address", "given", "variable"),
    [
        ("https://api.openai.com/v1", None, "OPENAI_API_KEY"),
        ("http://127.0.0.1:8000/v1", None, "OPENAI_API_KEY"),
        ("https://mine.example/v1", None, "OPENAI_API_KEY"),
        ("http://mine.example/v1", None, ""),
        ("https://evil.example/v1", None, ""),
        ("https://api.openai.com.evil.example/v1", None, ""),
        ("https://evil.example/v1", "THEIR_KEY", "THEIR_KEY"),
        ("https://api.openai.com/v1", "", ""),
    ],
)
def test_the_default_key_goes_to_its_own_host(
    address: str, given: str | None, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "https://mine.example/v1")
    assert variable_for(address, given) == variable


def test_a_key_never_goes_over_plain_http_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THEIR_KEY", KEY)
    with pytest.raises(FatalError, match=r"the key in \$THEIR_KEY is not sent over plain http"):
        key_for("http://their.example/v1", "THEIR_KEY")
    assert key_for("https://their.example/v1", "THEIR_KEY") == KEY
    monkeypatch.delenv("THEIR_KEY")
    assert key_for("http://their.example/v1", "THEIR_KEY") == ""


@pytest.mark.parametrize("name", [KEY, "a b", "A;B", "A=B", "$A", "1A", "/etc/passwd"])
def test_a_key_in_place_of_its_variable_is_refused_and_not_repeated(name: str) -> None:
    with pytest.raises(UsageError, match="api_key_env is no name") as told:
        OpenAIEngine(model="m", base_url="http://127.0.0.1/v1", api_key_env=name)
    assert name not in str(told.value)


async def test_a_server_that_hands_the_key_back_puts_it_into_no_text(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    server = serve(key=KEY, text=f"A chart. Bearer {KEY}")
    asking = OpenAIEngine(model="model", base_url=server.url)
    try:
        assert (await asking.generate(ASK)).text == "A chart. Bearer ***"
    finally:
        await asking.close()


def test_words_that_servers_without_a_key_are_given_stay_in_texts() -> None:
    said = b"The shelf is EMPTY."
    assert without_key(said, "EMPTY") is said
    assert without_key(said, "") is said


@pytest.mark.parametrize(
    "spelt",
    [
        KEY,
        "".join(f"\\u{ord(one):04x}" for one in KEY),
        KEY.replace("k", "\\u006B"),
        f"Bearer {KEY}\\/",
    ],
)
def test_however_the_key_is_spelt_and_wherever_it_stands_it_is_in_no_reply(spelt: str) -> None:
    said = f'{{"data": [{{"id": "{spelt}", "root": "{spelt}"}}], "error": {{"{spelt}": [1, "{spelt}"]}}}}'
    kept = without_key(said.encode(), KEY)
    assert KEY not in json.dumps(json.loads(kept))
    assert b"***" in kept
    other = b'{"text": "\\u003cb\\u003e \\/"}'
    assert without_key(other, KEY) == other


async def test_a_servers_list_of_models_hands_no_key_on(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    server = serve(key=KEY, models=(f"model of {KEY}",))
    asking = OpenAIEngine(model="another", base_url=server.url)
    with pytest.raises(CallError) as told:
        await asking.generate(ASK)
    assert KEY not in str(told.value)
    await asking.close()


async def test_who_sent_no_key_is_told_how(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setattr("prism_eval.engines.key.is_this_machine", lambda address: False)
    server = serve(key=KEY)
    asking = OpenAIEngine(model="model", base_url=server.url)
    with pytest.raises(CallError, match="name this server's with api_key_env=VARIABLE"):
        await asking.generate(ASK)
    await asking.close()
