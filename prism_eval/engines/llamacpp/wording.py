"""Requests in llama.cpp's words, and its errors in ours. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus

from prism_eval.engines.body import Body
from prism_eval.engines.chat import body_of
from prism_eval.engines.context import overrun, ran_out
from prism_eval.engines.http import Reply, one_line
from prism_eval.engines.replies import error_of
from prism_eval.errors import CallError, ContextExceeded, PermanentError, TransientError
from prism_eval.schema import Image, Message, Request, Sampling, utf8

SAMPLERS = ("penalties", "temperature", "top_k", "top_p", "min_p")
"""The steps from odds to a token, in the order of vLLM and transformers. llama.cpp's own has the temperature last, with
which top_p and min_p mean other sets of tokens, and steps that nobody asks for.
"""
_SEEDS = 2**32 - 1
"""How many seeds there are; the number itself means chance."""
_OF_AN_IMAGE = 40
"""Times that an image's digest stands for it, so that it weighs as much as a page of text."""


def reply_body(request: Request, *, slot: int, context: int) -> Body:
    """The body that asks for one reply in a slot that holds so many tokens."""
    how = {**_otherwise_called(request.sampling, context), "samplers": SAMPLERS, "id_slot": slot, "cache_prompt": True}
    return body_of(_plain(request), model="", without=("seed", "repetition_penalty"), extra=how)


def template_body(messages: Sequence[Message]) -> Body:
    """The body that asks for a conversation as the model's chat template writes it."""
    return body_of(_plain(Request(messages=tuple(messages), sampling=Sampling())), model="")


def text_of(request: Request) -> str:
    """What of a request is its own: a system message stands before all of them."""
    if request.raw:
        return request.raw
    parts = (part for message in request.messages if message.role != "system" for part in message.parts)
    return "".join(part.digest * _OF_AN_IMAGE if isinstance(part, Image) else part for part in parts)


def trouble(reply: Reply, *, where: str, context: int) -> CallError:
    """What an error of llama.cpp's means for the request that it befell.

    Args:
        reply: Its reply, which is not what was asked for.
        where: Opens the message.
        context: The tokens that a request and its reply may have together.
    """
    message, code = error_of(reply.body)
    if overrun(message, code):
        return ContextExceeded(ran_out(context, whose="model"))
    kind = TransientError if reply.status == HTTPStatus.SERVICE_UNAVAILABLE else PermanentError
    return kind(f"{where}: {one_line(message) or f'HTTP {reply.status}'}")


def _otherwise_called(sampling: Sampling, context: int) -> Mapping[str, object]:
    said: dict[str, object] = {}
    if sampling.seed is not None:
        said["seed"] = sampling.seed % _SEEDS
    if sampling.repetition_penalty is not None:
        # Of itself llama.cpp counts repetitions in the last 64 tokens only.
        said |= {"repeat_penalty": sampling.repetition_penalty, "repeat_last_n": context}
    return said


def _plain(request: Request) -> Request:
    """The request as templates of all models take it: a message of texts alone is one text."""
    return replace(request, messages=tuple(map(_plain_message, request.messages)), raw=utf8(request.raw))


def _plain_message(message: Message) -> Message:
    # No tokenizer takes half a surrogate pair, which a damaged file may hold.
    parts = tuple(part if isinstance(part, Image) else utf8(part) for part in message.parts)
    texts = [part for part in parts if isinstance(part, str)]
    return replace(message, parts=parts if len(texts) < len(parts) else ("".join(texts),))
