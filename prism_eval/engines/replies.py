"""What the replies of all JSON servers have in common: an object, or the reason why there is none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus

from prism_eval.errors import TransientError

_MESSAGES = ("message", "detail", "msg", "error_msg", "status_msg", "Message", "error_message")
_CODES = ("code", "type", "status", "error_code", "status_code")
# Where an error's object lies, beside OpenAI's own place.
_HOLDERS = ("error", "errors", "base_resp")
_LAST_STATUS = 599
# What the words of an error mean as a status, the first that fits.
_STATUSES = (
    (("rate_limit", "resource_exhausted", "throttl", "too_many", "quota"), HTTPStatus.TOO_MANY_REQUESTS),
    (("unauth", "api_key", "permission", "forbidden"), HTTPStatus.UNAUTHORIZED),
    (("not_found",), HTTPStatus.NOT_FOUND),
    (("invalid", "bad_request", "badrequest", "context", "filter", "moderation"), HTTPStatus.BAD_REQUEST),
)


def whole(body: bytes, *, where: str) -> dict[str, object]:
    """The JSON object in a reply.

    Raises:
        TransientError: There is none; ``where`` opens the message.
    """
    reply = object_of(body)
    if reply is None:
        raise TransientError(f"{where}: the reply is not valid JSON (cut short or malformed)")
    return reply


def object_of(body: bytes) -> dict[str, object] | None:
    """The JSON object in a reply; ``None`` if it holds none."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        # RecursionError: a reply may be nothing but opening brackets.
        return None
    # Gemini sends its errors in a list of one.
    if isinstance(value, list) and len(value) == 1:
        (value,) = value
    return value if isinstance(value, dict) else None


def error_of(body: bytes) -> tuple[str, str]:
    """The message and the code of an error reply, each empty if it gives none; a reply not JSON is its own message."""
    reply = object_of(body)
    if reply is None:
        # A gateway's error page can be long, and one line of it is quoted.
        return body[:4000].decode("utf-8", "replace"), ""
    # OpenAI wraps its errors, older versions of vLLM and FastAPI's own do not.
    held = next((reply[name] for name in _HOLDERS if reply.get(name)), None)
    error = held or _error_of_first_choice(reply) or reply
    # Cloudflare lists its errors.
    if isinstance(error, list):
        error = error[0]
    return _words(error) if isinstance(error, Mapping) else (str(error), "")


def status_meant(body: bytes) -> int | None:
    """The status that a reply under 200 should have had, where it is an error; ``None`` where it is none."""
    # Looked for as bytes first: nearly every reply is none, and would be parsed twice.
    if b'"choices"' in body and not any(mark in body for mark in (b'"error"', b'"base_resp"')):
        return None
    reply = object_of(body) or {}
    error = reply.get("error") or _error_of_first_choice(reply) or _error_in_place_of_choices(reply)
    if not error:
        return None
    message, code = _words(error) if isinstance(error, Mapping) else (str(error), "")
    number = str(error.get("code")) if isinstance(error, Mapping) else ""
    if number.isdecimal() and HTTPStatus.BAD_REQUEST <= int(number) <= _LAST_STATUS:
        return int(number)
    words = f"{code} {message}".casefold()
    meant = (status for marks, status in _STATUSES if any(mark in words for mark in marks))
    return next(meant, HTTPStatus.INTERNAL_SERVER_ERROR)


def _error_of_first_choice(reply: Mapping[str, object]) -> object:
    match reply.get("choices"):
        case [{"error": error}, *_]:
            return error
    return None


def _error_in_place_of_choices(reply: Mapping[str, object]) -> object:
    # What lists models, or echoes nothing, has no choices either; an error has words.
    held = reply.get("base_resp", reply)
    return held if not reply.get("choices") and isinstance(held, Mapping) and _words(held)[0] else None


def _words(error: Mapping[str, object]) -> tuple[str, str]:
    message = next((str(error[name]) for name in _MESSAGES if error.get(name)), "")
    inner = error.get("innererror")
    codes = [str(error[name]) for name in _CODES if error.get(name)]
    codes += [str(inner["code"])] if isinstance(inner, Mapping) and inner.get("code") else []
    # A word says more than a number, which repeats the status.
    code = next((code for code in codes if not code.isdecimal()), codes[0] if codes else "")
    passed_on = error.get("metadata")
    raw = passed_on.get("raw") if isinstance(passed_on, Mapping) else None
    # OpenRouter says "Provider returned error", and here what the provider said.
    if isinstance(raw, str) and raw:
        inner_message, inner_code = error_of(raw.encode("utf-8", "replace"))
        return (f"{message}: {inner_message}" if message else inner_message), inner_code or code
    return message, code
