"""The chat format, without a server."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prism_eval.calls import Tally
from prism_eval.engines.body import FULL_BLOCK
from prism_eval.engines.chat import body_of, completion_of
from prism_eval.errors import TransientError
from prism_eval.schema import FinishReason, Image, Message, Request, Sampling

KEYS = st.sampled_from(["error", "message", "code", "detail", "data", "id", "choices", "usage"]) | st.text(max_size=3)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)

MESSAGES = JSON | st.fixed_dictionaries({}, optional={"content": JSON, "refusal": JSON, "reasoning_content": JSON})

TEXTS = st.text(st.characters(), max_size=20) | st.sampled_from(
    ['"url": null', '{"url": null}', "\\", '\\"url": null', '"', "\ud800", "\U0001f600", '\\\\"url": null']
)
IMAGES = st.builds(Image, st.binary(max_size=9) | st.sampled_from([b"\x89PNG\r", b"\xff\xd8\xff\xe0", b"GIF89a"]))


def reply(message: Any, reason: Any = "stop", **rest: Any) -> bytes:
    return json.dumps({"choices": [{"message": message, "finish_reason": reason}], **rest}).encode()


def encoded(request: Request, model: str) -> bytes:
    return json.dumps(
        {
            "model": model,
            "messages": [{"role": message.role, "content": content(message)} for message in request.messages],
            "temperature": request.sampling.temperature,
            "top_p": request.sampling.top_p,
            "max_tokens": request.sampling.max_tokens,
        }
    ).encode()


def content(message: Message) -> object:
    if len(message.parts) == 1 and isinstance(message.parts[0], str):
        return message.parts[0]
    return [
        {"type": "text", "text": part} if isinstance(part, str) else {"type": "image_url", "image_url": url(part)}
        for part in message.parts
    ]


def url(image: Image) -> object:
    return {"url": f"data:{image.media_type};base64,{base64.b64encode(image.data).decode()}"}


@given(st.lists(st.builds(Message, TEXTS, st.lists(TEXTS | IMAGES, max_size=5).map(tuple)), max_size=3), TEXTS)
def test_the_body_is_what_a_json_encoder_gives(messages: list[Message], model: str) -> None:
    request = Request(messages=tuple(messages), sampling=Sampling())
    body = body_of(request, model=model)
    sent = b"".join(body.blocks())
    assert sent == encoded(request, model)
    assert body.size == len(sent)
    assert b"".join(body.blocks()) == sent, "it can be sent again"


def test_a_turn_that_was_begun_is_gone_on_with_and_no_other_opened() -> None:
    asked, begun = Message("user", ("How tall?",)), Message("assistant", ("<think>\n",))
    sent = [
        json.loads(b"".join(body_of(Request(messages=said, sampling=Sampling()), model="m").blocks()))
        for said in ((asked,), (asked, begun))
    ]
    told = [(body.get("continue_final_message"), body.get("add_generation_prompt")) for body in sent]
    assert told == [(None, None), (True, False)]


@pytest.mark.parametrize("beyond", [-1, 0, 1, 2, 3])
def test_a_large_image_comes_in_blocks(beyond: int) -> None:
    image = Image(b"\x89PNG" + bytes(range(256)) * 1536 + b"x" * (beyond - 4))
    body = body_of(Request(messages=(Message("user", (image,)),), sampling=Sampling()), model="m")
    assert b"".join(body.blocks()) == encoded(Request(messages=(Message("user", (image,)),), sampling=Sampling()), "m")
    assert max(map(len, body.blocks())) == FULL_BLOCK


def test_what_is_smaller_than_a_block_goes_with_what_is_beside_it() -> None:
    small, large = Image(b"\x89PNG" + b"x" * 1000), Image(b"\x89PNG" + b"x" * 250_000)
    blocks = {
        parts: [*body_of(Request(messages=(Message("user", parts),), sampling=Sampling()), model="m").blocks()]
        for parts in ((small, "What is it?"), (small, small, "Which?"), (large, "What is it?"), ("x" * 300_000, small))
    }
    # Head, the one block that is full, and what is left of the image with the tail; no block is empty.
    assert [len(sent) for sent in blocks.values()] == [1, 1, 3, 2]
    assert all(map(all, blocks.values()))


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


@pytest.mark.parametrize(
    ("usage", "asked", "expected"),
    [
        ({"prompt_tokens": 3624, "completion_tokens": 472}, 2048, FinishReason.CONTEXT),
        ({"prompt_tokens": 3624, "completion_tokens": 472}, 472, FinishReason.LENGTH),
        ({"prompt_tokens": 3624, "completion_tokens": 472}, None, FinishReason.LENGTH),
        ({"prompt_tokens": 3624, "completion_tokens": 0}, 472, FinishReason.LENGTH),
        ({"prompt_tokens": 3624}, 472, FinishReason.LENGTH),
        (None, 472, FinishReason.LENGTH),
    ],
)
def test_fewer_tokens_than_asked_for_ran_out_of_context(usage: Any, asked: int | None, expected: FinishReason) -> None:
    said = completion_of(reply({"content": "The"}, "length", usage=usage), where="s", asked=asked)
    assert said.finish_reason is expected
    assert said.note == ("the server's context of 4096 tokens" if expected is FinishReason.CONTEXT else "")


def test_a_known_context_is_named_for_what_it_is() -> None:
    body = reply({"content": ""}, "length", usage={"prompt_tokens": 9, "completion_tokens": 1})
    assert completion_of(body, where="s", asked=5, context=64).note == "the server's context of 64 tokens"


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


@pytest.mark.parametrize(
    ("details", "cached", "images"),
    [
        ({"cached_tokens": 64, "multimodal_tokens": {"image": 9}}, 64, 9),
        ({"cached_tokens": 0, "multimodal_tokens": 9}, 0, 9),
        ({"cached_tokens": None, "multimodal_tokens": None}, None, None),
        ({"multimodal_tokens": {"video": 9}}, None, None),
        ({}, None, None),
        (None, None, None),
        ([64], None, None),
        ({"cached_tokens": "64", "multimodal_tokens": {"image": True}}, None, None),
    ],
)
def test_what_a_cache_held_and_images_took_is_counted_where_the_server_says_so(details, cached, images):
    usage = {"prompt_tokens": 76, "completion_tokens": 2, "prompt_tokens_details": details}
    said = completion_of(reply({"content": "x"}, usage=usage), where="s")
    assert (said.cached_tokens, said.image_tokens) == (cached, images)
    assert said == completion_of(reply({"content": "x"}, usage=usage | {"prompt_tokens_details": None}), where="s")
    tally = Tally()
    tally.add(said)
    assert tally.cached == (None if cached is None else cached / 76)
    assert tally.image_tokens == (images or 0)


@pytest.mark.parametrize("usage", [None, [], {"prompt_tokens": "7"}, {"prompt_tokens": True}, {"prompt_tokens": -1}])
def test_token_counts_that_make_no_sense_are_unknown(usage: Any) -> None:
    assert completion_of(reply({"content": "x"}, usage=usage), where="s").prompt_tokens is None


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b"[" * 100_000, b'{"choices": {}}', b'{"choices": [7]}'])
def test_a_body_that_is_no_completion_is_worth_another_try(body: bytes) -> None:
    with pytest.raises(TransientError, match=r"^s: the reply"):
        completion_of(body, where="s")


@given(MESSAGES, JSON)
def test_any_message_gives_a_storable_text_or_a_typed_error(message: Any, reason: Any) -> None:
    try:
        said = completion_of(reply(message, reason), where="s")
    except TransientError:
        return
    said.text.encode()
