"""The OpenAI chat format: requests out, replies in. Pure functions.

Source: the "Create chat completion" reference of the OpenAI API, as vLLM, SGLang, llama.cpp and others serve it.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType

from prism_eval.engines.body import Body
from prism_eval.engines.replies import whole
from prism_eval.errors import TransientError, UsageError
from prism_eval.plugins.identity import canonical_json
from prism_eval.schema import Completion, FinishReason, Image, Message, Request

_FINISH = {
    "length": FinishReason.LENGTH,
    "max_tokens": FinishReason.LENGTH,
    "content_filter": FinishReason.FILTERED,
}
# What vLLM and SGLang say when a request was aborted: the text may end anywhere, and is not the model's whole answer.
_BROKEN_OFF = frozenset({"abort", "error"})
SET_BY_OPTIONS = ("temperature", "top_p", "seed", "max_tokens", "max_completion_tokens")
SET_FOR_ALL = ("model", "messages", "stream", "n")
"""What no ``extra`` may hold: fields that options set, and fields that make a reply one that can be read."""
# Where an image's address goes. No text can hold this: a quotation mark within one is written with a backslash.
_HOLE = b'"url": null'


def body_of(
    request: Request,
    *,
    model: str,
    limit_name: str | None = "max_tokens",
    without: Collection[str] = (),
    extra: Mapping[str, object] = MappingProxyType({}),
) -> Body:
    """The JSON body that asks ``model`` for one completion: the bytes that `json.dumps` gives for it.

    Args:
        request: What to ask.
        model: The model's name on the server.
        limit_name: What the server calls the bound on the reply's tokens; ``None`` to send none.
        without: Fields of the sampling that are left out.
        extra: Fields that are sent besides, and in place of those of the sampling.
    """
    sampling = dataclasses.asdict(request.sampling)
    limit = sampling.pop("max_tokens")
    # Some servers refuse a null, so what is not set is not sent.
    sent = {name: value for name, value in sampling.items() if value is not None and name not in without}
    # The messages stand before whatever else could hold what looks like a hole.
    body: dict[str, object] = {"model": model, "messages": [_message(message) for message in request.messages]}
    body |= sent | ({limit_name: limit} if limit_name else {}) | dict(extra)
    return Body(tuple(_spliced(json.dumps(body).encode("ascii"), request.images)))


def checked_extra(extra: object) -> dict[str, object]:
    """Further fields of a request as JSON, its keys in order; a copy.

    Raises:
        UsageError: It is no JSON object, or holds a field that is set otherwise.
    """
    if not isinstance(extra, Mapping):
        raise UsageError(f'extra_body must be a JSON object such as {{"top_k": 20}}, not {extra!r}')
    for name in extra:
        if name in SET_BY_OPTIONS:
            how = "limit_name=... and max_tokens=..." if "token" in name else f"{name}=..."
            raise UsageError(f"extra_body may not hold {name!r}: write {how} in its place")
        if name in SET_FOR_ALL:
            raise UsageError(f"extra_body may not hold {name!r}: every request says that itself")
    try:
        held: dict[str, object] = json.loads(canonical_json(extra))
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"extra_body holds what JSON cannot say: {error}") from None
    return held


def completion_of(body: bytes, *, where: str) -> Completion:
    """Read a reply's first choice.

    A refusal, and a text that a content filter withheld, come back as ``FILTERED``, the latter empty.

    Raises:
        TransientError: The reply is not a whole chat completion; ``where`` opens the message.
    """
    reply = whole(body, where=where)
    choices = reply.get("choices")
    if not isinstance(choices, list) or not choices:
        raise TransientError(f"{where}: the reply has no choices")
    match choices[0]:
        case {"message": dict(message), **rest}:
            text, finish = _text_and_finish(message, rest.get("finish_reason"))
        case _:
            text, finish = None, FinishReason.STOP
    if text is None:
        raise TransientError(f"{where}: the reply's first choice is empty or was broken off")
    prompt_tokens, completion_tokens = _usage(reply.get("usage"))
    return Completion(_well_formed(text), finish, prompt_tokens, completion_tokens)


def _message(message: Message) -> dict[str, object]:
    match message.parts:
        case (str(text),):
            # Plain text as a plain string: templates of text-only models know no lists of parts.
            return {"role": message.role, "content": text}
        case parts:
            return {"role": message.role, "content": [_part(part) for part in parts]}


def _part(part: str | Image) -> dict[str, object]:
    if isinstance(part, Image):
        return {"type": "image_url", "image_url": {"url": None}}
    return {"type": "text", "text": part}


def _spliced(text: bytes, images: Sequence[Image]) -> Iterator[bytes | Image]:
    """The text with an image's ``data:`` URL in each of its holes."""
    before, *others = text.split(_HOLE, len(images))
    for image, after in zip(images, others, strict=True):
        yield before + b'"url": "data:%b;base64,' % image.media_type.encode("ascii")
        yield image
        before = b'"' + after
    yield before


def _text_and_finish(message: Mapping[str, object], reason: object) -> tuple[str | None, FinishReason]:
    finish = _FINISH.get(str(reason), FinishReason.STOP)
    refusal, content = message.get("refusal"), message.get("content")
    if str(reason) in _BROKEN_OFF:
        return None, finish
    if isinstance(content, str):
        return content, finish
    if isinstance(refusal, str) and refusal:
        return refusal, FinishReason.FILTERED
    # A thinking model that never came to its answer leaves content null, beside its thoughts or cut by the limit.
    thought = message.get("reasoning_content") or message.get("reasoning")
    return ("" if content is None and (thought or finish is not FinishReason.STOP) else None), finish


def _usage(usage: object) -> tuple[int | None, int | None]:
    if not isinstance(usage, Mapping):
        return None, None
    return _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))


def _count(value: object) -> int | None:
    # A bool is an int to Python: true would count as one token.
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _well_formed(text: str) -> str:
    # JSON can carry half a surrogate pair, which no file or database takes.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
