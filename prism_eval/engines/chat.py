"""The OpenAI chat format: requests out, replies in. Pure functions.

Source: the "Create chat completion" reference of the OpenAI API, as vLLM, SGLang, llama.cpp and others serve it.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

from prism_eval.engines.body import Body
from prism_eval.engines.content import Content
from prism_eval.engines.context import ran_out
from prism_eval.engines.http import one_line
from prism_eval.engines.moderation import filtered_categories, filters, prompt_block
from prism_eval.engines.replies import whole
from prism_eval.errors import TransientError, UsageError
from prism_eval.plugins.identity import canonical_json
from prism_eval.schema import Completion, FinishReason, Image, Message, Request, Sampling

CHAT, COMPLETIONS = "/chat/completions", "/completions"
# Met the limit that was asked for; or the context, as Mistral and Anthropic say.
_LENGTH = frozenset({"length", "max_tokens", "max_output_tokens", "MAX_TOKENS"})
_CUT = _LENGTH | {"model_length", "model_context_window_exceeded", "context_length_exceeded"}
_ENDED = frozenset({"stop", "eos", "eos_token", "end_turn", "stop_sequence", "STOP", "complete"})
# What vLLM and SGLang say when a request was aborted: the text may end anywhere, and is not the model's whole answer.
_BROKEN_OFF = frozenset({"abort", "error"})
SET_BY_OPTIONS = ("temperature", "top_p", "seed", "max_tokens", "max_completion_tokens")
SET_FOR_ALL = ("model", "messages", "stream", "n")
"""What no ``extra`` may hold: fields that options set, and fields that make a reply one that can be read."""
# Where an image's address goes. No text can hold this: a quotation mark within one is written with a backslash.
_HOLE = b'"url": null'

Counts = tuple[int | None, int | None]
"""Tokens read and written."""


def body_of(
    request: Request,
    *,
    model: str,
    limit_name: str | None = "max_tokens",
    without: Collection[str] = (),
    extra: Mapping[str, object] = MappingProxyType({}),
    known: Collection[str] | None = None,
) -> Body:
    """The JSON body that asks ``model`` for one completion: the bytes that `json.dumps` gives for it.

    Args:
        request: What to ask.
        model: The model's name on the server.
        limit_name: What the server calls the bound on the reply's tokens; ``None`` to send none.
        without: Fields of the sampling that are left out.
        extra: Fields that are sent besides, and in place of those of the sampling.
        known: The digests of images that the server knows by them; the others are sent with theirs. ``None`` for a
            server that takes no names.
    """
    sent = {name: value for name, value in _set_in(request.sampling).items() if name not in without}
    limit = request.sampling.max_tokens
    # The messages stand before whatever else could hold what looks like a hole.
    messages = [_message(message, known) for message in request.messages]
    body: dict[str, object] = {"model": model, **({"prompt": request.raw} if request.raw else {"messages": messages})}
    # Else a template closes the model's turn and opens another. OpenAI's own servers know neither field, and say so.
    body |= {"continue_final_message": True, "add_generation_prompt": False} if request.begun else {}
    body |= sent | ({limit_name: limit} if limit_name else {}) | dict(extra)
    sent_images = [image for image in request.images if image.digest not in known] if known else request.images
    return Body(tuple(_spliced(json.dumps(body).encode("ascii"), sent_images)))


# Nearly all requests of a run are sampled alike, and `asdict` copies field by field.
@lru_cache(maxsize=64)
def _set_in(sampling: Sampling) -> Mapping[str, object]:
    """What a sampling sets beside its bound on tokens: some servers refuse a null, so what is not set is not sent."""
    fields = dataclasses.asdict(sampling)
    return {name: value for name, value in fields.items() if value is not None and name != "max_tokens"}


def path_of(request: Request) -> str:
    """Where a server takes it, below its base URL."""
    return COMPLETIONS if request.raw else CHAT


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


def completion_of(
    body: bytes, *, where: str, asked: int | None = None, context: int | None = None, whose: str = "server"
) -> Completion:
    """Read a reply's first choice.

    A refusal, and a text that a filter withheld, come back as ``FILTERED``, with whatever was let through. A text that
    was cut before the limit that was asked for ran out of the server's ``CONTEXT``.

    Args:
        body: The reply.
        where: Opens the message of an error.
        asked: The bound on tokens that was asked for.
        context: The server's context in tokens, where it is known.
        whose: What the context is called after.

    Raises:
        TransientError: The reply is not a whole chat completion.
    """
    reply = whole(body, where=where)
    match reply.get("choices"):
        case [dict(choice), *_] if isinstance(choice.get("message"), dict):
            content = Content.of(choice["message"])
        case [dict(choice), *_] if isinstance(choice.get("text"), str):  # of a prompt without messages
            content = Content(choice["text"], "", given=True)
        case [_, *_]:
            raise TransientError(f"{where}: the reply's first choice is empty or was broken off")
        case _ if prompt_block(reply):  # Gemini leaves the choices out
            return Completion("", FinishReason.FILTERED, note=_filtered(reply, {}))
        case _:
            raise TransientError(f"{where}: the reply has no choices")
    reason = str(choice.get("finish_reason"))
    tokens = _usage(reply.get("usage"))
    text, finish, note = content.text, FinishReason.STOP, ""
    if content.refusal and not text:
        text, finish, note = content.refusal, FinishReason.FILTERED, f"the model refused: {one_line(content.refusal)}"
    elif filters(reason) or (filtered_categories(choice) and not text):
        finish, note = FinishReason.FILTERED, _filtered(reply, choice)
    elif reason in _CUT:
        finish, note = _cut(reason, tokens, text, asked=asked, context=context, whose=whose)
    elif _is_no_reply(content, reason):
        raise TransientError(f"{where}: the reply's first choice is empty or was broken off")
    return Completion(_well_formed(text), finish, *tokens, note, **_details(reply.get("usage")))


def _message(message: Message, known: Collection[str] | None) -> dict[str, object]:
    match message.parts:
        case (str(text),):
            # Plain text as a plain string: templates of text-only models know no lists of parts.
            return {"role": message.role, "content": text}
        case parts:
            return {"role": message.role, "content": [_part(part, known) for part in parts]}


def _part(part: str | Image, known: Collection[str] | None) -> dict[str, object]:
    if not isinstance(part, Image):
        return {"type": "text", "text": part}
    if known is None:
        return {"type": "image_url", "image_url": {"url": None}}
    data = None if part.digest in known else {"url": None}
    return {"type": "image_url", "image_url": data, "uuid": part.digest}


def _spliced(text: bytes, images: Sequence[Image]) -> Iterator[bytes | Image]:
    """The text with an image's ``data:`` URL in each of its holes."""
    before, *others = text.split(_HOLE, len(images))
    for image, after in zip(images, others, strict=True):
        yield before + b'"url": "data:%b;base64,' % image.media_type.encode("ascii")
        yield image
        before = b'"' + after
    yield before


