"""Log-likelihoods over the real engine and a server that echoes, rightly or wrongly."""

from __future__ import annotations

import json
import math
from collections.abc import AsyncIterator, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prism_eval.engines.base import Engine
from prism_eval.engines.echo import echo_body, log_likelihoods_of
from prism_eval.engines.openai import OpenAIEngine
from prism_eval.errors import FatalError, PermanentError, TransientError
from prism_eval.schema import Completion
from tests.server.fault_server import ECHOES, echo, log_probabilities
from tests.server.threaded import ThreadedServer

Serve = Callable[..., ThreadedServer]
PROMPT = "A red cat sleeps.\nQuestion: what sleeps?\nAnswer:"
OPTIONS = [" red cat", " red dog", " blue bird"]
WRONG = ("shifted", "renamed", "holed", "short", "none")
WORDS = st.text(st.sampled_from("ab é漢.\n"), min_size=1, max_size=12)


@pytest.fixture
async def make() -> AsyncIterator[Callable[[ThreadedServer], OpenAIEngine]]:
    made: list[OpenAIEngine] = []

    def engine(server: ThreadedServer) -> OpenAIEngine:
        made.append(OpenAIEngine(model="model", base_url=server.url))
        return made[-1]

    yield engine
    for one in made:
        await one.close()


def differences(values: list[float]) -> list[float]:
    return [round(value - values[0], 9) for value in values]


def whole(text: str) -> float:
    return math.fsum(value for _, value in log_probabilities(text) if value is not None)


@pytest.mark.parametrize("kind", ["good", "beginning", "unlisted"])
async def test_likelihoods_are_those_of_the_texts_up_to_a_constant(kind: str, serve: Serve, make) -> None:
    server = serve(echo=kind)
    got = await make(server).log_likelihood(PROMPT, OPTIONS)
    assert differences(got) == differences([whole(PROMPT + option) for option in OPTIONS])
    (trial,), (body,) = server.server.probes, server.server.bodies
    assert all(text.isascii() for text in trial["prompt"])
    assert body["prompt"] == [PROMPT + option for option in OPTIONS]
    assert (body["max_tokens"], body["echo"], body["temperature"]) == (1, True, 0)


@given(WORDS, st.lists(WORDS, min_size=1, max_size=4))
def test_a_token_that_straddles_the_boundary_is_counted(prompt: str, options: list[str]) -> None:
    texts = [f"x{prompt}{option}" for option in options]
    got = log_likelihoods_of(json.dumps(echo(texts, "good")).encode(), texts, where="here")
    assert differences(got) == differences([whole(text) for text in texts])


@pytest.mark.parametrize("kind", WRONG)
async def test_an_echo_that_cannot_be_trusted_is_refused_in_one_line(kind: str, serve: Serve, make) -> None:
    server = serve(echo=kind)
    with pytest.raises(FatalError) as caught:
        await make(server).log_likelihood(PROMPT, OPTIONS)
    assert str(caught.value).startswith(f"{server.url}: its echo does not give ")
    assert "vLLM" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_echo_is_tried() -> None:
    assert {*WRONG, "good", "beginning", "unlisted", "worn"} == set(ECHOES)


async def test_a_text_that_comes_back_as_another_fails_alone(serve: Serve, make) -> None:
    server = serve(echo="worn")
    ranking = make(server)
    await ranking.log_likelihood("What sleeps?", [" cat", " dog"])
    with pytest.raises(PermanentError, match="its echo does not give the tokens that were sent"):
        await ranking.log_likelihood("Où? " + PROMPT, OPTIONS)
    await ranking.log_likelihood("What sleeps?", [" cat", " dog"])
    assert (len(server.server.probes), len(server.server.bodies)) == (1, 3), "the server was tried once"


