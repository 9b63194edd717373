"""The chat format, without a server."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prism_eval.engines.chat import body_of, completion_of, error_of, models_of
from prism_eval.errors import TransientError
from prism_eval.schema import FinishReason, Message, Request, Sampling

KEYS = st.sampled_from(["error", "message", "code", "detail", "data", "id", "choices", "usage"]) | st.text(max_size=3)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)

MESSAGES = JSON | st.fixed_dictionaries({}, optional={"content": JSON, "refusal": JSON, "reasoning_content": JSON})


def reply(message: Any, reason: Any = "stop", **rest: Any) -> bytes:
    return json.dumps({"choices": [{"message": message, "finish_reason": reason}], **rest}).encode()


def test_several_texts_stay_parts() -> None:
    request = Request(messages=(Message("user", ("a", "b")),), sampling=Sampling())
    body = json.loads(body_of(request, model="m"))
    assert body["messages"][0]["content"] == [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("stop", FinishReason.STOP),
        (None, FinishReason.STOP),
        ("eos_token", FinishReason.STOP),
        ("length", FinishReason.LENGTH),
        ("content_filter", FinishReason.FILTERED),
    ],
)
def test_finish_reasons(reason: str | None, expected: FinishReason) -> None:
    assert completion_of(reply({"content": "x"}, reason), where="s").finish_reason is expected


@pytest.mark.parametrize("reason", ["abort", "error"])
def test_a_text_the_server_broke_off_is_no_reply(reason: str) -> None:
    with pytest.raises(TransientError, match="broken off"):
        completion_of(reply({"content": "half a sent"}, reason), where="s")


def test_a_model_that_only_thought_said_nothing() -> None:
    said = completion_of(reply({"content": None, "reasoning_content": "hm"}, "stop"), where="s")
    assert (said.text, said.finish_reason) == ("", FinishReason.STOP)
    cut = completion_of(reply({"content": None}, "length"), where="s")
    assert (cut.text, cut.finish_reason) == ("", FinishReason.LENGTH)


def test_half_a_surrogate_pair_becomes_a_character_that_can_be_stored() -> None:
    said = completion_of(b'{"choices": [{"message": {"content": "a\\ud800b \\ud83d\\ude00"}}]}', where="s")
    assert said.text == "a\ufffdb \U0001f600"


@pytest.mark.parametrize("usage", [None, [], {"prompt_tokens": "7"}, {"prompt_tokens": True}, {"prompt_tokens": -1}])
def test_token_counts_that_make_no_sense_are_unknown(usage: Any) -> None:
    assert completion_of(reply({"content": "x"}, usage=usage), where="s").prompt_tokens is None


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b"[" * 100_000, b'{"choices": {}}', b'{"choices": [7]}'])
def test_a_body_that_is_no_completion_is_worth_another_try(body: bytes) -> None:
    with pytest.raises(TransientError, match=r"^s: the reply"):
        completion_of(body, where="s")


@given(JSON)
def test_no_json_value_breaks_the_readers(value: Any) -> None:
    body = json.dumps(value).encode()
    message, code = error_of(body)
    assert isinstance(message, str)
    assert isinstance(code, str)
    assert all(isinstance(name, str) for name in models_of(body))


@given(MESSAGES, JSON)
def test_any_message_gives_a_storable_text_or_a_typed_error(message: Any, reason: Any) -> None:
    try:
        said = completion_of(reply(message, reason), where="s")
    except TransientError:
        return
    said.text.encode()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"error": {"message": "no", "code": "c"}}', ("no", "c")),
        (b'{"error": {"message": "no", "type": "t", "code": null}}', ("no", "t")),
        (b'{"error": "no"}', ("no", "")),
        (b'{"object": "error", "message": "no", "code": 400}', ("no", "400")),
        (b'{"detail": "Not Found"}', ("Not Found", "")),
        (b"<html>", ("<html>", "")),
    ],
)
def test_servers_word_their_errors_in_several_ways(body: bytes, expected: tuple[str, str]) -> None:
    assert error_of(body) == expected