def _filtered(reply: Mapping[str, object], choice: Mapping[str, object]) -> str:
    """Which of the two a filter stopped, and the filter's words."""
    block = prompt_block(reply)
    words = block or ", ".join(filtered_categories(choice)) or str(choice.get("finish_reason"))
    return f"the {'request' if block else 'reply'} was filtered: {one_line(words)}"


def _cut(
    reason: str, tokens: Counts, text: str, *, asked: int | None, context: int | None, whose: str
) -> tuple[FinishReason, str]:
    read, written = tokens
    # vLLM cuts the limit down to what room is left, and says no more than that the limit was met. A count of none
    # beside a text is no count.
    fell_short = asked is not None and written is not None and written < asked and bool(written or not text)
    if reason in _LENGTH and not fell_short:
        return FinishReason.LENGTH, ""
    return FinishReason.CONTEXT, ran_out(
        context or (read + written if read and written is not None else None), whose=whose
    )


def _is_no_reply(content: Content, reason: str) -> bool:
    """Whether a model that says it was neither cut nor filtered has not finished either."""
    if reason in _BROKEN_OFF or not content.given:
        return True
    # An empty text is a model's answer only where the model itself ended it.
    return not content.text.strip() and reason not in _ENDED


def _usage(usage: object) -> Counts:
    if not isinstance(usage, Mapping):
        return None, None
    return _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))


def _details(usage: object) -> dict[str, int | None]:
    """What of the prompt a prefix cache held, and what stood for images: vLLM has a count for each modality."""
    details = usage.get("prompt_tokens_details") if isinstance(usage, Mapping) else None
    if not isinstance(details, Mapping):
        return {}
    shown = details.get("multimodal_tokens")
    images = shown.get("image") if isinstance(shown, Mapping) else shown
    return {"cached_tokens": _count(details.get("cached_tokens")), "image_tokens": _count(images)}


def _count(value: object) -> int | None:
    # A bool is an int to Python: true would count as one token.
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _well_formed(text: str) -> str:
    # JSON can carry half a surrogate pair, which no file or database takes.
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