@pytest.mark.parametrize(
    ("sent", "echoed"),
    [
        ("5 \N{OHM SIGN} cat", "5 \N{GREEK CAPITAL LETTER OMEGA} cat"),
        ("\N{ANGSTROM SIGN} cat", "\N{LATIN CAPITAL LETTER A WITH RING ABOVE} cat"),
        ("cafe\N{COMBINING ACUTE ACCENT} cat", "caf\N{LATIN SMALL LETTER E WITH ACUTE} cat"),
        ("caf\N{LATIN SMALL LETTER E WITH ACUTE} cat", "cafe\N{COMBINING ACUTE ACCENT} cat"),
        ("lost \ufffd cat", "lost  cat"),
        ("\N{LATIN SMALL LIGATURE FI}sh cat", "fish cat"),
        ("\N{FULLWIDTH DIGIT ONE}\N{NO-BREAK SPACE}cat", "1 cat"),
        ("zero\N{ZERO WIDTH SPACE}width cat", "zerowidth cat"),
        ("a\x00b\ufeff cat", "ab cat"),
        ("\N{HANGUL SYLLABLE GA} cat", "\N{HANGUL CHOSEONG KIYEOK}\N{HANGUL JUNGSEONG A} cat"),
        ("half \ud800 cat", "half  cat"),
    ],
)
def test_what_a_tokenizer_may_normalise_is_the_same_text(sent: str, echoed: str) -> None:
    reply = json.dumps(echo([echoed, f"{echoed} sat"], "good")).encode()
    first, second = log_likelihoods_of(reply, [sent, f"{sent} sat"], where="x")
    assert first > second


def test_tokens_decoded_without_blanks_or_in_parts_of_characters_are_trusted() -> None:
    texts = ["A naïve 漢 cat", "A naïve 漢 dog"]

    def reply(*spelt: list[str]) -> bytes:
        choices = [
            {"logprobs": {"tokens": tokens, "token_logprobs": [None, *(-1.0 for _ in tokens[1:])]}} for tokens in spelt
        ]
        return json.dumps({"choices": choices, "usage": {"prompt_tokens": sum(map(len, spelt))}}).encode()

    blankless = reply(["<s>", "A", "na", "ïve", "漢", "cat"], ["<s>", "A", "na", "ïve", "漢", "do", "g"])
    assert log_likelihoods_of(blankless, texts, where="x") == [-1, -2]
    parts = reply(["A", " naïve", " �", "��", " cat"], ["A", " naïve", " �", "��", " dog"])
    assert differences(log_likelihoods_of(parts, texts, where="x")) == [0, 0]


def test_parts_of_different_characters_are_not_taken_for_the_same() -> None:
    def reply(*spelt: list[tuple[str, float]]) -> bytes:
        choices = [
            {"logprobs": {"tokens": [token for token, _ in one], "token_logprobs": [None, *(x for _, x in one[1:])]}}
            for one in spelt
        ]
        return json.dumps({"choices": choices, "usage": {"prompt_tokens": sum(map(len, spelt))}}).encode()

    empty = reply([("A", 0), (" ", -5), ("", -1), ("漢", -1)], [("A", 0), (" ", -5), ("", -3), ("π", -1)])
    assert log_likelihoods_of(empty, ["A 漢", "A π"], where="x") == [-2, -4]
    broken = reply([("A", 0), (" \ufffd", -1), (" cat", -1)], [("A", 0), (" \ufffd", -3), (" cat", -1)])
    assert log_likelihoods_of(broken, ["A 漢 cat", "A π cat"], where="x") == [-2, -4]


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"choices": []}', b'{"choices": [{"index": 5}, {"index": [6]}]}'])
def test_half_a_reply_is_worth_another_try(body: bytes) -> None:
    with pytest.raises(TransientError):
        log_likelihoods_of(body, ["a", "b"], where="x")


@pytest.mark.parametrize(
    ("mode", "kind", "words"),
    [
        ("404", FatalError, "served, but not for completions"),
        ("500", TransientError, "internal server error"),
        ("400", FatalError, "not valid: rank with another server"),
    ],
)
async def test_faults_are_those_of_any_call(mode: str, kind: type, words: str, serve: Serve, make) -> None:
    with pytest.raises(kind, match=words):
        await make(serve(fail=1.0, modes=(mode,))).log_likelihood(PROMPT, OPTIONS)


def test_the_body_is_ascii_json() -> None:
    body = b"".join(echo_body(["é\ud800"], model="m").blocks())
    assert json.loads(body.decode("ascii"))["prompt"] == ["é\ud800"]


async def test_an_engine_without_the_ability_says_so() -> None:
    class Plain(Engine):
        async def generate(self, request):
            return Completion("")

    assert not Plain.ranks()
    assert OpenAIEngine.ranks()
    with pytest.raises(FatalError, match="engine plain gives no log-probabilities"):
        await Plain(model="m").log_likelihood("a", ["b"])
