"""What llama.cpp is asked, and what its replies mean; needs no llama.cpp."""

from __future__ import annotations

import json

import pytest

from prism_eval.engines.http import Reply
from prism_eval.engines.llamacpp.forcing import forced_body, likelihood_of
from prism_eval.engines.llamacpp.wording import reply_body, text_of, trouble
from prism_eval.errors import ContextExceeded, PermanentError, TransientError
from prism_eval.schema import NEUTRAL, Image, Message, Request, Sampling


def asked(*messages: Message, **sampling: object) -> Request:
    return Request(messages=messages, sampling=Sampling(**({**NEUTRAL, "max_tokens": 9} | sampling)))


def sent(request: Request) -> dict[str, object]:
    return json.loads(b"".join(reply_body(request, slot=2, context=512).blocks()))


def test_sampling_is_said_in_full_in_llama_cpps_names() -> None:
    body = sent(asked(Message("user", ("Hi",)), temperature=1.0, top_p=0.9, repetition_penalty=1.2, seed=7))
    assert {
        "temperature": 1.0,
        "top_p": 0.9,
        "top_k": -1,
        "min_p": 0.0,
        "max_tokens": 9,
        "seed": 7,
    }.items() <= body.items()
    # All of the context counts for repetitions, as elsewhere, and not the last 64 tokens.
    assert (body["repeat_penalty"], body["repeat_last_n"]) == (1.2, 512)
    assert body["id_slot"] == 2
    # The temperature before what cuts the tail off, as in vLLM and transformers.
    assert body["samplers"] == ["penalties", "temperature", "top_k", "top_p", "min_p"]


@pytest.mark.parametrize("seed", [2**32 - 1, 2**32, -1, 2**63])
def test_no_seed_means_chance_or_overflows(seed: int) -> None:
    assert 0 <= sent(asked(Message("user", ("Hi",)), seed=seed))["seed"] < 2**32 - 1


def test_texts_are_one_text_that_a_tokenizer_takes() -> None:
    (message,) = sent(asked(Message("user", ("half \ud83d", " and ", "half"))))["messages"]
    assert message["content"] == "half ? and half"
    (seen,) = sent(asked(Message("user", (Image(b"\x89PNG\r\n\x1a\n"), "What?"))))["messages"]
    assert [part["type"] for part in seen["content"]] == ["image_url", "text"]


def test_a_stored_prompt_is_sent_as_it_is() -> None:
    stored = Request(messages=(), sampling=Sampling(), raw="<|im_start|>user\nHi \ud83d")
    assert sent(stored)["prompt"] == "<|im_start|>user\nHi ?"
    assert "messages" not in sent(stored)
    assert text_of(stored) == stored.raw


def test_a_request_is_known_by_what_is_its_own() -> None:
    system = Message("system", ("Be brief. " * 50,))
    one, other = (text_of(asked(system, Message("user", (Image(data), "Describe.")))) for data in (b"a", b"b"))
    assert one[0] != other[0] or one[:64] != other[:64]
    assert not one.startswith("Be brief")


def test_errors_are_ours() -> None:
    def told(status: int, **error: object) -> Exception:
        return trouble(Reply(status, {}, json.dumps({"error": error}).encode()), where="m", context=512)

    long = told(
        400, type="exceed_context_size_error", message="request (9001 tokens) exceeds the available context size"
    )
    assert isinstance(long, ContextExceeded)
    assert str(long) == "the model's context of 512 tokens"
    assert isinstance(told(503, message="Loading model"), TransientError)
    assert type(told(500, message="bad\nimage")) is PermanentError
    assert str(told(500, message="bad\nimage")) == "m: bad image"


def test_a_tokens_likelihood_is_read_where_it_stands() -> None:
    body = json.loads(b"".join(forced_body([1, 2], 7, 0).blocks()))
    assert body["prompt"] == [1, 2]
    assert body["logit_bias"][0][0] == 7
    others = [{"id": 3, "logprob": -0.5}, {"id": 8, "logprob": -4.0}]
    reply = {"completion_probabilities": [{"id": 7, "logprob": -9.5, "top_logprobs": others}]}
    assert likelihood_of(reply, 7) == -9.5
    assert likelihood_of(reply, 8) == -4.0
    assert likelihood_of(reply, 9) is None
    # Of a part of a character nothing is told.
    assert likelihood_of({"completion_probabilities": []}, 7) is None
    assert likelihood_of({}, 7) is None
